// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const (
	// The example of RFC 7636, appendix B.
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	callback  = "https://app.example/callback?tenant=a"
)

func redeem(t *testing.T, server *tokentest.Server, code string, pairs ...string) reply {
	t.Helper()
	return token(t, server, append(pairs, "grant_type", "authorization_code", "code", code)...)
}

func TestCode(t *testing.T) {
	t.Parallel()
	short := sha256.Sum256([]byte("short"))
	tests := map[string]struct {
		grant tokentest.CodeGrant
		pairs []string
		code  string
	}{
		"bare":               {},
		"PKCE":               {grant: tokentest.CodeGrant{CodeChallenge: challenge}, pairs: []string{"code_verifier", verifier}},
		"wrong verifier":     {grant: tokentest.CodeGrant{CodeChallenge: challenge}, pairs: []string{"code_verifier", verifier[:42] + "X"}, code: "invalid_grant"},
		"no verifier":        {grant: tokentest.CodeGrant{CodeChallenge: challenge}, code: "invalid_grant"},
		"plain":              {grant: tokentest.CodeGrant{CodeChallenge: verifier}, pairs: []string{"code_verifier", verifier}, code: "invalid_grant"},
		"unwanted verifier":  {pairs: []string{"code_verifier", verifier}, code: "invalid_grant"},
		"short verifier":     {grant: tokentest.CodeGrant{CodeChallenge: base64.RawURLEncoding.EncodeToString(short[:])}, pairs: []string{"code_verifier", "short"}, code: "invalid_grant"},
		"redirect URI":       {grant: tokentest.CodeGrant{RedirectURI: callback}, pairs: []string{"redirect_uri", callback}},
		"other redirect URI": {grant: tokentest.CodeGrant{RedirectURI: callback}, pairs: []string{"redirect_uri", callback + "/"}, code: "invalid_grant"},
		"no redirect URI":    {grant: tokentest.CodeGrant{RedirectURI: callback}, code: "invalid_grant"},
	}
	server := start(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.grant.Scope = "openid api"
			code := server.IssueCode(test.grant)
			got := redeem(t, server, code, test.pairs...)
			if test.code == "" {
				_, refreshToken := requireTokens(t, got)
				assert.True(t, server.TokenActive(refreshToken))
				assert.Equal(t, "openid api", got.field("scope"))
				return
			}
			requireOAuthError(t, got, 400, test.code)
			// The failed attempt has spent the code, even for the right values.
			requireOAuthError(t, redeem(t, server, code, "code_verifier", verifier, "redirect_uri", callback), 400, "invalid_grant")
		})
	}
}

func TestCodeReplayRevokesWhatCameFromIt(t *testing.T) {
	t.Parallel()
	server := start(t)
	code, other := server.IssueCode(tokentest.CodeGrant{}), server.IssueCode(tokentest.CodeGrant{})
	assert.NotEqual(t, code, other)
	accessToken, refreshToken := requireTokens(t, redeem(t, server, code))
	otherAccess, _ := requireTokens(t, redeem(t, server, other))
	_, successor := requireTokens(t, refresh(t, server, refreshToken))
	require.True(t, server.TokenActive(accessToken))

	requireOAuthError(t, redeem(t, server, code), 400, "invalid_grant")
	assert.False(t, server.TokenActive(accessToken))
	assert.False(t, server.TokenActive(successor))
	requireOAuthError(t, refresh(t, server, successor), 400, "invalid_grant")
	assert.True(t, server.TokenActive(otherAccess), "another login must not suffer")
}

func TestCodeErrors(t *testing.T) {
	t.Parallel()
	server, clock := start(t), newClock()
	server.Configure(tokentest.Settings{Now: clock.Now})
	requireOAuthError(t, redeem(t, server, "never-issued"), 400, "invalid_grant")
	requireOAuthError(t, redeem(t, server, ""), 400, "invalid_request")

	early, late := server.IssueCode(tokentest.CodeGrant{}), server.IssueCode(tokentest.CodeGrant{})
	clock.Advance(10*time.Minute - 1)
	requireTokens(t, redeem(t, server, early))
	clock.Advance(1)
	requireOAuthError(t, redeem(t, server, late), 400, "invalid_grant")
}

