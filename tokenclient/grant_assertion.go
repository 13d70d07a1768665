// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements assertions as authorization grants (RFC 7521 section 4.1):
// JSON Web Tokens (RFC 7523) and SAML 2.0 assertions (RFC 7522).

package tokenclient

import (
	"context"
	"net/url"
	"strings"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// JWTBearerTokenRequest asks for a token with a JWT that somebody whom the server
// trusts has signed.
type JWTBearerTokenRequest struct {
	confidential

	// Assertion is the JWT. It is sent once: never again when the server may have
	// seen it. Required, unless there is an AssertionFunc.
	Assertion string
	// AssertionFunc returns the JWT. It is called once for each attempt, with what
	// the aud and iss of a JWT are made of, so that the request may be sent again
	// with a new jti. Its ctx ends with the attempt, and its error keeps the attempt
	// from being sent. Return the same JWT again only if the server takes it again.
	// Required, unless there is an Assertion; both are an error.
	AssertionFunc func(context.Context, clientauth.Attempt) (string, error)
	// Scope is what to ask for, separated by spaces. Optional.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestJWTBearerToken requests a token with a signed JWT as the grant (RFC 7523
// section 2.1), such as that of a service account, or of a user from another
// domain. The JWT says whom the token is for; the client authenticates besides,
// if it has a Config.Auth. For the results see [Client.RequestToken]: a JWT that
// the server does not accept is [ErrInvalidGrant].
//
// The request may be sent again with an AssertionFunc; with an Assertion only
// when provably nothing was sent. See [Retry].
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	assertion  neither Assertion nor AssertionFunc; both
//	           an AssertionFunc that fails, or returns a blank text, or one that is not valid UTF-8
//	resource   a blank value in the list
//
// or as in RequestToken, where the answers that are errors are, too.
func (c *Client) RequestJWTBearerToken(ctx context.Context, request JWTBearerTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeJWTBearer, "JWT bearer token request")
	class := f.assertion(request.Assertion, request.AssertionFunc)
	f.optional("scope", request.Scope)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, class, c.settings().retry.limits())
}

// SAML2BearerTokenRequest asks for a token with a SAML 2.0 assertion that an
// identity provider whom the server trusts has signed.
type SAML2BearerTokenRequest struct {
	confidential

	// Assertion is the XML of one Assertion element, base64url-encoded, without line
	// breaks and padding (RFC 7522 section 2.1). It is sent as it is, once: never
	// again when the server may have seen it. Required, unless there is an
	// AssertionFunc.
	Assertion string
	// AssertionFunc returns the assertion, encoded likewise. It is called once for
	// each attempt, so that the request may be sent again with a new ID. Its ctx ends
	// with the attempt, and its error keeps the attempt from being sent. Return the
	// same assertion again only if the server takes it again. Required, unless there
	// is an Assertion; both are an error.
	AssertionFunc func(context.Context, clientauth.Attempt) (string, error)
	// Scope is what to ask for, separated by spaces. Optional.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestSAML2BearerToken requests a token with a SAML 2.0 assertion as the grant
// (RFC 7522 section 2.1). For the results see [Client.RequestToken]: an assertion
// that the server does not accept is [ErrInvalidGrant].
//
// The request may be sent again with an AssertionFunc; with an Assertion only
// when provably nothing was sent. See [Retry].
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	assertion  neither Assertion nor AssertionFunc; both
//	           an AssertionFunc that fails, or returns a blank text, or one that is not valid UTF-8
//	resource   a blank value in the list
//
// or as in RequestToken, where the answers that are errors are, too.
func (c *Client) RequestSAML2BearerToken(ctx context.Context, request SAML2BearerTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeSAML2Bearer, "SAML 2.0 bearer token request")
	class := f.assertion(request.Assertion, request.AssertionFunc)
	f.optional("scope", request.Scope)
	f.repeated("resource", request.Resource)
	f.parameters(request.Parameters)
	return c.requestToken(ctx, f, class, c.settings().retry.limits())
}

// assertion adds the assertion that is there, or that which is made for each
// attempt, and returns when the request may be sent again.
func (f *form) assertion(given string, mint func(context.Context, clientauth.Attempt) (string, error)) httpcall.Class {
	if mint == nil {
		f.required("assertion", given)
		return httpcall.SingleUse
	}
	if strings.TrimSpace(given) != "" {
		f.refuse("assertion", "cannot be set beside AssertionFunc")
	}
	f.perAttempt("assertion", mint)
	return httpcall.Repeatable
}
