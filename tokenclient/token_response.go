// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// TokenResponse is the answer of a token endpoint (RFC 6749 section 5). When
// IsError is false, AccessToken is there; all else depends on the server.
type TokenResponse struct {
	Response

	// AccessToken is the token. Do not read anything into its characters.
	AccessToken string
	// TokenType says how to use the token, as the server wrote it: compare it with
	// [TokenTypeBearer] without regard to case. Empty when the server sent none.
	// [TokenTypeNotApplicable] is for token exchanges: AccessToken is no access token
	// then, but what IssuedTokenType says. It is an error in answer to other grants,
	// but for a refresh, whose new refresh token must not be lost.
	TokenType string
	// ExpiresIn is the lifetime at the time of the request, at most ten years. It
	// is 0 when the server sent none, or nothing readable, or 0; Token().Expiry
	// tells those apart.
	ExpiresIn time.Duration
	// RefreshToken is the refresh token. Empty when the server sent none: in
	// answer to a refresh that means that the old one stays valid.
	RefreshToken string
	// Scope is what was granted, separated by spaces. Empty when the server sent
	// none, which means: what was asked for (RFC 6749 section 5.1).
	Scope string
	// IDToken is an OpenID Connect ID token, not validated. Validate it with a
	// library for that, such as github.com/coreos/go-oidc, before trusting it.
	IDToken string
	// IssuedTokenType is the type of a token from a token exchange, such as
	// [TokenTypeIdentifierAccessToken] (RFC 8693 section 2.2.1).
	IssuedTokenType string

	expiry time.Time
}

func newTokenResponse(r Response, grantType string, p proofs) (*TokenResponse, error) {
	t := &TokenResponse{Response: r}
	t.read(t.visit)
	if strings.TrimSpace(t.AccessToken) == "" {
		t.refuse("the body has no access_token")
	}
	notApplicable := strings.EqualFold(t.TokenType, TokenTypeNotApplicable)
	switch {
	case notApplicable && grantType == GrantTypeTokenExchange: // what cannot be used as an access token is bound to nothing
	case notApplicable && grantType != GrantTypeRefreshToken:
		t.refuse("the token_type is N_A, which is for token exchanges")
	default:
		p.refuseDowngrade(t)
	}
	return t.finish()
}

func (t *TokenResponse) finish() (*TokenResponse, error) {
	if t.IsError() { // whoever does not look must not find a token
		*t = TokenResponse{Response: t.Response}
	}
	return t, t.Err()
}

// withIssuedTokenType refuses an answer to a token exchange that does not say
// what it has issued (RFC 8693 section 2.2.1).
func (t *TokenResponse) withIssuedTokenType() (*TokenResponse, error) {
	if strings.TrimSpace(t.IssuedTokenType) == "" {
		t.refuse("the body has no issued_token_type")
	}
	return t.finish()
}

func (t *TokenResponse) visit(name string, value gjson.Result) {
	switch name {
	case "access_token":
		t.AccessToken = t.secret(name, value)
	case "refresh_token":
		t.RefreshToken = t.secret(name, value)
	case "id_token":
		t.IDToken = t.secret(name, value)
	case "token_type":
		t.TokenType, _ = jsonfield.String(value)
	case "scope":
		t.Scope, _ = jsonfield.Words(value)
	case "issued_token_type":
		t.IssuedTokenType, _ = jsonfield.String(value)
	case "expires_in":
		t.ExpiresIn, t.expiry = t.lifetime(value)
	}
}

// secret returns a member that goes into headers and forms later. One that is no
// string of visible ASCII (RFC 6749 appendix A) would break them.
func (t *TokenResponse) secret(name string, value gjson.Result) string {
	text, ok := jsonfield.String(value)
	switch {
	case jsonfield.Absent(value):
		return ""
	case !ok:
		t.refuse("the member " + name + " is not a string")
	case strings.ContainsFunc(text, isNotVisible):
		t.refuse("the member " + name + " has characters that no token can have")
	}
	return text
}

func isNotVisible(r rune) bool { return r < ' ' || r > '~' }

// Token returns the access token with its type and its absolute expiry, counted
// from before the request was sent. It is the zero Token when IsError is true.
func (t *TokenResponse) Token() Token {
	if t.AccessToken == "" {
		return Token{}
	}
	return NewToken(t.AccessToken, t.TokenType, t.expiry)
}
