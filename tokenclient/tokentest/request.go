// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import (
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxRequestBody is the largest request body that is read, in bytes.
const maxRequestBody = 1 << 20

const formType = "application/x-www-form-urlencoded"

var errBodyTooLarge = errors.New("tokentest: request body too large")

// Request is one request as the server received it.
//
// It is a copy: changing it changes nothing in the server. It holds credentials
// in clear text.
type Request struct {
	// Method is the HTTP method.
	Method string

	// Path is the decoded path of the request target.
	Path string

	// Query holds the parameters of the request target. Never nil.
	Query url.Values

	// Host is the host and port the client asked for.
	Host string

	// Header holds the header fields. Never nil.
	Header http.Header

	// RawBody is the body, byte for byte, up to 1 MiB. A longer one is answered
	// with status 413.
	RawBody string

	// Form holds the parameters of a body of type
	// application/x-www-form-urlencoded, and none for any other type. Parameters
	// of the query are not in it. Never nil.
	Form url.Values

	// Connection is the client's address and port: equal for two requests on the
	// same connection, different for two connections that are open at a time.
	Connection string

	// Time is when the request had arrived, by the server's clock.
	Time time.Time
}

// GrantType returns the grant_type parameter of the body, or "".
func (r Request) GrantType() string {
	return r.Form.Get("grant_type")
}

// BasicAuth returns the credentials of the Basic authentication scheme, with the
// form encoding of [RFC 6749 §2.3.1] undone.
//
// ok is false when there are none or when they are not well formed. The raw form
// is in Header.
//
// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
func (r Request) BasicAuth() (clientID, clientSecret string, ok bool) {
	rawID, rawSecret, ok := (&http.Request{Header: r.Header}).BasicAuth()
	if !ok {
		return "", "", false
	}
	clientID, idErr := url.QueryUnescape(rawID)
	clientSecret, secretErr := url.QueryUnescape(rawSecret)
	if idErr != nil || secretErr != nil {
		return "", "", false
	}
	return clientID, clientSecret, true
}

// ClientID returns the client identifier: that of the Basic authentication
// scheme, else the client_id parameter of the body, or "".
func (r Request) ClientID() string {
	if id, _, ok := r.BasicAuth(); ok {
		return id
	}
	return r.Form.Get("client_id")
}

// Requests returns all requests that have arrived completely, at any path, in
// order of arrival.
func (s *Server) Requests() []Request {
	return s.recorded(func(Request) bool { return true })
}

// TokenRequests returns the requests that have arrived at the token endpoint, in
// order of arrival.
func (s *Server) TokenRequests() []Request {
	return s.recorded(func(r Request) bool { return r.Path == TokenPath })
}

// Count returns how many requests have arrived at the path, such as [TokenPath].
func (s *Server) Count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if r.Path == path {
			n++
		}
	}
	return n
}

func (s *Server) recorded(keep func(Request) bool) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if keep(r) {
			out = append(out, r.clone())
		}
	}
	return out
}

func (r Request) clone() Request {
	r.Query = cloneValues(r.Query)
	r.Header = r.Header.Clone()
	r.Form = cloneValues(r.Form)
	return r
}

func cloneValues(values url.Values) url.Values {
	out := maps.Clone(values)
	for name, list := range out {
		out[name] = slices.Clone(list)
	}
	return out
}

// readRequest reads the request to the end of its body. On [errBodyTooLarge] the
// request is usable, on other errors it is not.
func readRequest(r *http.Request) (Request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody+1))
	if err != nil {
		return Request{}, err
	}
	if len(body) > maxRequestBody {
		body, err = body[:maxRequestBody], errBodyTooLarge
	}
	request := Request{
		Method:     r.Method,
		Path:       r.URL.Path,
		Query:      r.URL.Query(),
		Host:       r.Host,
		Header:     r.Header.Clone(),
		RawBody:    string(body),
		Form:       url.Values{},
		Connection: r.RemoteAddr,
	}
	if request.hasForm() {
		// Pairs that cannot be parsed are left out; formProblem reports them.
		request.Form, _ = url.ParseQuery(request.RawBody)
	}
	return request, err
}

func (r Request) hasForm() bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && strings.EqualFold(mediaType, formType)
}
