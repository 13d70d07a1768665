// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the token request of OpenID Connect Client-Initiated
// Backchannel Authentication (CIBA Core section 10.1) and its polling.

package tokenclient

import (
	"context"
	"net/url"
	"time"
)

// BackchannelAuthenticationTokenRequest asks whether the user has decided. The
// method TokenRequest of [BackchannelAuthenticationResponse] makes one.
type BackchannelAuthenticationTokenRequest struct {
	confidential

	// AuthenticationRequestID is the auth_req_id of the request. Required.
	AuthenticationRequestID string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values

	// Interval is how long to wait between two polls. Not sent. 0 means 5 s.
	Interval time.Duration
	// Expiry is when AuthenticationRequestID expires and polling ends. Not sent. The
	// zero time means that only the server and ctx end it.
	Expiry time.Time
	// Pending is called after each poll that brought no decision, before the next
	// wait, in the goroutine of the caller. Not sent. Optional.
	Pending func(PendingPoll)
}

// RequestBackchannelAuthenticationToken asks once for the token of a backchannel
// authentication (CIBA Core section 10.1): in ping mode, when the server has
// called. For the results see [Client.RequestToken]. While the user has not
// decided, the error is [ErrAuthorizationPending] or [ErrSlowDown].
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	auth_req_id  missing or blank
//	resource     a blank value in the list
//
// or as in RequestToken, where the answers that are errors are, too.
func (c *Client) RequestBackchannelAuthenticationToken(ctx context.Context, request BackchannelAuthenticationTokenRequest) (*TokenResponse, error) {
	f := newBackchannelAuthenticationTokenForm(request)
	return c.requestToken(ctx, f, classOf(GrantTypeBackchannelAuthentication), c.settings().retry.pollLimits())
}

// PollBackchannelAuthenticationToken waits until the user has decided (CIBA Core
// sections 10.1 and 11). It returns the token; or [ErrAccessDenied]; or
// [ErrExpiredToken] when the request has expired, as the server says or by
// Expiry; or [ErrTransactionFailed]; or any other error that ends the matter. For
// the results see [Client.RequestToken].
//
// It waits for the interval before the first poll. It polls more slowly after
// slow_down, and goes on, more slowly still, when a poll brings no answer or the
// server is in trouble (status 408, 425, 429 or 5xx, whatever the body says, unless
// its code decides the matter). It never goes on beyond Expiry and the end of ctx. A
// server that asks for more time than Retry.MaxRetryAfter, or than there is until
// Expiry, ends it at once, with the error of that poll. When the last poll before
// Expiry brought no answer, the error says so, and wraps that of the poll. A server may
// hold a poll until the user has decided: each has 45 s, unless
// Retry.AttemptTimeout says otherwise.
//
// What is not sent, and which answers are errors, is as in
// RequestBackchannelAuthenticationToken; bad input is an error before the first
// wait.
func (c *Client) PollBackchannelAuthenticationToken(ctx context.Context, request BackchannelAuthenticationTokenRequest) (*TokenResponse, error) {
	f := newBackchannelAuthenticationTokenForm(request)
	return c.poll(ctx, f, newPace(request.Interval, request.Expiry), request.Pending)
}

func newBackchannelAuthenticationTokenForm(request BackchannelAuthenticationTokenRequest) *form {
	f := newGrantForm(GrantTypeBackchannelAuthentication, "backchannel authentication token request")
	f.required("auth_req_id", request.AuthenticationRequestID)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return f
}
