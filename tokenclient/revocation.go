// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Token Revocation (RFC 7009).

package tokenclient

import (
	"context"
	"net/http"
	"net/url"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TokenRevocationRequest asks to make a token useless.
type TokenRevocationRequest struct {
	confidential

	// Token is the refresh token or access token. Required.
	Token string
	// TokenTypeHint is where the server looks first, such as
	// [TokenTypeHintRefreshToken]. Optional.
	TokenTypeHint string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// TokenRevocationResponse says that a token is useless now. It has nothing but
// what every response has: whatever the body of a success is, it means nothing.
type TokenRevocationResponse struct {
	Response
}

// RevokeToken makes a token useless (RFC 7009 section 2.1), authenticated like a
// token request. The request may be sent again; see [Retry]. For the results see
// [Client.RequestToken].
//
// No error means that the token is not good any more: status 200 says so, and 204,
// whatever the body is, also about a token that the server does not know (RFC 7009
// section 2.2). With an error it may still be good: when the Outcome is
// [NotProcessed], as with status 503 and a Retry-After, it is, and the request
// should be sent again later. [ErrUnsupportedTokenType] means that the server does
// not revoke tokens of this kind.
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	token  missing or blank
//
// or as in RequestToken. The answers that are errors are there, too, but that the
// body of a success is not read: one with another status than 200 and 204 is an
// error of [KindMalformed].
func (c *Client) RevokeToken(ctx context.Context, request TokenRevocationRequest) (*TokenRevocationResponse, error) {
	f := newForm("revocation request")
	f.required("token", request.Token)
	f.optional("token_type_hint", request.TokenTypeHint)
	f.parameters(request.Parameters)
	return newTokenRevocationResponse(c.exchange(ctx, f, &call{
		endpoint: c.settings().revocation,
		class:    httpcall.Repeatable,
		limits:   c.settings().retry.limits(),
		body:     f.encode(nil),
	}))
}

func newTokenRevocationResponse(r Response) (*TokenRevocationResponse, error) {
	t := &TokenRevocationResponse{Response: r}
	if r.StatusCode == http.StatusOK || r.StatusCode == http.StatusNoContent {
		t.err = nil // done, even if there was something wrong with the body
	}
	return t, t.Err()
}
