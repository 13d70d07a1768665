// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// Response is what every response has. It is embedded in the typed ones. It
// prints as [redacted], and its JSON form is an error: what a server sent is read
// with Raw.
type Response struct {
	confidential

	// StatusCode is the HTTP status, or 0 when no answer came.
	StatusCode int
	// Header is the header of the answer, or nil when none came.
	Header http.Header

	call *call // with the answer; behind a pointer: fmt does not follow it
	err  *Error
}

// newResponse takes an answer. One with another status than that of a success is
// an error; the body of the others is still to be read.
func newResponse(k *call, answer httpcall.Answer) Response {
	k.answer = answer
	r := Response{StatusCode: answer.StatusCode, Header: answer.Header, call: k}
	success := cmp.Or(k.success, http.StatusOK)
	switch {
	case answer.StatusCode == success:
	case answer.StatusCode/100 == 2:
		r.err = r.malformed("the status is a success, but not the one of this endpoint, which is " + strconv.Itoa(success))
	default:
		r.err = newRefusal(k)
	}
	return r
}

// newInvalidResponse is the response of a call that was not sent.
func newInvalidResponse(err *Error) Response { return Response{err: err} }

// IsError reports whether the request failed, for whatever reason. When it did
// not, all the required members of the response are there.
func (r *Response) IsError() bool { return r.err != nil }

// Err returns nil, or an [*Error] that says what failed. It is the error that the
// method which sent the request has returned.
func (r *Response) Err() error {
	if r.err == nil {
		return nil
	}
	return r.err
}

// Raw returns the body as it came, or the empty string when none did.
func (r *Response) Raw() string {
	if r.call == nil {
		return ""
	}
	return r.call.answer.Body
}

// JSON returns the body, parsed, or a Result that does not exist when the body
// is not one strictly valid JSON object. Of a signed answer it is the object
// inside, once that is verified. Its Get method takes gjson's path language;
// [Response.Field] takes a name.
func (r *Response) JSON() gjson.Result { return jsonfield.Parse(r.object()) }

// Field returns the top-level member of that literal name, or a Result that does
// not exist. Unlike gjson's paths, the name has no special characters.
func (r *Response) Field(name string) gjson.Result { return jsonfield.Find(r.object(), name) }

// object returns the text of the JSON object: the body, or what a verified answer
// holds.
func (r *Response) object() string {
	if r.call != nil && r.call.object != "" {
		return r.call.object
	}
	return r.Raw()
}

// read visits the members of a body that should be a JSON object, and notes what
// keeps it from being a success.
func (r *Response) read(visit func(name string, value gjson.Result)) {
	if r.err != nil {
		return
	}
	if r.err = r.refuseMediaType(); r.err != nil {
		return
	}
	hasError := false
	err := jsonfield.Members(r.object(), func(name string, value gjson.Result) {
		hasError = hasError || name == "error" && !jsonfield.Absent(value) && value.Raw != `""`
		visit(name, value)
	})
	switch {
	case err != nil:
		r.err = r.malformed(err.Error())
	case hasError:
		r.err = newRefusal(r.call)
	}
}

// refuseMediaType refuses what is certainly not JSON. Other wrong labels are
// forgiven when the body is right: refusing it would burn the grant.
func (r *Response) refuseMediaType() *Error {
	label := r.Header.Get("Content-Type")
	if label == "application/json" {
		return nil
	}
	if kind, _, _ := mime.ParseMediaType(label); kind == "text/html" || kind == formContentType[0] {
		return r.malformed("the body is " + kind + ", not JSON")
	}
	return nil
}

// malformed makes the error of a success that cannot be used.
func (r *Response) malformed(detail string) *Error {
	return &Error{
		Kind: KindMalformed, Outcome: Final, Operation: r.call.operation, Endpoint: r.call.endpoint.label,
		StatusCode: r.StatusCode, detail: detail, advice: r.call.afterMalformed(),
	}
}

// refuse notes what keeps a readable body from being a success, unless
// something was noted before.
func (r *Response) refuse(detail string) {
	if r.err == nil {
		r.err = r.malformed(detail)
	}
}

// lifetime reads for how long something lives, and so until when, counted from
// before the request was sent. Both are zero when it is not known.
func (r *Response) lifetime(value gjson.Result) (time.Duration, time.Time) {
	lifetime, known := jsonfield.Seconds(value)
	if !known {
		return 0, time.Time{}
	}
	return lifetime, r.call.answer.Sent.Add(lifetime)
}
