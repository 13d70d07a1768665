// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the resource owner password credentials grant (RFC 6749
// section 4.3).

package tokenclient

import (
	"context"
	"net/url"
)

// PasswordTokenRequest asks for a token with a user's name and password.
type PasswordTokenRequest struct {
	confidential

	// UserName is the name of the user. Required.
	UserName string
	// Password is sent as it is, also when it is empty.
	Password string
	// Scope is what to ask for, separated by spaces. Optional.
	Scope string
	// ACRValues is additional information about the login, separated by spaces.
	// IdentityServer knows idp:NAME and tenant:NAME. Optional.
	ACRValues string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestPasswordToken requests a token with a user's name and password (RFC
// 6749 section 4.3). For the results see [Client.RequestToken].
//
// The grant hands the user's password to the client and rules out every second
// factor; RFC 9700 section 2.4 forbids it. It is here for servers that have
// nothing else. The request counts as single use, because repeated ones lock
// accounts.
func (c *Client) RequestPasswordToken(ctx context.Context, request PasswordTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypePassword, "password token request")
	f.required("username", request.UserName)
	f.add("password", request.Password)
	f.optional("scope", request.Scope)
	f.optional("acr_values", request.ACRValues)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, classOf(GrantTypePassword), c.settings().retry.limits())
}
