// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the authorization request (RFC 6749 section 4.1.1, OpenID
// Connect Core section 3.1.2.1) with PKCE (RFC 7636).

package tokenclient

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
)

// AuthorizeRequest is one login: what is sent with it, and what has to be
// remembered until the user is back. Keep it in the user's session, by
// [EncodeAuthorizeRequest], and use it once. It prints as [redacted], and has no
// JSON form of its own.
type AuthorizeRequest struct {
	confidential

	// Scope is what to ask for, separated by spaces; with openid it is an OpenID
	// Connect login.
	Scope string
	// RedirectURI is where the user comes back to. Required.
	RedirectURI string
	// State ties the answer to this login. Required; at random by
	// [NewAuthorizeRequest].
	State string
	// Nonce ties the ID token to this login. At random by [NewAuthorizeRequest].
	Nonce string
	// CodeVerifier is the PKCE proof key: a secret. Required; at random by
	// [NewAuthorizeRequest]. Its S256 challenge is what is sent.
	CodeVerifier string

	// ResponseType is what to come back with. Default: code.
	ResponseType string
	// ResponseMode is how to come back: query, fragment or form_post. Default: the
	// server's for the response type.
	ResponseMode string
	// LoginHint is who is expected to log in. Optional.
	LoginHint string
	// ACRValues are the wanted classes of authentication, separated by spaces.
	// IdentityServer knows idp:NAME and tenant:NAME. Optional.
	ACRValues string
	// Prompt is what the server has to ask the user: none, login, consent,
	// select_account or create, separated by spaces. Optional.
	Prompt string
	// Display is how to show the pages: page, popup, touch or wap. Optional.
	Display string
	// MaxAge is how many seconds ago the user may have logged in at most. Optional;
	// 0 asks for a new login.
	MaxAge *int
	// UILocales are the preferred languages, separated by spaces. Optional.
	UILocales string
	// IDTokenHint is an earlier ID token of the user. Optional.
	IDTokenHint string
	// Resource are the APIs that the tokens are for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

const responseTypeCode = "code"

// NewAuthorizeRequest returns a login with new random values for State, Nonce and
// CodeVerifier, of 256 bits each.
func NewAuthorizeRequest(scope, redirectURI string) AuthorizeRequest {
	return AuthorizeRequest{
		Scope: scope, RedirectURI: redirectURI,
		State: newRandom(), Nonce: newRandom(), CodeVerifier: NewCodeVerifier(),
	}
}

// AuthorizeURL returns the address to send the user's browser to (RFC 6749
// section 4.1.1). Nothing is sent. A query that the endpoint has is kept. The
// error is an [*Error] of [KindRequest] that names what is missing.
func (c *Client) AuthorizeURL(request AuthorizeRequest) (string, error) {
	f := c.newAuthorizeForm(request)
	if f.err == nil {
		f.err = c.settings().authorization.check(f.operation)
	}
	if f.err != nil {
		return "", f.err
	}
	address := *c.settings().authorization.url
	query := f.encode(nil)
	if address.RawQuery != "" {
		query = slices.Concat([]byte(address.RawQuery), []byte("&"), query)
	}
	address.RawQuery = string(query)
	return address.String(), nil
}

func (c *Client) newAuthorizeForm(request AuthorizeRequest) *form {
	f := newForm("authorization request")
	if c.settings().clientID == "" {
		f.refuse("Config.ClientID", "is required")
	}
	f.add("client_id", c.settings().clientID)
	f.add("response_type", cmp.Or(request.ResponseType, responseTypeCode))
	f.optional("scope", request.Scope)
	f.required("redirect_uri", request.RedirectURI)
	f.required("state", request.State)
	f.optional("nonce", request.Nonce)
	f.optional("login_hint", request.LoginHint)
	f.optional("acr_values", request.ACRValues)
	f.optional("prompt", request.Prompt)
	f.optional("response_mode", request.ResponseMode)
	f.codeChallenge(request.CodeVerifier)
	f.optional("display", request.Display)
	maxAge := ""
	if request.MaxAge != nil {
		maxAge = strconv.Itoa(*request.MaxAge)
	}
	f.optional("max_age", maxAge)
	f.optional("ui_locales", request.UILocales)
	f.optional("id_token_hint", request.IDTokenHint)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return f
}

func (f *form) codeChallenge(verifier string) {
	if err := checkCodeVerifier(verifier); err != nil {
		f.refuse("code_verifier", err.Error()+"; NewAuthorizeRequest makes one")
	}
	f.add("code_challenge", CodeChallenge(verifier))
	f.add("code_challenge_method", "S256")
	f.fields = append(f.fields, field{name: "code_verifier"}) // remembered, not sent
}
