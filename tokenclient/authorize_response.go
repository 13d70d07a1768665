// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the authorization response (RFC 6749 section 4.1.2) with
// the issuer's identification (RFC 9207).

package tokenclient

import (
	"cmp"
	"crypto/subtle"
	"net/url"
	"strings"
)

// AuthorizeResponse is what a user comes back with after a login. It prints as
// [redacted].
type AuthorizeResponse struct {
	confidential

	// Code is the authorization code: a secret that works once.
	Code string
	// Issuer is the issuer identifier that the server sent (RFC 9207), or empty.
	Issuer string
	// Values are all the parameters of the answer.
	Values url.Values

	request *AuthorizationCodeTokenRequest // behind a pointer: fmt does not follow it
}

// TokenRequest returns the request that redeems the code, with the redirect URI,
// the code verifier and the resources of the login.
func (a *AuthorizeResponse) TokenRequest() AuthorizationCodeTokenRequest {
	if a.request == nil {
		return AuthorizationCodeTokenRequest{}
	}
	return *a.request
}

// ParseAuthorizeResponse reads what a user comes back with: the query of the
// redirect, its fragment, or the form that was posted, as values. It compares it
// with the login that was sent, and sends nothing.
//
// An error response to this login is an [*Error] of [KindProtocol] with its code.
// These answers are an [*Error] of [KindPolicy]. They are looked for in this order,
// the last three when there is no error response:
//
//	two values of iss, state, error, code, response, id_token or access_token
//	an answer to a login whose Issuer is not that of the Client
//	no iss, and the metadata says that the server sends it (RFC 9207 section 2.4)
//	an iss that is not the issuer, when that is known
//	a state that is not the one of the login; a login without State
//	an error that is no error code
//	an access_token, token or id_token, when the ResponseType is code
//	no code, or an empty one, when the ResponseType has code
//	a code with a control character, or with what is not ASCII
func (c *Client) ParseAuthorizeResponse(values url.Values, sent AuthorizeRequest) (*AuthorizeResponse, error) {
	if err := c.checkAuthorizeResponse(values, sent); err != nil {
		return nil, err
	}
	response := &AuthorizeResponse{Code: values.Get("code"), Issuer: values.Get("iss"), Values: copyValues(values)}
	response.request = &AuthorizationCodeTokenRequest{
		Code: response.Code, RedirectURI: sent.RedirectURI, CodeVerifier: sent.CodeVerifier, Resource: sent.Resource,
	}
	return response, nil
}

func (c *Client) checkAuthorizeResponse(values url.Values, sent AuthorizeRequest) error {
	for _, name := range []string{"iss", "state", "error", "code", "response", "id_token", "access_token"} {
		if len(values[name]) > 1 {
			return refusedCallback("it has more than one " + name)
		}
	}
	if sent.Issuer != "" && sent.Issuer != c.settings().issuer {
		return refusedCallback("the login is with another server: its Issuer is not that of the Client")
	}
	if !values.Has("iss") && isTrue(c.settings().metadata.AuthorizationResponseIssParameterSupported) {
		return refusedCallback("it has no iss, which the server always sends: it comes from another server")
	}
	if values.Has("iss") && c.settings().issuer != "" && values.Get("iss") != c.settings().issuer {
		return refusedCallback("its iss is not Config.Issuer: it comes from another server")
	}
	if sent.State == "" || subtle.ConstantTimeCompare([]byte(values.Get("state")), []byte(sent.State)) != 1 {
		return refusedCallback("its state is not the one that was sent: it does not belong to this login")
	}
	if values.Has("error") {
		return newCallbackError(values, sent)
	}
	return checkCode(values, cmp.Or(sent.ResponseType, responseTypeCode))
}

func checkCode(values url.Values, responseType string) error {
	if responseType == responseTypeCode {
		for _, name := range []string{"access_token", "token", "id_token"} {
			if values.Has(name) {
				return refusedCallback("it has a " + name + ", which was not asked for")
			}
		}
	}
	code := values.Get("code")
	if code == "" && strings.Contains(" "+responseType+" ", " "+responseTypeCode+" ") {
		return refusedCallback("it has neither code nor error")
	}
	if strings.ContainsFunc(code, isNotVisible) {
		return refusedCallback("its code has characters that no code can have")
	}
	return nil
}

const operationCallback = "authorization response"

func refusedCallback(detail string) *Error {
	return &Error{Kind: KindPolicy, Outcome: Final, Operation: operationCallback, detail: detail, advice: "start a new login"}
}

// newCallbackError makes the error of an error response (RFC 6749 section
// 4.1.2.1).
func newCallbackError(values url.Values, sent AuthorizeRequest) *Error {
	secrets := url.Values{"state": {sent.State}, "nonce": {sent.Nonce}, "code_verifier": {sent.CodeVerifier}}
	login := &call{sentBody: []byte(secrets.Encode())}
	code := errorCode(values.Get("error"), login)
	if code == "" {
		return refusedCallback("its error is not an error code")
	}
	return &Error{
		Kind: KindProtocol, Outcome: Final, Operation: operationCallback, Code: code,
		Description: describe(values.Get("error_description"), login),
		URI:         webAddress(values.Get("error_uri"), login),
	}
}
