// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the UserInfo endpoint (OpenID Connect Core section 5.3).

package tokenclient

import (
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// UserInfoRequest asks for the claims about the user who has logged in.
type UserInfoRequest struct {
	confidential

	// AccessToken is the user's access token, with the scope openid. It is the only
	// credential: the client does not authenticate. Required.
	AccessToken string
	// TokenType is the type of the access token, as the server gave it: Bearer or
	// DPoP, in any case. Default: DPoP for a client with Config.DPoP, and Bearer for
	// the others.
	TokenType string
	// Subject is the sub of the validated ID token. Claims about anybody else are
	// refused (OpenID Connect Core section 5.3.2). Required, unless AllowAnySubject
	// is set.
	Subject string
	// AllowAnySubject does without Subject. Danger: an access token that was swapped
	// for another user's makes the program take one user for the other. It is for
	// programs that have no ID token. Optional.
	AllowAnySubject bool
	// RequireSigned refuses an answer that is not a signed JWT, which is what clients
	// registered with userinfo_signed_response_alg get. It needs Config.Keys.
	// Optional. Default: JSON is read, and a signed JWT is verified.
	RequireSigned bool
	// Parameters are sent as a form, sorted by name, in a POST instead of a GET.
	// Optional.
	Parameters url.Values
}

// UserInfoResponse has the claims about a user (OpenID Connect Core section 5.3.2).
// Of a signed answer, Raw is the JWT, and JSON and Field are of its payload.
type UserInfoResponse struct {
	Response

	// Subject is the sub: the identifier of the user at this server.
	Subject string
	// Claims are all the members, flattened: one claim for each, and one for each
	// element of an array. Response.Field has a member as it is.
	Claims []Claim
}

const (
	mediaTypeJSON = "application/json"
	mediaTypeJWT  = "application/jwt"
)

// GetUserInfo asks for the claims about the user whose access token it is (OpenID
// Connect Core section 5.3.1), which is sent in the Authorization header. The
// request may be sent again; see [Retry]. For the results see
// [Client.RequestToken].
//
// What is not sent is an error of [KindRequest] with the Parameter
//
//	access_token  missing or blank; a space, a control character or what is not ASCII
//	Subject       missing, without AllowAnySubject
//	TokenType     neither Bearer nor DPoP; DPoP without a Config.DPoP
//	Config.Keys   missing, also in the metadata, with RequireSigned
//
// or as in RequestToken. An access token that is not good any more is
// [ErrInvalidToken]. Besides the answers in RequestToken, these are errors, and
// there are no claims:
//
//	KindPolicy  no sub, or one that is empty or no string; another sub than the Subject
//	            anything but a signed answer, with RequireSigned
//
// and of the signed ones
//
//	KindMalformed  no JWT; one without a signature; an encrypted one
//	KindPolicy     any, without Config.Keys
//	               a typ, if there is one, other than JWT; a header with crit
//	               a signature by none of the keys; an algorithm that is symmetric, or not in the metadata's list
//	               if it is there: an iss that is not the issuer, an aud without the client's identifier, an exp in the past,
//	               an nbf or iat in the future
//	KindTransport  any, when the keys did not come
func (c *Client) GetUserInfo(ctx context.Context, request UserInfoRequest) (*UserInfoResponse, error) {
	want := signature{
		mediaType:  mediaTypeJWT,
		required:   request.RequireSigned,
		types:      []string{"", "JWT"},
		algorithms: c.settings().metadata.UserInfoSigningAlgValuesSupported,
	}
	f := c.newUserInfoForm(request, want)
	scheme := c.settings().scheme(request.TokenType)
	if scheme == "" {
		f.refuse("TokenType", "is neither Bearer nor DPoP with a Config.DPoP")
	}
	k := &call{
		endpoint:    c.settings().userInfo,
		class:       httpcall.Repeatable,
		limits:      c.settings().retry.limits(),
		method:      http.MethodGet,
		accept:      mediaTypeJSON + ", " + mediaTypeJWT,
		auth:        presented(func() string { return scheme + " " + request.AccessToken }),
		accessToken: request.AccessToken,
		bound:       scheme == TokenTypeDPoP,
	}
	if want.required {
		k.accept = want.mediaType
	}
	if len(request.Parameters) > 0 {
		k.method, k.body = http.MethodPost, f.encode(nil)
	}
	response := c.exchange(ctx, f, k)
	k.object = c.open(ctx, &response, want)
	return newUserInfoResponse(response, request.Subject)
}

func (c *Client) newUserInfoForm(request UserInfoRequest, want signature) *form {
	f := newForm("userinfo request")
	f.remembered("access_token", request.AccessToken)
	if !fitsHeader(request.AccessToken) {
		f.refuse("access_token", "has characters that no token in a header can have")
	}
	if request.Subject == "" && !request.AllowAnySubject {
		f.refuse("Subject", "is required: it is the sub of the ID token; AllowAnySubject does without")
	}
	if want.required {
		f.needsVerification(c.settings(), want)
	}
	f.parameters(request.Parameters)
	return f
}

func newUserInfoResponse(r Response, subject string) (*UserInfoResponse, error) {
	u := &UserInfoResponse{Response: r}
	u.read(u.visit)
	if !u.IsError() {
		u.err = u.checkSubject(subject)
	}
	if u.IsError() { // whoever does not look must not take this user for another
		*u = UserInfoResponse{Response: u.Response}
		return u, u.Err()
	}
	u.Claims = flatten(u.object(), "")
	return u, nil
}

func (u *UserInfoResponse) visit(name string, value gjson.Result) {
	if name == "sub" {
		u.Subject, _ = jsonfield.String(value)
	}
}

// checkSubject compares the user with the expected one, if there is one.
func (u *UserInfoResponse) checkSubject(expected string) *Error {
	switch {
	case u.Subject == "":
		return u.distrusted("the answer has no sub that is a string, so that it is about nobody")
	case expected != "" && subtle.ConstantTimeCompare([]byte(u.Subject), []byte(expected)) != 1:
		return u.distrusted("the sub is not the expected one: the answer is about another user")
	}
	return nil
}

// presented is an access token as the only credential (RFC 6750 section 2.1, RFC
// 9449 section 7.1). It is a func: no printing can reach the token.
type presented func() string

func (presented) Name() string { return "access_token" }

func (p presented) Credentials(context.Context, clientauth.Attempt) (clientauth.Credentials, error) {
	return clientauth.Credentials{Authorization: p()}, nil
}

// scheme returns how a token of that type is presented, or nothing when it is not
// known how, or cannot be proved.
func (s *settings) scheme(tokenType string) string {
	switch {
	case strings.EqualFold(tokenType, TokenTypeBearer), tokenType == "" && s.dpop.prover == nil:
		return TokenTypeBearer
	case s.dpop.prover != nil && (tokenType == "" || strings.EqualFold(tokenType, TokenTypeDPoP)):
		return TokenTypeDPoP
	}
	return ""
}
