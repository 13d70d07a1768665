// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the device authorization request (RFC 8628 section 3.1).

package tokenclient

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// DeviceAuthorizationRequest starts a login on a device without a browser.
type DeviceAuthorizationRequest struct {
	confidential

	// Scope is what to ask for, separated by spaces. Optional.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// DeviceAuthorizationResponse says what to show to the user, and has what to poll
// with (RFC 8628 section 3.2).
type DeviceAuthorizationResponse struct {
	Response

	// DeviceCode is what the device polls with: a secret.
	DeviceCode string
	// UserCode is what the user types in.
	UserCode string
	// VerificationURI is where the user types it in: an http or https URL. Show it;
	// do not open it unasked.
	VerificationURI string
	// VerificationURIComplete is the same with the user code in it, for a QR code.
	// Empty when the server sent none.
	VerificationURIComplete string
	// ExpiresIn is how long the codes live, or 0 when the server sent no readable
	// number.
	ExpiresIn time.Duration
	// Expiry is when the codes expire, counted from before the request was sent.
	// The zero time means that the server did not say.
	Expiry time.Time
	// Interval is how long to wait between two polls: what the server asks for, or
	// 5 s.
	Interval time.Duration
}

// RequestDeviceAuthorization asks for the codes of a device login (RFC 8628
// section 3.1), authenticated like a token request. For the results see
// [Client.RequestToken]. The next step is [Client.PollDeviceToken].
func (c *Client) RequestDeviceAuthorization(ctx context.Context, request DeviceAuthorizationRequest) (*DeviceAuthorizationResponse, error) {
	f := newForm("device authorization request")
	f.optional("scope", request.Scope)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return newDeviceAuthorizationResponse(c.exchange(ctx, f, &call{
		endpoint: c.settings().deviceAuthorization,
		class:    httpcall.Repeatable,
		limits:   c.settings().retry.limits(),
		body:     f.encode(nil),
		bound:    true,
	}))
}

func newDeviceAuthorizationResponse(r Response) (*DeviceAuthorizationResponse, error) {
	d := &DeviceAuthorizationResponse{Response: r, Interval: defaultInterval}
	d.read(d.visit)
	switch {
	case strings.TrimSpace(d.DeviceCode) == "":
		d.refuse("the body has no device_code")
	case strings.TrimSpace(d.UserCode) == "":
		d.refuse("the body has no user_code")
	case !isVerificationURI(d.VerificationURI):
		d.refuse("the body has no verification_uri that is an https URL")
	case d.VerificationURIComplete != "" && !isVerificationURI(d.VerificationURIComplete):
		d.refuse("the verification_uri_complete is not an https URL")
	}
	if d.IsError() { // whoever does not look must not show a code
		*d = DeviceAuthorizationResponse{Response: d.Response}
	}
	return d, d.Err()
}

func (d *DeviceAuthorizationResponse) visit(name string, value gjson.Result) {
	switch name {
	case "device_code":
		d.DeviceCode, _ = jsonfield.String(value)
	case "user_code":
		d.UserCode, _ = jsonfield.String(value)
	case "verification_uri":
		d.VerificationURI, _ = jsonfield.String(value)
	case "verification_url": // what drafts of the RFC called it, and Google still does
		if d.VerificationURI == "" {
			d.VerificationURI, _ = jsonfield.String(value)
		}
	case "verification_uri_complete":
		d.VerificationURIComplete, _ = jsonfield.String(value)
	case "expires_in":
		d.ExpiresIn, d.Expiry = d.lifetime(value)
	case "interval":
		d.Interval = pollInterval(value)
	}
}

// isVerificationURI reports whether an address may be shown to a user. One with
// a user name could look like another host than it is.
func isVerificationURI(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Hostname() != "" && parsed.User == nil &&
		(parsed.Scheme == "https" || parsed.Scheme == "http" && isLoopback(parsed.Hostname()))
}

// TokenRequest returns the request to poll with.
func (d *DeviceAuthorizationResponse) TokenRequest() DeviceTokenRequest {
	return DeviceTokenRequest{DeviceCode: d.DeviceCode, Interval: d.Interval, Expiry: d.Expiry}
}
