// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the authentication request of OpenID Connect
// Client-Initiated Backchannel Authentication (CIBA Core section 7).

package tokenclient

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// BackchannelAuthenticationRequest asks a user, on a device of the user's own,
// to log in or to agree. Exactly one of the three hints says which user.
type BackchannelAuthenticationRequest struct {
	confidential

	// Scope is what to ask for, separated by spaces. Required; it must have openid.
	Scope string
	// ClientNotificationToken is what the server authenticates with when it calls
	// the client: a secret, at random, of at least 128 bits. It has 22 to 1024 of the
	// characters A-Z, a-z, 0-9, "-", ".", "_", "~", "+" and "/", and "=" at the end
	// (RFC 6750 section 2.1). Required in ping and push mode, useless in poll mode.
	ClientNotificationToken string
	// ACRValues are the ways to log in that would do, separated by spaces, the best
	// one first. IdentityServer knows idp:NAME and tenant:NAME. Optional.
	ACRValues string
	// LoginHintToken is a token that says which user. One hint is required.
	LoginHintToken string
	// LoginHint says which user, by a name or a number that the server knows. One
	// hint is required.
	LoginHint string
	// IDTokenHint is an ID token that the server issued for the user before. One
	// hint is required.
	IDTokenHint string
	// BindingMessage is shown on both devices, so that the user can see that they
	// belong together: a short plain text. Optional.
	BindingMessage string
	// UserCode is a secret that only the user and the server know, so that nobody
	// else can start logins. Optional; some servers need it.
	UserCode string
	// RequestedExpiry is how long the user should have to decide: whole seconds.
	// Optional; the server decides if 0.
	RequestedExpiry time.Duration
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Request is a request object, a JWT signed by the client, that has all the
	// above (CIBA Core section 7.1.1). It is sent instead: setting any other field
	// as well is an error. Optional.
	Request string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values
}

// BackchannelAuthenticationResponse has what to ask for the token with (CIBA Core
// section 7.3).
type BackchannelAuthenticationResponse struct {
	Response

	// AuthenticationRequestID is what the token is asked for with: a secret.
	AuthenticationRequestID string
	// ExpiresIn is how long the user has to decide, or 0 when the server sent no
	// readable number.
	ExpiresIn time.Duration
	// Expiry is when that time is over, counted from before the request was sent.
	// The zero time means that the server did not say.
	Expiry time.Time
	// Interval is how long to wait between two polls: what the server asks for, or
	// 5 s.
	Interval time.Duration
}

// TokenRequest returns the request to poll with.
func (b *BackchannelAuthenticationResponse) TokenRequest() BackchannelAuthenticationTokenRequest {
	return BackchannelAuthenticationTokenRequest{
		AuthenticationRequestID: b.AuthenticationRequestID, Interval: b.Interval, Expiry: b.Expiry,
	}
}

// RequestBackchannelAuthentication asks a user to log in or to agree (CIBA Core
// section 7.1), authenticated like a token request. For the results see
// [Client.RequestToken]. The next step is
// [Client.PollBackchannelAuthenticationToken].
//
// The request rings the user's phone. So it is sent again only when provably
// nothing was sent. After an error whose Outcome is [Unknown] the user may have
// been asked; nobody can get a token for that question any more.
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	scope                      missing or blank; without openid
//	client_notification_token  fewer than 22 characters without the = at the end; more than 1024; others than it may have
//	login_hint                 none of the three hints, or more than one
//	requested_expiry           negative; no whole number of seconds
//	resource                   a blank value in the list
//	request                    blank, but not empty
//	Parameters                 any beside a Request
//	the parameter's name       any other field that is set beside a Request
//
// or as in RequestToken. An answer without an auth_req_id, or with one that is
// empty or no string, is an error of [KindMalformed], besides those there. That
// expires_in or interval cannot be read is none.
func (c *Client) RequestBackchannelAuthentication(ctx context.Context, request BackchannelAuthenticationRequest) (*BackchannelAuthenticationResponse, error) {
	f := newBackchannelAuthenticationForm(request)
	return newBackchannelAuthenticationResponse(c.exchange(ctx, f, &call{
		endpoint: c.settings().backchannelAuthentication,
		perhaps:  "the user may have been asked",
		class:    httpcall.SingleUse,
		limits:   c.settings().retry.limits(),
		body:     f.encode(nil),
		bound:    true,
	}))
}

