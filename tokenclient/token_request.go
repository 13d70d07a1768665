// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"context"
	"net/url"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TokenRequest is a request of any grant type. For the common ones there are
// methods with a request type of their own.
type TokenRequest struct {
	confidential

	// GrantType is sent as grant_type. Required.
	GrantType string
	// Parameters are sent as they are, any number of times each, sorted by name.
	// They may not hold grant_type, client_id, client_secret, client_assertion and
	// client_assertion_type, which the library sets. Optional.
	Parameters url.Values
	// Repeatable says that sending the same request twice does no harm, so that it
	// is sent again after a lost connection; see [Retry]. Optional. The default is
	// what is right for the grant type, and never again for one that this package
	// does not know.
	Repeatable bool
}

// RequestToken sends a token request of any grant type, with arbitrary
// parameters (RFC 6749 section 4.5).
//
// Like every method that sends, it returns a response that is never nil, also
// with an error: Raw, JSON and StatusCode can be read after a failure. The error
// is an [*Error], and it is not nil exactly when the response's IsError is true.
//
// What is not sent is an error of [KindRequest]. With every method the Parameter
// can be
//
//	Config.Endpoints.Token  the endpoint is not configured, or wrong in the metadata; likewise for the others
//	Config.Auth             client authentication fails
//	Config.DPoP             the proof cannot be made
//	Parameters              a blank name
//	the parameter's name    text that is not valid UTF-8; in Parameters: a name that has a field, or that the library sets
//
// and here grant_type, when it is missing or blank. These answers are errors with
// every method that reads a body:
//
//	KindTransport  one that is not complete
//	KindPolicy     a redirect
//	KindProtocol   an error code, with a status that is no success, or in a body that can be read
//	KindHTTP       a status that is no success, without an error code
//	KindMalformed  a success of another status than the endpoint's, which is 200 here
//	               a body that is HTML or a form by its type, is not one JSON object, or has two members of one name
//	               a member error that is no error code; more than 1 MiB
//
// and these of the token endpoint:
//
//	KindMalformed  no access_token, or an empty one
//	               an access_token, refresh_token or id_token that is no string, or has characters that no token can have
//	               the token_type N_A, but for a token exchange or a refresh
//	KindPolicy     with Config.DPoP and without AllowBearer: a token_type other than DPoP, but N_A for a token exchange
func (c *Client) RequestToken(ctx context.Context, request TokenRequest) (*TokenResponse, error) {
	f := newForm("token request")
	f.required("grant_type", request.GrantType)
	f.parameters(request.Parameters)
	class := classOf(request.GrantType)
	if request.Repeatable {
		class = httpcall.Repeatable
	}
	return c.requestToken(ctx, f, class, c.settings().retry.limits())
}

// newGrantForm starts the form of one of the grants that have a method.
func newGrantForm(grantType, operation string) *form {
	f := newForm(operation)
	f.add("grant_type", grantType)
	return f
}

// requestToken sends a form to the token endpoint. Every grant passes here.
func (c *Client) requestToken(ctx context.Context, f *form, class httpcall.Class, limits httpcall.Limits) (*TokenResponse, error) {
	response := c.exchange(ctx, f, &call{
		endpoint: c.settings().token,
		class:    class,
		limits:   limits,
		body:     f.encode(c.settings().parameters),
		bound:    true,
	})
	return newTokenResponse(response, f.value("grant_type"), c.settings().dpop)
}
