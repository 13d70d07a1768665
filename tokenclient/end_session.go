// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the logout request (OpenID Connect RP-Initiated Logout
// section 2).

package tokenclient

import "net/url"

// EndSessionRequest asks a server to log a user out.
type EndSessionRequest struct {
	confidential

	// IDTokenHint is an ID token of the user, also an expired one. Recommended:
	// without it most servers ask the user.
	IDTokenHint string
	// PostLogoutRedirectURI is where the user comes back to: an address that is
	// registered for that. Optional.
	PostLogoutRedirectURI string
	// State comes back with the user. Optional.
	State string
	// LogoutHint is who is to be logged out, for servers that do not know from
	// IDTokenHint. Optional.
	LogoutHint string
	// UILocales are the preferred languages, separated by spaces. Optional.
	UILocales string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// EndSessionURL returns the address to send the user's browser to for a logout
// (OpenID Connect RP-Initiated Logout section 2). Nothing is sent. client_id is in
// it when the client has one. Bad input is an [*Error] of [KindRequest] with the
// Parameter
//
//	Config.Endpoints.EndSession  missing, or wrong in the metadata
//	Parameters                   a blank name
//	the parameter's name         text that is not valid UTF-8; in Parameters: a name that has a field, or that the
//	                             library sets
func (c *Client) EndSessionURL(request EndSessionRequest) (string, error) {
	f := newForm("end session request")
	f.optional("id_token_hint", request.IDTokenHint)
	f.optional("client_id", c.settings().clientID)
	f.optional("post_logout_redirect_uri", request.PostLogoutRedirectURI)
	f.optional("state", request.State)
	f.optional("logout_hint", request.LogoutHint)
	f.optional("ui_locales", request.UILocales)
	f.parameters(request.Parameters)
	return c.settings().endSession.withQuery(f)
}
