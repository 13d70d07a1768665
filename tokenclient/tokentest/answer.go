// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import (
	"encoding/json"
	"net/http"
	"time"
)

// Answer is one scripted answer. The zero value is status 200 without a body.
type Answer struct {
	// Status is the HTTP status code, 200 to 999. Default 200. Optional.
	Status int

	// Header holds more header fields. It replaces those the server sets by
	// itself. Optional.
	Header http.Header

	// Body is the body, sent as it is. Optional.
	Body string

	// ContentType is the Content-Type header field. Default: the one in Header,
	// else "application/json" if there is a Body. Optional.
	ContentType string

	// RetryAfter is the Retry-After header field: seconds or an HTTP date, not
	// checked, so that it can be nonsense. Default: none. Optional.
	RetryAfter string

	// Delay is how long the server waits, after it has read the request, before
	// it sends anything. It ends early, without an answer, when the client leaves
	// or the server closes: an hour makes a server that hangs. Default 0.
	// Optional.
	Delay time.Duration

	// Fault breaks the answer. Default [NoFault]. Optional.
	Fault Fault

	// Default answers with what the server would have said without this Answer:
	// the request is processed and has its effects. Delay, Fault, RetryAfter and
	// Header apply to it, Status, Body and ContentType do not. Default false.
	// Optional.
	Default bool
}

// Fault is a way to break an answer.
//
// Go's [http.Transport] by itself repeats a request without a body whose
// kept-alive connection broke before an answer; a request with a body, a POST, is
// not repeated.
type Fault int

const (
	// NoFault sends the answer as it is.
	NoFault Fault = iota

	// ResetBeforeAnswer resets the TCP connection (RST) once the request is read,
	// as a crashing server or a firewall does.
	ResetBeforeAnswer

	// CloseBeforeAnswer closes the connection in good order once the request is
	// read, as a server at its idle limit does.
	CloseBeforeAnswer

	// TruncateBody announces the whole body in Content-Length, sends the first
	// half of it and closes the connection.
	TruncateBody
)

// JSON returns an answer whose body is the JSON encoding of v.
//
// A v that cannot be encoded gives status 500 and the reason as plain text.
func JSON(status int, v any) Answer {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{
			Status:      http.StatusInternalServerError,
			ContentType: "text/plain; charset=utf-8",
			Body:        "tokentest: " + err.Error(),
		}
	}
	return Answer{Status: status, Body: string(body)}
}

// OAuthError returns an error answer of the form that [RFC 6749 §5.2] defines.
//
// An empty description is left out.
//
// [RFC 6749 §5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
func OAuthError(status int, code, description string) Answer {
	answer := JSON(status, struct {
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description,omitempty"`
	}{code, description})
	answer.Header = http.Header{"Cache-Control": {"no-store"}}
	return answer
}

// Redirect returns an answer without a body that sends the client to location.
func Redirect(status int, location string) Answer {
	return Answer{Status: status, Header: http.Header{"Location": {location}}}
}

func (a Answer) clone() Answer {
	a.Header = a.Header.Clone()
	return a
}

// over lays what Default leaves to the script over the server's own answer.
func (a Answer) over(base Answer) Answer {
	base = base.clone()
	if a.Delay != 0 {
		base.Delay = a.Delay
	}
	if a.Fault != NoFault {
		base.Fault = a.Fault
	}
	if a.RetryAfter != "" {
		base.RetryAfter = a.RetryAfter
	}
	if len(a.Header) > 0 && base.Header == nil {
		base.Header = http.Header{}
	}
	for name, values := range a.Header.Clone() {
		base.Header[http.CanonicalHeaderKey(name)] = values
	}
	return base
}
