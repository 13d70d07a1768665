// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the client credentials grant (RFC 6749 section 4.4).

package tokenclient

import (
	"context"
	"net/url"
)

// ClientCredentialsTokenRequest asks for a token for the client itself.
type ClientCredentialsTokenRequest struct {
	confidential

	// Scope is what to ask for, separated by spaces. Optional; some servers need
	// it.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestClientCredentialsToken requests a token for the client itself (RFC 6749
// section 4.4). The request may be sent again; see [Retry]. For the results see
// [Client.RequestToken].
func (c *Client) RequestClientCredentialsToken(ctx context.Context, request ClientCredentialsTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeClientCredentials, "client_credentials token request")
	f.optional("scope", request.Scope)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, classOf(GrantTypeClientCredentials), c.settings().retry.limits())
}
