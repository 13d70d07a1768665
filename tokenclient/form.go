// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// form collects the parameters of one call: the typed fields in the order in
// which they are added, then the caller's own by name. The first mistake is kept
// and ends the call.
type form struct {
	operation string // for errors, such as "password token request"
	fields    []field
	extra     url.Values // the caller's; never written to
	minted    *minted    // nil when no parameter is made for each attempt
	err       *Error
}

type field struct {
	name, value string
	present     bool
}

func newForm(operation string) *form {
	return &form{operation: operation, fields: make([]field, 0, 8)}
}

// required adds a parameter that must not be blank.
func (f *form) required(name, value string) {
	if strings.TrimSpace(value) == "" {
		f.refuse(name, "is required")
	}
	f.optional(name, value)
}

// remembered is for what must not be blank, but is not sent.
func (f *form) remembered(name, value string) {
	if strings.TrimSpace(value) == "" {
		f.refuse(name, "is required")
	}
	f.fields = append(f.fields, field{name: name})
}

// optional adds a parameter unless it is blank.
func (f *form) optional(name, value string) {
	if strings.TrimSpace(value) == "" {
		f.fields = append(f.fields, field{name: name})
		return
	}
	f.add(name, value)
}

// repeated adds a parameter once for each value (RFC 8707 section 2).
func (f *form) repeated(name string, values []string) {
	if len(values) == 0 {
		f.fields = append(f.fields, field{name: name})
	}
	for _, value := range values {
		if strings.TrimSpace(value) == "" {
			f.refuse(name, "has a blank value")
		}
		f.add(name, value)
	}
}

// add adds a parameter whatever its value is.
func (f *form) add(name, value string) {
	if !utf8.ValidString(value) {
		f.refuse(name, "is not valid UTF-8")
	}
	f.fields = append(f.fields, field{name: name, value: value, present: true})
}

// perAttempt adds a parameter whose value is made anew for each attempt. In the
// body it follows all others but client authentication.
func (f *form) perAttempt(name string, value func(context.Context, clientauth.Attempt) (string, error)) {
	f.fields = append(f.fields, field{name: name})
	f.minted = &minted{name, value}
}

// parameters adds the caller's own parameters, after all the typed fields.
func (f *form) parameters(extra url.Values) {
	f.extra = extra
	for name, values := range extra {
		switch {
		case strings.TrimSpace(name) == "":
			f.refuse("Parameters", "has a blank name")
		case isReserved(name):
			f.refuse(name, "cannot be set through Parameters: the library sets it")
		case f.hasField(name):
			f.refuse(name, "has a field of its own and cannot be set through Parameters")
		case !utf8.ValidString(name) || slices.ContainsFunc(values, isNotUTF8):
			f.refuse(name, "is not valid UTF-8")
		}
	}
}

func isNotUTF8(value string) bool { return !utf8.ValidString(value) }

// isReserved reports whether the library alone sets a parameter.
func isReserved(name string) bool {
	switch name {
	case "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type":
		return true
	}
	return false
}

func (f *form) hasField(name string) bool {
	return slices.ContainsFunc(f.fields, func(field field) bool { return field.name == name })
}

// value returns the value of a parameter that was added once, or nothing.
func (f *form) value(name string) string {
	i := slices.IndexFunc(f.fields, func(field field) bool { return field.name == name })
	if i < 0 {
		return ""
	}
	return f.fields[i].value
}

func (f *form) hasValue(name string) bool {
	return f.minted != nil && f.minted.name == name || slices.ContainsFunc(f.fields, func(field field) bool { return field.name == name && field.present })
}

// checkFor returns the first mistake, which may be that there is no such endpoint,
// or nil.
func (f *form) checkFor(e endpoint) *Error {
	if f.err == nil {
		f.err = e.check(f.operation)
	}
	return f.err
}

func (f *form) refuse(parameter, detail string) {
	if f.err == nil {
		f.err = invalid(f.operation, parameter, detail)
	}
}

// encode returns the body, without client authentication. A default counts
// unless the call has a value of that name.
func (f *form) encode(defaults url.Values) []byte {
	body := make([]byte, 0, f.size(defaults))
	for _, field := range f.fields {
		if field.present {
			body = appendParameter(body, field.name, field.value)
		}
	}
	if len(f.extra)+len(defaults) == 0 {
		return body
	}
	for _, name := range f.names(defaults) {
		values, own := f.extra[name]
		if !own {
			values = defaults[name]
		}
		for _, value := range values {
			body = appendParameter(body, name, value)
		}
	}
	return body
}

// names returns, sorted, the names that are not those of typed fields with a
// value.
func (f *form) names(defaults url.Values) []string {
	names := make([]string, 0, len(f.extra)+len(defaults))
	for name := range f.extra {
		names = append(names, name)
	}
	for name := range defaults {
		if _, own := f.extra[name]; !own && !f.hasValue(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// size returns a length that the encoded parameters rarely exceed.
func (f *form) size(defaults url.Values) int {
	size := 0
	for _, field := range f.fields {
		size += len(field.name) + len(field.value) + len(field.value)/4 + 2
	}
	for _, values := range []url.Values{f.extra, defaults} {
		for name, list := range values {
			for _, value := range list {
				size += len(name) + len(value) + len(value)/4 + 2
			}
		}
	}
	return size
}

// minted is a parameter whose value is made anew for each attempt.
type minted struct {
	name  string
	value func(context.Context, clientauth.Attempt) (string, error)
}

var (
	errBlankValue = errors.New("the function returned a blank value")
	errNotUTF8    = errors.New("the function returned a value that is not valid UTF-8")
)

// addTo returns the form of one attempt. The encoded form itself is never written
// to.
func (m *minted) addTo(ctx context.Context, form []byte, attempt clientauth.Attempt) ([]byte, error) {
	if m == nil {
		return form, nil
	}
	value, err := m.value(ctx, attempt)
	switch {
	case err != nil:
	case strings.TrimSpace(value) == "":
		err = errBlankValue
	case !utf8.ValidString(value):
		err = errNotUTF8
	}
	if err != nil {
		return nil, &unpreparedError{parameter: m.name, step: m.name, err: err}
	}
	return withCredentials(form, []clientauth.Parameter{{Name: m.name, Value: value}}), nil
}

// withCredentials returns the body of one attempt. The encoded form itself is
// never written to.
func withCredentials(form []byte, parameters []clientauth.Parameter) []byte {
	if len(parameters) == 0 {
		return form
	}
	size := len(form)
	for _, parameter := range parameters {
		size += len(parameter.Name) + len(parameter.Value) + len(parameter.Value)/4 + 2
	}
	body := append(make([]byte, 0, size), form...)
	for _, parameter := range parameters {
		body = appendParameter(body, parameter.Name, parameter.Value)
	}
	return body
}

func appendParameter(body []byte, name, value string) []byte {
	if len(body) > 0 {
		body = append(body, '&')
	}
	body = appendEscaped(body, name)
	body = append(body, '=')
	return appendEscaped(body, value)
}

const upperHex = "0123456789ABCDEF"

// appendEscaped encodes text as application/x-www-form-urlencoded (RFC 6749
// appendix B), exactly as [url.QueryEscape] does.
func appendEscaped(body []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case isUnreserved(c):
			body = append(body, c)
		case c == ' ':
			body = append(body, '+')
		default:
			body = append(body, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return body
}

// isUnreserved reports whether c is an unreserved character (RFC 3986 section
// 2.3): those are never encoded, and a code verifier has no others.
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
