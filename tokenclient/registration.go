// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Dynamic Client Registration (RFC 7591).

package tokenclient

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// ClientRegistrationRequest asks a server to register a client.
type ClientRegistrationRequest struct {
	confidential

	// InitialAccessToken allows to register a client (RFC 7591 section 3). It is
	// sent as a Bearer token. Optional: open servers want none.
	InitialAccessToken string
	// Registration is what the client asks to be registered with. Required by most
	// servers, in part.
	Registration ClientRegistration
}

// ClientRegistrationResponse is a registered client (RFC 7591 section 3.2.1, RFC
// 7592 section 3). Store it: the secrets in it are told once.
type ClientRegistrationResponse struct {
	Response

	// ClientID is the identifier of the client. It is there when IsError is false.
	ClientID string
	// ClientSecret is the secret of the client. Empty when the server issued none.
	ClientSecret string
	// ClientIDIssuedAt is when the identifier was issued. The zero time means that
	// the server did not say.
	ClientIDIssuedAt time.Time
	// ClientSecretExpiresAt is when the secret expires. The zero time means never;
	// a server must say so when it issues a secret.
	ClientSecretExpiresAt time.Time
	// RegistrationAccessToken is what the client manages its registration with: a
	// secret. Empty when the server does not offer that. In answer to ReadClient
	// and UpdateClient it is the one to use from now on: the new one if the server
	// sent one, which makes the old one invalid, otherwise the one that was used.
	RegistrationAccessToken string
	// RegistrationClientURI is where the client manages its registration. Empty,
	// new or as before in the same way.
	RegistrationClientURI string
	// Registration is what the server has registered, which may be other than what
	// was asked for. A field whose member has an unexpected type is zero; Field has
	// it.
	Registration ClientRegistration

	unread []string // members that have a field and an unexpected type
}

// RegisterClient registers a client (RFC 7591 section 3). Nothing of the Config's
// client authentication is sent, so a Config without ClientID and Auth will do.
// For the results see [Client.RequestToken].
//
// A registration is sent again only when provably nothing was sent, see [Retry]:
// a second one would make a second client. When the Outcome is Unknown, or the
// Kind is KindMalformed, there may be a client that nobody knows.
//
// What is not sent is an error of KindRequest with the Parameter
//
//	InitialAccessToken  a token with a space, a control character or what is not ASCII
//	jwks                what is no set of keys; a key that is not public; jwks_uri besides it
//	Extensions          a name that has a field or is no metadata; a value that is no JSON
//	the member's name   text that is not valid UTF-8
//
// and these answers are errors of KindMalformed; Raw and Field have what came:
//
//	a success other than status 201
//	a body that is not one JSON object, or has two members of one name
//	no client_id, or one that is no string or empty
//	a client_secret that is no string
//	a client_secret without the number client_secret_expires_at (0 = never)
func (c *Client) RegisterClient(ctx context.Context, request ClientRegistrationRequest) (*ClientRegistrationResponse, error) {
	f := newForm("client registration request")
	body := f.encodeRegistration(request.Registration)
	if !fitsHeader(request.InitialAccessToken) {
		f.refuse("InitialAccessToken", "has characters that no token can have")
	}
	return newClientRegistrationResponse(c.exchange(ctx, f, &call{
		endpoint:    c.settings().registration,
		class:       httpcall.SingleUse,
		limits:      c.settings().retry.limits(),
		contentType: mediaTypeJSON,
		body:        body,
		auth:        bearer(request.InitialAccessToken),
		success:     http.StatusCreated,
		perhaps:     "the client may be registered",
	}), "")
}

// bearer returns a token as the only credential (RFC 6750 section 2.1); an empty
// one is none at all.
func bearer(token string) presented {
	if token == "" {
		return func() string { return "" }
	}
	return func() string { return TokenTypeBearer + " " + token }
}

// encodeRegistration returns the JSON form to be sent, after the members that come
// before it.
func (f *form) encodeRegistration(r ClientRegistration, before ...registrationMember) []byte {
	body, problem := r.encode(before...)
	if problem == nil {
		problem = r.problem()
	}
	if problem != nil {
		f.refuse(problem.member, problem.problem)
	}
	return body
}

// newClientRegistrationResponse reads an answer. An empty clientID is any.
func newClientRegistrationResponse(r Response, clientID string) (*ClientRegistrationResponse, error) {
	d := &ClientRegistrationResponse{Response: r}
	fields := d.Registration.fields()
	expires := false
	d.read(func(name string, value gjson.Result) {
		switch name {
		case "client_id":
			d.ClientID, _ = jsonfield.String(value)
		case "client_secret":
			d.ClientSecret = d.clientSecret(value)
		case "client_id_issued_at":
			d.ClientIDIssuedAt, _ = dateOrNever(value)
		case "client_secret_expires_at":
			d.ClientSecretExpiresAt, expires = dateOrNever(value)
		case "registration_access_token":
			d.RegistrationAccessToken, _ = jsonfield.String(value)
		case "registration_client_uri":
			d.RegistrationClientURI, _ = jsonfield.String(value)
		default:
			if !d.Registration.set(fields, name, value) { // Field has it
				d.unread = append(d.unread, name)
			}
		}
	})
	switch {
	case strings.TrimSpace(d.ClientID) == "":
		d.refuse("the body has no client_id")
	case clientID != "" && d.ClientID != clientID:
		d.refuse("the client_id is another one than that of the request")
	case d.ClientSecret != "" && !expires:
		d.refuse("the body has a client_secret, but no number client_secret_expires_at")
	}
	if d.IsError() { // whoever does not look must not find a client
		*d = ClientRegistrationResponse{Response: d.Response}
	}
	return d, d.Err()
}

// clientSecret returns the secret, if there is one. That it cannot be read must
// not look as if there were none.
func (d *ClientRegistrationResponse) clientSecret(value gjson.Result) string {
	secret, ok := jsonfield.String(value)
	if !ok && !jsonfield.Absent(value) {
		d.refuse("the member client_secret is not a string")
	}
	return secret
}

// dateOrNever is numericDate for what must be a JSON number, and of which 0 is the
// zero time.
func dateOrNever(value gjson.Result) (date time.Time, ok bool) {
	if value.Type != gjson.Number {
		return time.Time{}, false
	}
	if date, ok = numericDate(value); value.Num < 1 {
		return time.Time{}, ok
	}
	return date, ok
}
