// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Pushed Authorization Requests (RFC 9126).

package tokenclient

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// PushedAuthorizationResponse has what stands for a pushed login (RFC 9126
// section 2.2).
type PushedAuthorizationResponse struct {
	Response

	// RequestURI stands for the request. It works once, and for this client.
	RequestURI string
	// ExpiresIn is how long RequestURI works. It is 0 when the server sent 0, or no
	// readable number; Expiry tells those apart.
	ExpiresIn time.Duration
	// Expiry is when RequestURI expires, counted from before the request was sent.
	// The zero time means that the server did not say.
	Expiry time.Time

	sent *AuthorizeRequest // behind a pointer: fmt does not follow it
}

// AuthorizeRequest returns the login that was pushed, with the RequestURI: the
// next step is [Client.AuthorizeURL]. It is the zero value when IsError is true.
func (p *PushedAuthorizationResponse) AuthorizeRequest() AuthorizeRequest {
	if p.sent == nil {
		return AuthorizeRequest{}
	}
	return *p.sent
}

// PushAuthorization sends a login to the server directly (RFC 9126 section 2),
// authenticated like a token request, so that nobody can read or change it in
// the user's browser. client_id is in the body however the client authenticates.
// The request may be sent again; see [Retry]. For the results see
// [Client.RequestToken]. The next step is [Client.AuthorizeURL] with the
// response's AuthorizeRequest.
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	AuthorizeRequest.Issuer  another issuer than that of the Client
//	Config.ClientID          missing
//	request_uri              there: what was pushed is not pushed again
//
// or as in RequestToken and in the second table of AuthorizeURL. The status of a
// success is 201. An answer without a request_uri, or with one that is blank or no
// string, is an error of [KindMalformed], besides those in RequestToken. That
// expires_in cannot be read is none.
func (c *Client) PushAuthorization(ctx context.Context, request AuthorizeRequest) (*PushedAuthorizationResponse, error) {
	f := newForm("pushed authorization request")
	f.checkIssuer(request, c.settings())
	request.Issuer = c.settings().issuer
	if request.RequestURI != "" {
		f.refuse("request_uri", "cannot be pushed")
	}
	f.needsClientID(c.settings().clientID)
	f.authorizeParameters(request, c.settings())
	return newPushedAuthorizationResponse(c.exchange(ctx, f, &call{
		endpoint:     c.settings().pushedAuthorization,
		class:        httpcall.Repeatable,
		limits:       c.settings().retry.limits(),
		body:         f.encode(nil),
		withClientID: true,
		bound:        true,
		success:      http.StatusCreated,
	}), request)
}

func newPushedAuthorizationResponse(r Response, sent AuthorizeRequest) (*PushedAuthorizationResponse, error) {
	p := &PushedAuthorizationResponse{Response: r}
	p.read(p.visit)
	if strings.TrimSpace(p.RequestURI) == "" {
		p.refuse("the body has no request_uri")
	}
	if p.IsError() {
		*p = PushedAuthorizationResponse{Response: p.Response}
		return p, p.Err()
	}
	sent.RequestURI, sent.RequestURIExpiry, sent.used = p.RequestURI, p.Expiry, new(atomic.Bool)
	p.sent = &sent
	return p, nil
}

func (p *PushedAuthorizationResponse) visit(name string, value gjson.Result) {
	switch name {
	case "request_uri":
		p.RequestURI, _ = jsonfield.String(value)
	case "expires_in":
		p.ExpiresIn, p.Expiry = p.lifetime(value)
	}
}
