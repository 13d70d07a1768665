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
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/discovery"
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
	// Nonce ties the ID token to this login. At random by [NewAuthorizeRequest] when
	// the scope has openid; some servers refuse it otherwise.
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
	// Issuer is the issuer identifier of the server that the login is with. A Client
	// of another issuer then refuses it, so that in a program with several servers
	// none gets the code of another (RFC 9700 section 4.4.2). It is not sent.
	// Optional; that of the Client after [Client.PushAuthorization].
	Issuer string
	// Resource are the APIs that the tokens are for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Claims are the claims to ask for, as a JSON object (OpenID Connect Core
	// section 5.5). Optional.
	Claims string
	// AuthorizationDetails are what to allow in detail, as a JSON array (RFC 9396
	// section 2). Optional.
	AuthorizationDetails string
	// DPoPKeyThumbprint binds the code to a DPoP key, by its SHA-256 thumbprint (RFC
	// 9449 section 10). Default: that of Config.DPoP, if there is one.
	DPoPKeyThumbprint string
	// Parameters are sent besides, sorted by name. Optional.
	Parameters url.Values

	// Request is a request object, signed by the client (RFC 9101). It is sent
	// instead of all the above, of which only RedirectURI, State, Nonce,
	// CodeVerifier, ResponseType and Issuer may be set, to what the object has.
	// Optional.
	Request string
	// RequestURI is what [Client.PushAuthorization] got for the request. It is sent
	// instead of all the above. Optional.
	RequestURI string
	// RequestURIExpiry is when RequestURI expires. The zero time means that the
	// server did not say.
	RequestURIExpiry time.Time

	used *atomic.Bool // whether RequestURI is in an address already; nil when it does not matter
}

const responseTypeCode = "code"

// NewAuthorizeRequest returns a login with new random values for State,
// CodeVerifier and, when the scope has openid, Nonce, of 256 bits each.
func NewAuthorizeRequest(scope, redirectURI string) AuthorizeRequest {
	login := AuthorizeRequest{
		Scope: scope, RedirectURI: redirectURI, State: newRandom(), CodeVerifier: NewCodeVerifier(),
	}
	if slices.Contains(strings.Fields(scope), "openid") {
		login.Nonce = newRandom()
	}
	return login
}

// AuthorizeURL returns the address to send the user's browser to (RFC 6749
// section 4.1.1). Nothing is sent. A query that the endpoint has is kept. With a
// RequestURI or a Request, the address has nothing else but client_id.
//
// Bad input is an [*Error] of [KindRequest] with the Parameter
//
//	AuthorizeRequest.Issuer         another issuer than that of the Client
//	Config.ClientID                 missing
//	Config.Endpoints.Authorization  missing, or wrong in the metadata
//	request_uri                     missing, and the metadata wants requests pushed; one that has expired, or is in an
//	                                address already: it works once (RFC 9126 section 4)
//
// and, unless there is a RequestURI,
//
//	request                missing, and the metadata wants requests signed; then also what is certainly not signed, or
//	                       signed with an algorithm that the metadata does not have
//	redirect_uri           missing or blank
//	state                  missing or blank
//	code_verifier          not 43 to 128 of the characters A-Z a-z 0-9 - . _ ~ (not checked beside a Request)
//	max_age                negative
//	resource               a blank value in the list
//	claims                 no JSON object
//	authorization_details  no JSON array
//	Parameters             a blank name; any beside a Request
//	the parameter's name   text that is not valid UTF-8; a field that must not be set beside a Request; in Parameters:
//	                       a name that has a field, or that the library sets
func (c *Client) AuthorizeURL(request AuthorizeRequest) (string, error) {
	f := newForm("authorization request")
	f.checkIssuer(request, c.settings())
	f.needsClientID(c.settings().clientID)
	f.add("client_id", c.settings().clientID)
	if request.RequestURI != "" {
		f.requestURI(request)
	} else {
		f.checkPushed(&c.settings().metadata)
		f.authorizeParameters(request, c.settings())
	}
	address, err := c.settings().authorization.withQuery(f)
	if err == nil && request.RequestURI != "" && request.used != nil && request.used.Swap(true) {
		return "", invalid(f.operation, "request_uri", "is in an address already, and works once; push the request again")
	}
	return address, err
}

