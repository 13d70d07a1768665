// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// call is one request to one endpoint, whatever it is for.
type call struct {
	endpoint endpoint
	class    httpcall.Class
	limits   httpcall.Limits

	method       string            // "" = POST
	accept       string            // "" = JSON
	contentType  string            // of the body; "" = a form
	body         []byte            // a form is without client authentication
	auth         clientauth.Method // instead of the client's own; nil = that one
	withClientID bool              // client_id belongs into the form, however the client authenticates
	success      int               // the status of a success; 0 = 200
	perhaps      string            // what may have happened when it is not known; "" = by the class
	caller       *httpcall.Caller  // instead of the client's own; nil = that one
	bound        bool              // a DPoP proof goes along, when the client has a prover
	accessToken  string            // what the proof is bound to besides; "" = nothing

	// what exchange takes from the form
	operation string  // for errors, such as "device authorization request"
	minted    *minted // what is added for each attempt; nil = nothing

	attempts          int    // so far
	nonce             string // of the last proof
	proved            bool   // a proof went along
	given             string // the nonce that the last answer has brought, until it is used
	sentAuthorization string // of the last attempt
	sentBody          []byte // of the last attempt
	answer            httpcall.Answer
	object            string // the JSON inside of a verified answer; "" = the body is the JSON
}

// exchange sends a call, unless there is a mistake in its form or it has no
// endpoint, and returns what came back, classified. Every endpoint passes here. A
// server that asks for a DPoP nonce gets the call once more, with what is left of
// the time; that is no retry, and even a single-use credential was not looked at
// (RFC 9449 section 8).
func (c *Client) exchange(ctx context.Context, f *form, k *call) Response {
	if err := f.checkFor(k.endpoint); err != nil {
		return newInvalidResponse(err)
	}
	k.operation, k.minted = f.operation, f.minted
	started := time.Now()
	response := c.send(ctx, k)
	if !response.isNonceChallenge() || !c.settings().dpop.hasNewNonce(k) {
		return response
	}
	k.limits.Attempts = max(1, k.limits.Attempts-k.attempts)
	k.limits.TotalTime -= time.Since(started)
	return c.send(ctx, k)
}

func (c *Client) send(ctx context.Context, k *call) Response {
	s := c.settings()
	request := httpcall.Call{
		Method: cmp.Or(k.method, http.MethodPost),
		URL:    k.endpoint.url,
		Class:  k.class,
		Limits: k.limits,
		Prepare: func(ctx context.Context, _ int) (http.Header, []byte, error) {
			return s.prepare(ctx, k)
		},
	}
	if s.dpop.prover != nil { // a nonce is for the next proof, also when this request has none
		request.Observe = func(header http.Header) { k.given = s.dpop.prover.Remember(k.endpoint.url, header) }
	}
	caller := s.caller
	if k.caller != nil {
		caller = k.caller
	}
	answer, err := caller.Do(ctx, request)
	if err != nil {
		return newFailedResponse(k, answer, err)
	}
	return newResponse(k, answer)
}

// prepare makes the header and the body of one attempt. It runs once for each,
// so that whatever is signed is signed anew.
func (s *settings) prepare(ctx context.Context, k *call) (http.Header, []byte, error) {
	k.attempts++
	method := s.auth
	if k.auth != nil {
		method = k.auth
	}
	current := clientauth.Attempt{ClientID: s.clientID, Issuer: s.issuer, Endpoint: k.endpoint.address, Number: k.attempts}
	body, err := k.minted.addTo(ctx, k.body, current)
	if err != nil {
		return nil, nil, err
	}
	credentials, err := method.Credentials(ctx, current)
	if err != nil {
		return nil, nil, &unpreparedError{parameter: "Config.Auth", step: "client authentication", err: err}
	}
	if k.withClientID {
		credentials.Parameters = withClientID(credentials.Parameters, s.clientID)
	}
	k.sentAuthorization, k.sentBody = credentials.Authorization, withCredentials(body, credentials.Parameters)
	header := s.newHeader(k, credentials.Authorization)
	if err := s.dpop.prove(k, header); err != nil {
		return nil, nil, &unpreparedError{parameter: "Config.DPoP", step: "DPoP proof", err: err}
	}
	return header, k.sentBody, nil
}