func newBackchannelAuthenticationForm(request BackchannelAuthenticationRequest) *form {
	const operation = "backchannel authentication request"
	f := newForm(operation)
	f.required("scope", request.Scope)
	if !slices.Contains(strings.Fields(request.Scope), "openid") {
		f.refuse("scope", "must have openid")
	}
	f.notificationToken(request.ClientNotificationToken)
	f.optional("acr_values", request.ACRValues)
	f.hints(request)
	f.optional("binding_message", request.BindingMessage)
	f.optional("user_code", request.UserCode)
	f.wholeSeconds("requested_expiry", request.RequestedExpiry)
	f.repeated("resource", request.Resource)
	f.optional("request", "") // it has a field
	f.parameters(request.Parameters)
	if request.Request == "" {
		return f
	}
	object := newForm(operation)
	object.required("request", request.Request)
	object.refuseBeside(f)
	return object
}

const (
	minNotificationToken = 22 // characters; fewer cannot hold 128 bits
	maxNotificationToken = 1024
)

// notificationToken adds what the server calls back with, if there is one.
func (f *form) notificationToken(token string) {
	const name = "client_notification_token"
	if token != "" {
		switch text := strings.TrimRight(token, "="); {
		case len(token) > maxNotificationToken:
			f.refuse(name, "has more than 1024 characters")
		case len(text) < minNotificationToken:
			f.refuse(name, "has fewer than 22 characters, and must have 128 random bits")
		case !isBearerToken(text):
			f.refuse(name, "has characters that a bearer token cannot have")
		}
	}
	f.optional(name, token)
}

// isBearerToken reports whether text is a bearer token, without the = at its end
// (RFC 6750 section 2.1).
func isBearerToken(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isUnreserved(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

// hints adds the hint that says which user.
func (f *form) hints(request BackchannelAuthenticationRequest) {
	given := 0
	for _, hint := range []struct{ name, value string }{
		{"login_hint_token", request.LoginHintToken},
		{"login_hint", request.LoginHint},
		{"id_token_hint", request.IDTokenHint},
	} {
		if strings.TrimSpace(hint.value) != "" {
			given++
		}
		f.optional(hint.name, hint.value)
	}
	if given != 1 {
		f.refuse("login_hint", "or login_hint_token or id_token_hint is required, exactly one of them")
	}
}

// wholeSeconds adds a duration, unless it is 0, as a positive number of seconds.
func (f *form) wholeSeconds(name string, duration time.Duration) {
	if duration < 0 || duration%time.Second != 0 {
		f.refuse(name, "must be a positive number of whole seconds")
	}
	text := ""
	if duration != 0 {
		text = strconv.FormatInt(int64(duration/time.Second), 10)
	}
	f.optional(name, text)
}

func newBackchannelAuthenticationResponse(r Response) (*BackchannelAuthenticationResponse, error) {
	b := &BackchannelAuthenticationResponse{Response: r, Interval: defaultInterval}
	b.read(b.visit)
	if strings.TrimSpace(b.AuthenticationRequestID) == "" {
		b.refuse("the body has no auth_req_id")
	}
	if b.IsError() {
		*b = BackchannelAuthenticationResponse{Response: b.Response}
	}
	return b, b.Err()
}

func (b *BackchannelAuthenticationResponse) visit(name string, value gjson.Result) {
	switch name {
	case "auth_req_id":
		b.AuthenticationRequestID, _ = jsonfield.String(value)
	case "expires_in":
		b.ExpiresIn, b.Expiry = b.lifetime(value)
	case "interval":
		b.Interval = pollInterval(value)
	}
}
