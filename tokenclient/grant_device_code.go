// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the device access token request (RFC 8628 section 3.4)
// and its polling (section 3.5).

package tokenclient

import (
	"context"
	"net/url"
	"time"
)

// DeviceTokenRequest asks whether the user has decided. The method TokenRequest of
// [DeviceAuthorizationResponse] makes one.
type DeviceTokenRequest struct {
	confidential

	// DeviceCode is the code of the device. Required.
	DeviceCode string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values

	// Interval is how long to wait between two polls. Not sent. 0 means 5 s.
	Interval time.Duration
	// Expiry is when the device code expires and polling ends. Not sent. The zero
	// time means that only the server and ctx end it.
	Expiry time.Time
	// Pending is called after each poll that brought no decision, before the next
	// wait, in the goroutine of the caller. Not sent. Optional.
	Pending func(PendingPoll)
}

// RequestDeviceToken asks once for the token of a device login (RFC 8628 section
// 3.4). For the results see [Client.RequestToken]. While the user has not
// decided, the error is [ErrAuthorizationPending] or [ErrSlowDown].
func (c *Client) RequestDeviceToken(ctx context.Context, request DeviceTokenRequest) (*TokenResponse, error) {
	return c.requestToken(ctx, newDeviceTokenForm(request), classOf(GrantTypeDeviceCode), c.settings().retry.pollLimits())
}

// PollDeviceToken waits until the user has decided (RFC 8628 section 3.5). It
// returns the token; or [ErrAccessDenied]; or [ErrExpiredToken] when the code has
// expired, as the server says or by Expiry; or any other error that ends the
// matter. For the results see [Client.RequestToken].
//
// It waits for the interval before the first poll. It polls more slowly after
// slow_down, and goes on, more slowly still, when a poll brings no answer or the
// server is in trouble (status 408, 425, 429 or 5xx, whatever the body says, unless
// its code decides the matter). It never goes on beyond Expiry and the end of ctx. A
// server that asks for more time than Retry.MaxRetryAfter, or than there is until
// Expiry, ends it at once, with the error of that poll. When the last poll before
// Expiry brought no answer, the error says so, and wraps that of the poll.
func (c *Client) PollDeviceToken(ctx context.Context, request DeviceTokenRequest) (*TokenResponse, error) {
	f := newDeviceTokenForm(request)
	return c.poll(ctx, f, newPace(request.Interval, request.Expiry), request.Pending)
}

func newDeviceTokenForm(request DeviceTokenRequest) *form {
	f := newGrantForm(GrantTypeDeviceCode, "device_code token request")
	f.required("device_code", request.DeviceCode)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return f
}