// newHeader returns the header of one attempt.
func (s *settings) newHeader(k *call, authorization string) http.Header {
	header := make(http.Header, len(s.header)+2)
	for name, values := range s.header {
		header[name] = values[:len(values):len(values)] // shared; whoever appends gets a copy
	}
	if k.accept != "" {
		header["Accept"] = []string{k.accept}
	}
	if k.body != nil {
		header["Content-Type"] = formContentType
		if k.contentType != "" {
			header["Content-Type"] = []string{k.contentType}
		}
	}
	if authorization != "" {
		header["Authorization"] = []string{authorization}
	}
	return header
}

// withClientID returns the parameters with client_id, which is not doubled.
func withClientID(parameters []clientauth.Parameter, id string) []clientauth.Parameter {
	for _, parameter := range parameters {
		if parameter.Name == "client_id" {
			return parameters
		}
	}
	return append([]clientauth.Parameter{{Name: "client_id", Value: id}}, parameters...)
}

var formContentType = []string{"application/x-www-form-urlencoded"}

// unpreparedError says what failed before anything was sent.
type unpreparedError struct {
	parameter string // for Error.Parameter
	step      string
	err       error
}

func (e *unpreparedError) Error() string { return e.step + ": " + e.err.Error() }

func (e *unpreparedError) Unwrap() error { return e.err }

// newFailedResponse classifies a call that brought no usable answer.
func newFailedResponse(k *call, answer httpcall.Answer, err error) Response {
	failed := &Error{
		Operation: k.operation, Endpoint: k.endpoint.label, StatusCode: answer.StatusCode,
		detail: err.Error(), cause: err,
	}
	var failure *httpcall.Failure
	if errors.As(err, &failure) {
		failed.cause = causeOf(failure)
		failed.classify(failure, answer, k)
	}
	k.answer = answer
	return Response{StatusCode: answer.StatusCode, Header: answer.Header, call: k, err: failed}
}

// causeOf returns what a failure is to be known by: an error of the connection with
// another text, and the others, which are the caller's own, as they are.
func causeOf(failure *httpcall.Failure) error {
	switch failure.Reason {
	case httpcall.Broken, httpcall.TimedOut:
		return &hidden{failure.Error(), func() error { return failure.Err }}
	}
	return failure.Err
}

func (e *Error) classify(failure *httpcall.Failure, answer httpcall.Answer, k *call) {
	switch failure.Reason {
	case httpcall.Unprepared:
		e.Kind = KindRequest
		var unprepared *unpreparedError
		if errors.As(failure.Err, &unprepared) {
			e.Parameter = unprepared.parameter
		}
		var certificate interface{ BeforeSending() }
		if errors.As(failure.Err, &certificate) {
			e.Parameter = "Config.Auth"
		}
	case httpcall.Redirected:
		e.Kind = KindPolicy
		e.detail = "the server redirects to " + cmp.Or(failure.Location, "another path") + ", and credentials follow no redirect"
		e.advice = "configure the final address"
	case httpcall.TooLarge:
		e.Kind = KindHTTP
		if answer.StatusCode/100 == 2 {
			e.Kind = KindMalformed
		}
	default:
		e.Kind = KindTransport
	}
	switch e.Kind {
	case KindTransport, KindRequest:
		e.Outcome, e.advice = Unknown, k.afterUnknown()
	default: // there was a complete answer, but for its body
		e.Outcome = outcomeOf(answer.StatusCode, answer.Header)
	}
	if failure.NotSent {
		e.Outcome, e.advice = NotProcessed, "nothing was sent"
	}
}

// afterUnknown says what a call may have done when no answer tells.
func (k *call) afterUnknown() string {
	switch {
	case k.perhaps != "":
		return k.perhaps
	case k.class == httpcall.SingleUse:
		return "the credential may be spent"
	default:
		return "the request may be sent again"
	}
}

// afterMalformed says what a call has done when its answer cannot be used.
func (k *call) afterMalformed() string {
	switch {
	case k.perhaps != "":
		return k.perhaps + "; Raw has what came"
	case k.class == httpcall.SingleUse:
		return "the credential counts as spent; Raw has the body"
	default:
		return "Raw has the body"
	}
}