// withQuery returns the address with a form as its query.
func (e endpoint) withQuery(f *form) (string, error) {
	if err := f.checkFor(e); err != nil {
		return "", err
	}
	address := *e.url
	query := []string{address.RawQuery, string(f.encode(nil))}
	address.RawQuery = strings.Trim(strings.Join(query, "&"), "&")
	return address.String(), nil
}

// checkIssuer refuses a login with another server.
func (f *form) checkIssuer(request AuthorizeRequest, s *settings) {
	if request.Issuer != "" && request.Issuer != s.issuer {
		f.refuse("AuthorizeRequest.Issuer", "is not that of the Client: the login is with another server")
	}
}

func (f *form) requestURI(request AuthorizeRequest) {
	f.required("request_uri", request.RequestURI)
	if !request.RequestURIExpiry.IsZero() && !time.Now().Before(request.RequestURIExpiry) {
		f.refuse("request_uri", "has expired; push the request again")
	}
}

// authorizeParameters adds what a request consists of, but for client_id.
func (f *form) authorizeParameters(request AuthorizeRequest, s *settings) {
	if request.Request != "" {
		f.requestObject(request, &s.metadata)
		return
	}
	if isTrue(s.metadata.RequireSignedRequestObject) {
		f.refuse("request", "is required: the server wants authorization requests signed (RFC 9101)")
	}
	f.loginParameters(request, s.dpop.thumbprint())
}

// loginParameters adds the fields of a request that has no request object.
func (f *form) loginParameters(request AuthorizeRequest, thumbprint string) {
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
	f.optional("max_age", maxAge(request.MaxAge))
	if request.MaxAge != nil && *request.MaxAge < 0 {
		f.refuse("max_age", "is negative")
	}
	f.optional("ui_locales", request.UILocales)
	f.optional("id_token_hint", request.IDTokenHint)
	f.repeated("resource", request.Resource)
	f.optionalJSON("claims", request.Claims, "{")
	f.optionalJSON("authorization_details", request.AuthorizationDetails, "[")
	f.optional("dpop_jkt", cmp.Or(request.DPoPKeyThumbprint, thumbprint))
	f.optional("request", "")
	f.optional("request_uri", "")
	f.parameters(request.Parameters)
}

func (f *form) needsClientID(id string) {
	if id == "" {
		f.refuse("Config.ClientID", "is required")
	}
}

func maxAge(seconds *int) string {
	if seconds == nil {
		return ""
	}
	return strconv.Itoa(*seconds)
}

// optionalJSON adds a parameter that is JSON and starts with a character.
func (f *form) optionalJSON(name, value, start string) {
	if strings.TrimSpace(value) != "" && (!gjson.Valid(value) || !strings.HasPrefix(strings.TrimSpace(value), start)) {
		f.refuse(name, "is not JSON that starts with "+start)
	}
	f.optional(name, value)
}

// checkPushed refuses a request in the open where the server wants it pushed.
func (f *form) checkPushed(m *discovery.Metadata) {
	if isTrue(m.RequirePushedAuthorizationRequests) {
		f.refuse("request_uri", "is required: the server wants authorization requests pushed; see PushAuthorization (RFC 9126)")
	}
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

func (f *form) codeChallenge(verifier string) {
	if err := checkCodeVerifier(verifier); err != nil {
		f.refuse("code_verifier", err.Error()+"; NewAuthorizeRequest makes one")
	}
	f.add("code_challenge", CodeChallenge(verifier))
	f.add("code_challenge_method", "S256")
	f.remembered("code_verifier", verifier)
}
