// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Token Exchange (RFC 8693).

package tokenclient

import (
	"context"
	"net/url"
	"strings"
)

// TokenExchangeTokenRequest trades one token for another.
type TokenExchangeTokenRequest struct {
	confidential

	// SubjectToken is the token of the party on whose behalf the request is made.
	// Required.
	SubjectToken string
	// SubjectTokenType says what SubjectToken is, such as
	// [TokenTypeIdentifierAccessToken]. Required.
	SubjectTokenType string
	// Resource are the APIs that the new token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Audience are the services that the new token is for, by the names that the
	// server has for them. Optional.
	Audience []string
	// Scope is what to ask for, separated by spaces. Optional.
	Scope string
	// RequestedTokenType says what the new token should be, such as
	// [TokenTypeIdentifierJWT]. Optional; the server decides if blank.
	RequestedTokenType string
	// ActorToken is the token of the party that acts on behalf of the subject.
	// Optional.
	ActorToken string
	// ActorTokenType says what ActorToken is. Required with ActorToken, and an error
	// without it.
	ActorTokenType string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// RequestTokenExchangeToken trades one token for another: to act for a user
// towards the next service, or for a token of another type, scope or audience
// (RFC 8693 section 2.1). For the results see [Client.RequestToken]. When the
// server does not let the client have a token for the Resource or the Audience,
// the error is [ErrInvalidTarget].
//
// The response has the new token in AccessToken and says in IssuedTokenType what
// it is. A token that is no access token has the TokenType
// [TokenTypeNotApplicable].
//
// The request may be sent again; see [Retry]. For subject tokens that a server
// takes only once use a Client whose Retry.MaxAttempts is 1.
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	subject_token       missing or blank
//	subject_token_type  missing or blank
//	actor_token_type    missing or blank with an ActorToken; there without one
//	resource            a blank value in the list
//	audience            a blank value in the list
//
// or as in RequestToken. An answer without an issued_token_type, or with one that
// is empty or no string, is an error of [KindMalformed], besides those there.
func (c *Client) RequestTokenExchangeToken(ctx context.Context, request TokenExchangeTokenRequest) (*TokenResponse, error) {
	f := newGrantForm(GrantTypeTokenExchange, "token exchange request")
	f.required("subject_token", request.SubjectToken)
	f.required("subject_token_type", request.SubjectTokenType)
	f.repeated("resource", request.Resource)
	f.repeated("audience", request.Audience)
	f.optional("scope", request.Scope)
	f.optional("requested_token_type", request.RequestedTokenType)
	f.actor(request.ActorToken, request.ActorTokenType)
	f.parameters(request.Parameters)
	response, _ := c.requestToken(ctx, f, classOf(GrantTypeTokenExchange), c.settings().retry.limits())
	return response.withIssuedTokenType()
}

// actor adds the actor's token and its type, which go together.
func (f *form) actor(token, tokenType string) {
	hasToken, hasType := strings.TrimSpace(token) != "", strings.TrimSpace(tokenType) != ""
	switch {
	case hasToken && !hasType:
		f.refuse("actor_token_type", "is required with actor_token")
	case hasType && !hasToken:
		f.refuse("actor_token_type", "cannot be set without actor_token")
	}
	f.optional("actor_token", token)
	f.optional("actor_token_type", tokenType)
}
