// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// storedToken is the stored form of a Token.
type storedToken struct {
	AccessToken string    `json:"access_token"`
	Type        string    `json:"token_type,omitempty"`
	Expiry      time.Time `json:"expiry,omitzero"`
}

// EncodeToken returns the form in which a token is stored: a JSON object with
// the access token in clear. Keep it where secrets are kept. The zero Token is an
// error.
func EncodeToken(t Token) ([]byte, error) {
	if t.AccessToken() == "" {
		return nil, errors.New("tokenclient: the token to encode is empty")
	}
	return json.Marshal(storedToken{t.AccessToken(), t.Type, t.Expiry.Round(0).UTC()}) //nolint:gosec // storing it is the purpose
}

// DecodeToken returns the token that [EncodeToken] has made data from. Its errors
// do not quote data.
func DecodeToken(data []byte) (Token, error) {
	var stored storedToken
	if err := json.Unmarshal(data, &stored); err != nil {
		return Token{}, errors.New("tokenclient: the stored token is not what EncodeToken returns")
	}
	if strings.TrimSpace(stored.AccessToken) == "" {
		return Token{}, errors.New("tokenclient: the stored token is empty")
	}
	return NewToken(stored.AccessToken, stored.Type, stored.Expiry), nil
}

// storedAuthorizeRequest is the stored form of an AuthorizeRequest. Its fields
// are those of that type, in order.
type storedAuthorizeRequest struct {
	Scope                string     `json:"scope,omitempty"`
	RedirectURI          string     `json:"redirect_uri"`
	State                string     `json:"state"`
	Nonce                string     `json:"nonce,omitempty"`
	CodeVerifier         string     `json:"code_verifier"`
	ResponseType         string     `json:"response_type,omitempty"`
	ResponseMode         string     `json:"response_mode,omitempty"`
	LoginHint            string     `json:"login_hint,omitempty"`
	ACRValues            string     `json:"acr_values,omitempty"`
	Prompt               string     `json:"prompt,omitempty"`
	Display              string     `json:"display,omitempty"`
	MaxAge               *int       `json:"max_age,omitempty"`
	UILocales            string     `json:"ui_locales,omitempty"`
	IDTokenHint          string     `json:"id_token_hint,omitempty"`
	Issuer               string     `json:"issuer,omitempty"`
	Resource             []string   `json:"resource,omitempty"`
	Claims               string     `json:"claims,omitempty"`
	AuthorizationDetails string     `json:"authorization_details,omitempty"`
	DPoPKeyThumbprint    string     `json:"dpop_jkt,omitempty"`
	Parameters           url.Values `json:"parameters,omitempty"`
	Request              string     `json:"request,omitempty"`
	RequestURI           string     `json:"request_uri,omitempty"`
	RequestURIExpiry     time.Time  `json:"request_uri_expiry,omitzero"`
	RequestURIUsed       *bool      `json:"request_uri_used,omitempty"` // nil when it may be used again
}

// EncodeAuthorizeRequest returns the form in which a login is kept while the user
// is away: a JSON object with the code verifier in clear. Keep it where the user
// cannot read it, or encrypt it.
func EncodeAuthorizeRequest(r AuthorizeRequest) ([]byte, error) {
	var used *bool
	if r.used != nil {
		used = new(bool)
		*used = r.used.Load()
	}
	return json.Marshal(storedAuthorizeRequest{
		Scope: r.Scope, RedirectURI: r.RedirectURI, State: r.State, Nonce: r.Nonce, CodeVerifier: r.CodeVerifier,
		ResponseType: r.ResponseType, ResponseMode: r.ResponseMode, LoginHint: r.LoginHint, ACRValues: r.ACRValues,
		Prompt: r.Prompt, Display: r.Display, MaxAge: r.MaxAge, UILocales: r.UILocales, IDTokenHint: r.IDTokenHint,
		Issuer: r.Issuer, Resource: r.Resource, Claims: r.Claims, AuthorizationDetails: r.AuthorizationDetails,
		DPoPKeyThumbprint: r.DPoPKeyThumbprint, Parameters: r.Parameters, Request: r.Request, RequestURI: r.RequestURI,
		RequestURIExpiry: r.RequestURIExpiry.Round(0).UTC(), RequestURIUsed: used,
	})
}

// DecodeAuthorizeRequest returns the login that [EncodeAuthorizeRequest] has made
// data from. Whether its RequestURI is in an address already is as it was when it
// was stored. Its errors do not quote data.
func DecodeAuthorizeRequest(data []byte) (AuthorizeRequest, error) {
	var s storedAuthorizeRequest
	if err := json.Unmarshal(data, &s); err != nil || s.State == "" {
		return AuthorizeRequest{}, errors.New("tokenclient: the stored login is not what EncodeAuthorizeRequest returns")
	}
	var used *atomic.Bool
	if s.RequestURIUsed != nil {
		used = new(atomic.Bool)
		used.Store(*s.RequestURIUsed)
	}
	return AuthorizeRequest{
		Scope: s.Scope, RedirectURI: s.RedirectURI, State: s.State, Nonce: s.Nonce, CodeVerifier: s.CodeVerifier,
		ResponseType: s.ResponseType, ResponseMode: s.ResponseMode, LoginHint: s.LoginHint, ACRValues: s.ACRValues,
		Prompt: s.Prompt, Display: s.Display, MaxAge: s.MaxAge, UILocales: s.UILocales, IDTokenHint: s.IDTokenHint,
		Issuer: s.Issuer, Resource: s.Resource, Claims: s.Claims, AuthorizationDetails: s.AuthorizationDetails,
		DPoPKeyThumbprint: s.DPoPKeyThumbprint, Parameters: s.Parameters, Request: s.Request, RequestURI: s.RequestURI,
		RequestURIExpiry: s.RequestURIExpiry, used: used,
	}, nil
}
