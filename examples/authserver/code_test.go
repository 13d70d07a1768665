// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

const (
	verifier = "0123456789-0123456789-0123456789-0123456789"
	callback = "http://127.0.0.1:54321/callback"
)

// authorizeURL is a request of the public client; more replaces parameters,
// and an empty value removes one.
func (s server) authorizeURL(more ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type":         {"code"},
		"client_id":             {authserver.PublicClientID},
		"redirect_uri":          {callback},
		"scope":                 {"openid offline_access api1"},
		"state":                 {"the state"},
		"nonce":                 {"the nonce"},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(sum[:])},
		"code_challenge_method": {"S256"},
	}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
		if more[i+1] == "" {
			q.Del(more[i])
		}
	}
	return s.AuthorizationEndpoint() + "?" + q.Encode()
}

// redirect returns the parameters of a redirect to the callback.
func redirect(t *testing.T, r reply) url.Values {
	t.Helper()
	require.Equal(t, http.StatusSeeOther, r.status, r.body)
	target, err := url.Parse(r.header.Get("Location"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(target.String(), callback+"?"), target)
	return target.Query()
}

// code gets an authorization code.
func (s server) code(t *testing.T, more ...string) string {
	t.Helper()
	q := redirect(t, s.get(t, s.authorizeURL(more...)))
	require.NotEmpty(t, q.Get("code"), q)
	return q.Get("code")
}

// redeem sends a code to the token endpoint.
func (s server) redeem(t *testing.T, a auth, code, redirectURI, codeVerifier string) reply {
	t.Helper()
	return s.token(t, a, "grant_type", "authorization_code", "code", code,
		"redirect_uri", redirectURI, "code_verifier", codeVerifier)
}

func TestAuthorizationCode(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	q := redirect(t, srv.get(t, srv.authorizeURL()))
	assert.Equal(t, "the state", q.Get("state"))
	assert.Equal(t, srv.Issuer(), q.Get("iss"))

	r := srv.redeem(t, public(), q.Get("code"), callback, verifier)
	requireToken(t, r)
	assert.Equal(t, "the nonce", claims(t, r.str("id_token"))["nonce"])
	assert.Equal(t, authserver.Alice, claims(t, r.str("id_token"))["sub"])

	refreshed := srv.token(t, public(), "grant_type", "refresh_token", "refresh_token", r.str("refresh_token"))
	requireToken(t, refreshed)

	requireError(t, srv.redeem(t, public(), q.Get("code"), callback, verifier), http.StatusBadRequest, "invalid_grant")
}

func TestAuthorizationCodeOfAConfidentialClient(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	id := authserver.SpecialClientID
	a := basic(id, authserver.SpecialClientSecret)
	requireToken(t, srv.redeem(t, a, srv.code(t, "client_id", id), callback, verifier))

	without := srv.code(t, "client_id", id, "code_challenge", "", "code_challenge_method", "")
	requireToken(t, srv.token(t, a, "grant_type", "authorization_code", "code", without, "redirect_uri", callback))
}

func TestAuthorizationCodeRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	tests := map[string]struct {
		auth                  auth
		redirectURI, verifier string
		code                  string // instead of a good one
	}{
		"wrong verifier":     {public(), callback, strings.Repeat("a", 43), ""},
		"no verifier":        {public(), callback, "", ""},
		"wrong redirect_uri": {public(), callback + "/", verifier, ""},
		"another client":     {demo(), callback, verifier, ""},
		"unknown code":       {public(), callback, verifier, "unknown"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			code := test.code
			if code == "" {
				code = srv.code(t)
			}
			requireError(t, srv.redeem(t, test.auth, code, test.redirectURI, test.verifier),
				http.StatusBadRequest, "invalid_grant")
		})
	}
}

func TestAuthorizationCodeWorksOnceEvenAtTheSameMoment(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	code := srv.code(t)
	won := 0
	for _, r := range atOnce(20, func() reply { return srv.redeem(t, public(), code, callback, verifier) }) {
		if r.status == http.StatusOK {
			won++
		}
	}
	assert.Equal(t, 1, won)
}

func TestAuthorizationRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for name, test := range map[string]struct {
		name, value, code string
	}{
		"no PKCE":         {"code_challenge", "", "invalid_request"},
		"unknown scope":   {"scope", "nothing", "invalid_scope"},
		"the user denies": {"login_hint", "deny", "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			q := redirect(t, srv.get(t, srv.authorizeURL(test.name, test.value)))
			assert.Equal(t, test.code, q.Get("error"))
			assert.Equal(t, "the state", q.Get("state"))
			assert.Equal(t, srv.Issuer(), q.Get("iss"))
		})
	}

	// Without a client or a redirect URI to trust, there is only a page.
	unknown := srv.get(t, srv.authorizeURL("client_id", "nobody"))
	assert.Equal(t, http.StatusUnauthorized, unknown.status)
	assert.Contains(t, unknown.body, "invalid_client")
	foreign := srv.get(t, srv.authorizeURL("redirect_uri", "https://attacker.example/callback"))
	assert.Equal(t, http.StatusBadRequest, foreign.status)
	assert.Contains(t, foreign.body, "invalid_request")
}

func TestAutomaticApprovalAsBob(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	r := srv.redeem(t, public(), srv.code(t, "login_hint", "bob"), callback, verifier)
	requireToken(t, r)
	assert.Equal(t, authserver.Bob, claims(t, r.str("access_token"))["sub"])
}

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)">`)

// form returns the URL that the form of a page goes to.
func (s server) form(t *testing.T, page reply) string {
	t.Helper()
	require.Equal(t, http.StatusOK, page.status, page.body)
	require.Contains(t, page.header.Get("Content-Type"), "text/html")
	match := formAction.FindStringSubmatch(page.body)
	require.NotNil(t, match, page.body)
	return s.Issuer() + match[1]
}

func TestInteractive(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{Interactive: true})
	page := srv.get(t, srv.authorizeURL())
	target := srv.form(t, page)
	assert.Contains(t, page.body, `name="password"`)
	assert.Contains(t, page.body, "openid offline_access api1")

	wrong := srv.send(t, target, nil, "decision", "allow", "username", "bob", "password", "wrong")
	assert.Contains(t, wrong.body, "Wrong user name or password")

	q := redirect(t, srv.send(t, srv.form(t, wrong), nil, "decision", "allow", "username", "bob", "password", "bob"))
	r := srv.redeem(t, public(), q.Get("code"), callback, verifier)
	requireToken(t, r)
	assert.Equal(t, authserver.Bob, claims(t, r.str("access_token"))["sub"])

	// The page works once.
	again := redirect(t, srv.send(t, target, nil, "decision", "allow", "username", "bob", "password", "bob"))
	assert.Equal(t, "invalid_request", again.Get("error"))

	target = srv.form(t, srv.get(t, srv.authorizeURL()))
	q = redirect(t, srv.send(t, target, nil, "decision", "deny"))
	assert.Equal(t, "access_denied", q.Get("error"))

	q = redirect(t, srv.get(t, srv.authorizeURL("prompt", "none")))
	assert.Equal(t, "login_required", q.Get("error"))
}
