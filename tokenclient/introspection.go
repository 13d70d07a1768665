// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Token Introspection (RFC 7662) and JWT Response for Token
// Introspection (RFC 9701).

package tokenclient

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// TokenIntrospectionRequest asks what a token is worth.
type TokenIntrospectionRequest struct {
	confidential

	// Token is the access token or refresh token. Required.
	Token string
	// TokenTypeHint is where the server looks first, such as
	// [TokenTypeHintAccessToken]. Optional.
	TokenTypeHint string
	// RequireSigned asks for a signed JWT (RFC 9701 section 4), and refuses any other
	// answer. It needs Config.Keys, an issuer and Config.ClientID. Optional. Default:
	// JSON is asked for; a signed JWT that comes nevertheless is verified too.
	RequireSigned bool
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// TokenIntrospectionResponse says what a token is worth (RFC 7662 section 2.2). Of
// a signed answer, Raw is the JWT, and JSON and Field are of the object that it
// holds.
type TokenIntrospectionResponse struct {
	Response

	// Active says that the token is good. When it is false, which is also what it is
	// when IsError is true, all of the fields below are empty.
	Active bool
	// Scopes are the scopes of the token.
	Scopes []string
	// ClientID is the client that the token was issued to.
	ClientID string
	// Username is a readable name of the user.
	Username string
	// TokenType is how the token is used, such as Bearer.
	TokenType string
	// Subject is the user, or the client, that the token is about.
	Subject string
	// Issuer is the server that has issued the token.
	Issuer string
	// JWTID identifies the token.
	JWTID string
	// Audiences are the APIs that the token is for.
	Audiences []string
	// Expiry is when the token expires. The zero time means that the server did not
	// say; the last second of the year 9999 means then or later.
	Expiry time.Time
	// IssuedAt is when the token was issued, or the zero time.
	IssuedAt time.Time
	// NotBefore is when the token begins to be good, or the zero time.
	NotBefore time.Time
	// Claims are all the members, flattened: one claim for each, one for each element
	// of an array, and last one for each scope.
	Claims []Claim

	hasActive bool
	problem   string // what is wrong with a member; does not matter when the token is not active
}

const mediaTypeIntrospectionJWT = "application/token-introspection+jwt"

// IntrospectToken asks the server what a token is worth (RFC 7662 section 2.1),
// authenticated like a token request. The request may be sent again; see [Retry].
// For the results see [Client.RequestToken].
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	token                                        missing or blank
//	Config.Keys, Config.Issuer, Config.ClientID  missing, also in the metadata, with RequireSigned
//
// or as in RequestToken. A token that is not active is no error. Everything that
// keeps the server from saying what the token is worth is one, and Active is false
// then: besides the answers in RequestToken
//
//	KindMalformed  no active, or one that is no boolean
//	               of an active token, a member of a wrong type, such as an exp that is no date
//	KindPolicy     anything but a signed answer (RFC 9701 section 5), with RequireSigned
//
// and of the signed ones
//
//	KindMalformed  no JWT; one without a signature; an encrypted one
//	               no token_introspection, or one that is no object
//	KindPolicy     any, without Config.Keys, an issuer or Config.ClientID
//	               a typ other than token-introspection+jwt; a header with crit
//	               a signature by none of the keys; an algorithm that is symmetric, or not in the metadata's list
//	               no iss, or not the issuer; no aud, or one without the client's identifier
//	               no iat, or one in the future; an nbf in the future, and an exp in the past
//	KindTransport  any, when the keys did not come
func (c *Client) IntrospectToken(ctx context.Context, request TokenIntrospectionRequest) (*TokenIntrospectionResponse, error) {
	f := newForm("introspection request")
	f.required("token", request.Token)
	f.optional("token_type_hint", request.TokenTypeHint)
	f.parameters(request.Parameters)
	want := signature{
		mediaType:  mediaTypeIntrospectionJWT,
		required:   request.RequireSigned,
		types:      []string{"token-introspection+jwt"},
		algorithms: c.settings().metadata.IntrospectionSigningAlgValuesSupported,
		claims:     []string{"iss", "aud", "iat"},
	}
	k := &call{
		endpoint: c.settings().introspection,
		class:    httpcall.Repeatable,
		limits:   c.settings().retry.limits(),
		body:     f.encode(nil),
	}
	if want.required {
		f.needsVerification(c.settings(), want)
		k.accept = want.mediaType
	}
	response := c.exchange(ctx, f, k)
	if payload := c.open(ctx, &response, want); payload != "" {
		response.openIntrospection(payload)
	}
	return newTokenIntrospectionResponse(response)
}

// openIntrospection takes what a verified JWT says about the token (RFC 9701
// section 5).
func (r *Response) openIntrospection(payload string) {
	inner := jsonfield.Find(payload, "token_introspection")
	if !inner.IsObject() {
		r.err = r.malformed("the JWT has no token_introspection that is an object")
		return
	}
	r.call.object = inner.Raw
}

func newTokenIntrospectionResponse(r Response) (*TokenIntrospectionResponse, error) {
	t := &TokenIntrospectionResponse{Response: r}
	t.read(t.visit)
	switch {
	case !t.hasActive:
		t.refuse("the body has no active that is a boolean")
	case t.Active && t.problem != "":
		t.refuse(t.problem)
	}
	if t.IsError() || !t.Active { // whoever does not look must not find a scope
		*t = TokenIntrospectionResponse{Response: t.Response}
		return t, t.Err()
	}
	t.Claims = flatten(t.object(), "scope")
	for _, scope := range t.Scopes {
		t.Claims = append(t.Claims, Claim{"scope", scope})
	}
	return t, nil
}

func (t *TokenIntrospectionResponse) visit(name string, value gjson.Result) {
	ok := true
	switch name {
	case "active":
		t.Active, t.hasActive = value.Type == gjson.True, value.IsBool()
		return
	case "scope":
		var scope string
		scope, ok = jsonfield.Words(value)
		t.Scopes = strings.Fields(scope)
	case "client_id":
		t.ClientID, ok = jsonfield.String(value)
	case "username":
		t.Username, ok = jsonfield.String(value)
	case "token_type":
		t.TokenType, ok = jsonfield.String(value)
	case "sub":
		t.Subject, ok = jsonfield.String(value)
	case "iss":
		t.Issuer, ok = jsonfield.String(value)
	case "jti":
		t.JWTID, ok = jsonfield.String(value)
	case "aud":
		t.Audiences, ok = audience(value)
	case "exp":
		t.Expiry, ok = numericDate(value)
	case "iat":
		t.IssuedAt, ok = numericDate(value)
	case "nbf":
		t.NotBefore, ok = numericDate(value)
	}
	if !ok && !jsonfield.Absent(value) && t.problem == "" {
		t.problem = "the member " + name + " of an active token has a wrong type or value"
	}
}