func authorizeRequest() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {"client"}, "redirect_uri": {callback}, "scope": {"openid api"},
		"state": {"s t&a=te"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
}

func TestAuthorizationApproves(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.AddClient("client", "")
			var got reply
			if method == http.MethodGet {
				got = get(t, server, server.AuthorizationURL()+"?"+authorizeRequest().Encode())
			} else {
				got = post(t, server, server.AuthorizationURL(), authorizeRequest())
			}
			require.Equal(t, http.StatusSeeOther, got.status, got.body)
			target, err := url.Parse(got.header.Get("Location"))
			require.NoError(t, err)
			assert.Equal(t, "app.example/callback", target.Host+target.Path)
			query := target.Query()
			assert.Equal(t, "a", query.Get("tenant"), "the query of the redirect URI must stay")
			assert.Equal(t, "s t&a=te", query.Get("state"))
			assert.Equal(t, server.URL(), query.Get("iss"))
			assert.NotContains(t, query, "error")

			tokens := redeem(t, server, query.Get("code"), "client_id", "client", "code_verifier", verifier, "redirect_uri", callback)
			requireTokens(t, tokens)
			assert.Equal(t, "openid api", tokens.field("scope"))
		})
	}
}

func TestAuthorizationCanBeFollowed(t *testing.T) {
	t.Parallel()
	server, app := start(t), start(t)
	app.Enqueue("/callback", tokentest.Answer{Body: "welcome", ContentType: "text/plain"})
	request := authorizeRequest()
	request.Set("redirect_uri", app.URL()+"/callback")
	response, err := server.HTTPClient().Get(server.AuthorizationURL() + "?" + request.Encode())
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Len(t, app.Requests(), 1)
	assert.NotEmpty(t, app.Requests()[0].Query.Get("code"))
}

func TestAuthorizationErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set      url.Values // nil values delete
		settings tokentest.Settings
		redirect string // the error code in the redirect
	}{
		"denied":                {settings: tokentest.Settings{DenyAuthorization: true}, redirect: "access_denied"},
		"implicit":              {set: url.Values{"response_type": {"token"}}, redirect: "unsupported_response_type"},
		"no response type":      {set: url.Values{"response_type": nil}, redirect: "invalid_request"},
		"plain PKCE":            {set: url.Values{"code_challenge_method": {"plain"}}, redirect: "invalid_request"},
		"PKCE without a method": {set: url.Values{"code_challenge_method": nil}, redirect: "invalid_request"},
		"method without PKCE":   {set: url.Values{"code_challenge": nil}, redirect: "invalid_request"},
		"no client":             {set: url.Values{"client_id": nil}},
		"unknown client":        {set: url.Values{"client_id": {"nobody"}}},
		"repeated state":        {set: url.Values{"state": {"a", "b"}}},
		"no redirect URI":       {set: url.Values{"redirect_uri": nil}},
		"relative redirect URI": {set: url.Values{"redirect_uri": {"/callback"}}},
		"redirect URI fragment": {set: url.Values{"redirect_uri": {"https://app.example/#x"}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.AddClient("client", "")
			server.Configure(test.settings)
			request := authorizeRequest()
			for name, values := range test.set {
				request[name] = values
			}
			got := get(t, server, server.AuthorizationURL()+"?"+request.Encode())
			if test.redirect == "" {
				requireOAuthError(t, got, 400, "invalid_request")
				assert.Empty(t, got.header.Get("Location"))
				return
			}
			require.Equal(t, http.StatusSeeOther, got.status)
			target, err := url.Parse(got.header.Get("Location"))
			require.NoError(t, err)
			assert.Equal(t, test.redirect, target.Query().Get("error"))
			assert.Equal(t, "s t&a=te", target.Query().Get("state"))
			assert.Equal(t, server.URL(), target.Query().Get("iss"))
			assert.NotContains(t, target.Query(), "code")
		})
	}
}

func TestAuthorizationMethods(t *testing.T) {
	t.Parallel()
	server := start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.AuthorizationURL(), strings.NewReader(""))
	require.NoError(t, err)
	assert.Equal(t, http.StatusMethodNotAllowed, send(t, server, request).status)
}
