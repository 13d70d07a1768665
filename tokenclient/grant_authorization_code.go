// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the token request of the authorization code grant (RFC
// 6749 section 4.1.3) with PKCE (RFC 7636).

package tokenclient

import (
	"context"
	"net/url"
)

// AuthorizationCodeTokenRequest redeems an authorization code. The method
// TokenRequest of [AuthorizeResponse] makes one.
type AuthorizationCodeTokenRequest struct {
	confidential

	// Code is the authorization code. Required.
	Code string
	// RedirectURI is, byte for byte, the one of the authorization request.
	// Required.
	RedirectURI string
	// CodeVerifier is the PKCE proof key: 43 to 128 of the characters A-Z, a-z,
	// 0-9, "-", ".", "_" and "~". Required when the authorization request had a
	// code challenge.
	CodeVerifier string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestAuthorizationCodeToken redeems an authorization code (RFC 6749 section
// 4.1.3). For the results see [Client.RequestToken].
//
// A code works once, and a server that sees it twice revokes what it has issued
// for it. So the request is sent again only when provably nothing was sent.
func (c *Client) RequestAuthorizationCodeToken(ctx context.Context, request AuthorizationCodeTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeAuthorizationCode, "authorization_code token request")
	f.required("code", request.Code)
	f.required("redirect_uri", request.RedirectURI)
	f.codeVerifier(request.CodeVerifier)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, classOf(GrantTypeAuthorizationCode), c.settings().retry.limits())
}

func (f *form) codeVerifier(verifier string) {
	if verifier != "" {
		if err := checkCodeVerifier(verifier); err != nil {
			f.refuse("code_verifier", err.Error())
		}
	}
	f.optional("code_verifier", verifier)
}
