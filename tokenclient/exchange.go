// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// call is one request to one endpoint, whatever it is for.
type call struct {
	operation string // for errors, such as "device authorization request"
	endpoint  endpoint
	class     httpcall.Class
	limits    httpcall.Limits
	body      []byte // the form, without client authentication

	sentAuthorization string // of the last attempt
	sentBody          []byte // of the last attempt
	answer            httpcall.Answer
}

// exchange sends a call and returns what came back, classified. Every endpoint
// passes here.
func (c *Client) exchange(ctx context.Context, k *call) Response {
	answer, err := c.settings().caller.Do(ctx, httpcall.Call{
		Method: http.MethodPost,
		URL:    k.endpoint.url,
		Class:  k.class,
		Limits: k.limits,
		Prepare: func(ctx context.Context, attempt int) (http.Header, []byte, error) {
			return c.prepare(ctx, k, attempt)
		},
	})
	if err != nil {
		return newFailedResponse(k, answer, err)
	}
	return newResponse(k, answer)
}

// prepare makes the header and the body of one attempt. It runs once for each,
// so that whatever is signed is signed anew.
func (c *Client) prepare(ctx context.Context, k *call, attempt int) (http.Header, []byte, error) {
	s := c.settings()
	credentials, err := s.auth.Credentials(ctx, clientauth.Attempt{
		ClientID: s.clientID, Issuer: s.issuer, Endpoint: k.endpoint.address, Number: attempt,
	})
	if err != nil {
		return nil, nil, &authenticationError{err}
	}
	header := make(http.Header, len(s.header)+2)
	for name, values := range s.header {
		header[name] = values[:len(values):len(values)] // shared; whoever appends gets a copy
	}
	header["Content-Type"] = formContentType
	if credentials.Authorization != "" {
		header["Authorization"] = []string{credentials.Authorization}
	}
	k.sentAuthorization, k.sentBody = credentials.Authorization, withCredentials(k.body, credentials.Parameters)
	return header, k.sentBody, nil
}

var formContentType = []string{"application/x-www-form-urlencoded"}

// authenticationError says that client authentication failed before anything
// was sent.
type authenticationError struct{ err error }

func (e *authenticationError) Error() string { return "client authentication: " + e.err.Error() }

func (e *authenticationError) Unwrap() error { return e.err }

// newFailedResponse classifies a call that brought no usable answer.
func newFailedResponse(k *call, answer httpcall.Answer, err error) Response {
	failed := &Error{
		Operation: k.operation, Endpoint: k.endpoint.label, StatusCode: answer.StatusCode,
		detail: err.Error(), cause: err,
	}
	var failure *httpcall.Failure
	if errors.As(err, &failure) {
		failed.cause = failure.Err
		failed.classify(failure, answer)
	}
	k.answer = answer
	return Response{StatusCode: answer.StatusCode, Header: answer.Header, call: k, err: failed}
}

func (e *Error) classify(failure *httpcall.Failure, answer httpcall.Answer) {
	switch failure.Reason {
	case httpcall.Unprepared:
		e.Kind, e.Parameter = KindRequest, "Config.Auth"
		e.advice = "nothing was sent"
	case httpcall.Redirected:
		e.Kind = KindPolicy
		e.detail = "the server redirects to " + cmp.Or(failure.Location, "another path") + ", and credentials follow no redirect"
		e.advice = "configure the final address"
	case httpcall.TooLarge:
		e.Kind = KindHTTP
		if answer.StatusCode == http.StatusOK {
			e.Kind = KindMalformed
		}
	default:
		e.Kind = KindTransport
	}
	switch {
	case failure.NotSent:
		e.Outcome = NotProcessed
	case e.Kind != KindTransport: // there was a complete answer, but for its body
		e.Outcome = outcomeOf(answer.StatusCode, answer.Header)
	default:
		e.Outcome = Unknown
		e.advice = "the credential may be spent"
	}
}
