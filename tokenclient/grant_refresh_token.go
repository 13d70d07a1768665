// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements refreshing an access token (RFC 6749 section 6).

package tokenclient

import (
	"context"
	"net/url"
)

// RefreshTokenRequest trades a refresh token for a new access token.
type RefreshTokenRequest struct {
	confidential

	// RefreshToken is the refresh token. Required.
	RefreshToken string
	// Scope is what to ask for, separated by spaces: at most what was granted.
	// Optional; what was granted if blank.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestRefreshToken trades a refresh token for a new access token (RFC 6749
// section 6). For the results see [Client.RequestToken].
//
// Many servers rotate: the response has a new refresh token, and the old one,
// sent again, logs the user out (RFC 9700 section 4.14.2). So the request is sent
// again only when provably nothing was sent. Store the new refresh token before
// anything else; when the response has none, keep the old one. After an error,
// Outcome says whether the old one may be sent again.
func (c *Client) RequestRefreshToken(ctx context.Context, request RefreshTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeRefreshToken, "refresh_token token request")
	f.required("refresh_token", request.RefreshToken)
	f.optional("scope", request.Scope)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, classOf(GrantTypeRefreshToken), c.settings().retry.limits())
}
