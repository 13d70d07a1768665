// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the JSON form of client metadata (RFC 7591 section 2).

package tokenclient

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// registrationError says which member of a ClientRegistration is wrong, or that
// all of it is.
type registrationError struct{ member, problem string }

func (e *registrationError) Error() string {
	return "tokenclient: client registration: " + strings.TrimSpace(e.member+" "+e.problem)
}

// MarshalJSON returns the form that is sent to servers (RFC 7591 section 2): the
// fields in the order of the struct, without zero ones and empty lists, then the
// Extensions by name. Text that is not valid UTF-8, a JWKS that is no JSON
// object, an extension that is no JSON value and one whose name is taken are
// errors.
func (r ClientRegistration) MarshalJSON() ([]byte, error) {
	body, err := r.encode()
	if err != nil {
		return nil, err
	}
	return body, nil
}

// UnmarshalJSON reads what MarshalJSON writes, strictly: two members of one name,
// a member of another type than that of its field, and the members that are no
// metadata are errors; null means that a member is not there. On an error r is as
// it was. Errors do not quote data.
func (r *ClientRegistration) UnmarshalJSON(data []byte) error {
	if string(data) == "null" { // by the convention of encoding/json
		return nil
	}
	var read ClientRegistration
	var problem *registrationError
	fields := read.fields()
	err := jsonfield.Members(string(data), func(name string, value gjson.Result) {
		switch {
		case isIssued(name):
			problem = &registrationError{name, "is no metadata: it belongs to ClientRegistrationResponse"}
		case !read.set(fields, name, value):
			problem = &registrationError{name, "has another type"}
		}
	})
	switch {
	case err != nil:
		return &registrationError{"", err.Error()}
	case problem != nil:
		return problem
	}
	*r = read
	return nil
}

// isIssued reports whether a member is what the server issues with a
// registration, and no metadata (RFC 7591 section 3.2.1, RFC 7592 section 3).
func isIssued(name string) bool {
	switch name {
	case "client_id", "client_secret", "client_id_issued_at", "client_secret_expires_at",
		"registration_access_token", "registration_client_uri":
		return true
	}
	return false
}

// fields returns the fields by the names of their members.
func (r *ClientRegistration) fields() map[string]any {
	fields := make(map[string]any)
	for _, member := range r.members() {
		fields[member.name] = member.field
	}
	return fields
}

// set reads one member, into its field or the Extensions, and reports whether it
// has the right type.
func (r *ClientRegistration) set(fields map[string]any, name string, value gjson.Result) bool {
	field, typed := fields[name]
	if !typed {
		if r.Extensions == nil {
			r.Extensions = make(map[string]json.RawMessage)
		}
		r.Extensions[name] = json.RawMessage(value.Raw)
		return true
	}
	return jsonfield.Absent(value) || setField(field, value)
}

func setField(field any, value gjson.Result) (ok bool) {
	switch field := field.(type) {
	case *string:
		*field, ok = jsonfield.String(value)
	case *[]string:
		*field, ok = jsonfield.Texts(value)
	case **bool:
		if ok = value.IsBool(); ok {
			*field = new(bool)
			**field = value.Bool()
		}
	case **int64:
		var number int64
		if number, ok = integer(value); ok {
			*field = &number
		}
	case *json.RawMessage:
		if ok = value.IsObject(); ok {
			*field = json.RawMessage(value.Raw)
		}
	}
	return ok
}

// integer reads a JSON number without a fraction, also one like 3600.0 or 3.6e3.
func integer(value gjson.Result) (number int64, ok bool) {
	if number, err := strconv.ParseInt(value.Raw, 10, 64); err == nil {
		return number, true
	}
	const exact = 1 << 53 // beyond it not every integer is a float64
	ok = value.Type == gjson.Number && math.Abs(value.Num) <= exact && math.Trunc(value.Num) == value.Num
	return int64(value.Num), ok
}

// encode returns the JSON form, after the members that come before it.
func (r *ClientRegistration) encode(before ...registrationMember) ([]byte, *registrationError) {
	members := slices.Concat(before, r.members())
	body := []byte{'{'}
	for _, member := range members {
		value, problem := encodeField(member.field)
		if problem != "" {
			return nil, &registrationError{member.name, problem}
		}
		if value != nil {
			body = appendMember(body, member.name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Extensions)) {
		if problem := extensionProblem(members, name, r.Extensions[name]); problem != "" {
			return nil, &registrationError{"Extensions", problem}
		}
		body = appendMember(body, name, r.Extensions[name])
	}
	return append(body, '}'), nil
}

func appendMember(body []byte, name string, value []byte) []byte {
	if len(body) > 1 {
		body = append(body, ',')
	}
	body = append(body, quote(name)...)
	body = append(body, ':')
	return append(body, value...)
}

// encodeField returns the value of a field, or nil when it is left out, and what
// is wrong with it.
func encodeField(field any) (value []byte, problem string) {
	switch field := field.(type) {
	case *string:
		if *field != "" {
			return encodeTexts(*field)
		}
	case *[]string:
		if len(*field) > 0 {
			value, problem = encodeTexts(*field...)
			return slices.Concat([]byte{'['}, value, []byte{']'}), problem
		}
	case **bool:
		if *field != nil {
			return strconv.AppendBool(nil, **field), ""
		}
	case **int64:
		if *field != nil {
			return strconv.AppendInt(nil, **field, 10), ""
		}
	case *json.RawMessage:
		if len(*field) > 0 {
			if !isJSON(*field) || bytes.TrimLeft(*field, " \t\r\n")[0] != '{' {
				return nil, "is not a JSON object"
			}
			return *field, ""
		}
	}
	return nil, ""
}

func encodeTexts(texts ...string) (value []byte, problem string) {
	for i, text := range texts {
		if !utf8.ValidString(text) {
			return nil, "is not valid UTF-8"
		}
		if i > 0 {
			value = append(value, ',')
		}
		value = append(value, quote(text)...)
	}
	return value, ""
}

// quote returns a string of JSON. Unlike json.Marshal it leaves & < and > as they
// are.
func quote(text string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string cannot fail
	return bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))
}

// extensionProblem returns what is wrong with an extension, or nothing.
func extensionProblem(members []registrationMember, name string, value json.RawMessage) string {
	switch {
	case !utf8.ValidString(name):
		return "has a name that is not valid UTF-8"
	case isIssued(name):
		return "must not hold " + name + ", which is no metadata"
	case slices.ContainsFunc(members, func(member registrationMember) bool { return member.name == name }):
		return "must not hold " + name + ", which has a field of its own"
	case !isJSON(value):
		return "has a value that is no JSON, in " + strconv.Quote(name)
	}
	return ""
}

// isJSON reports whether a value is one of JSON, and one that can be read again
// as a member of an object: that is stricter, in depth and in text.
func isJSON(value json.RawMessage) bool {
	return json.Valid(value) && jsonfield.Check(`{"":`+string(value)+`}`) == nil
}
