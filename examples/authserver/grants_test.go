// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

func TestClientAuthentication(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	special, specialSecret := authserver.SpecialClientID, authserver.SpecialClientSecret
	tests := map[string]struct {
		auth auth
		ok   bool
	}{
		"basic":                     {demo(), true},
		"post":                      {inBody(authserver.PostClientID, authserver.PostClientSecret), true},
		"special":                   {basic(special, specialSecret), true},
		"basic, wrong secret":       {basic(authserver.ClientID, "wrong"), false},
		"basic, empty secret":       {basic(authserver.ClientID, ""), false},
		"post, wrong secret":        {inBody(authserver.PostClientID, "wrong"), false},
		"post, no secret":           {inBody(authserver.PostClientID, ""), false},
		"special, wrong secret":     {basic(special, "wrong"), false},
		"special, empty secret":     {basic(special, ""), false},
		"special, not form-encoded": {rawBasic(special, specialSecret), false},
		"special, in the body":      {inBody(special, specialSecret), false},
		"secret not form-encoded":   {rawBasic(authserver.ClientID, "100%"), false},
		"unknown":                   {basic("nobody", "secret"), false},
		"basic client in the body":  {inBody(authserver.ClientID, authserver.ClientSecret), false},
		"post client in the header": {basic(authserver.PostClientID, authserver.PostClientSecret), false},
		"nothing":                   {nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, grant := range [][]string{
				{"grant_type", "client_credentials", "scope", "api1"},
				{"grant_type", "password", "username", "alice", "password", "alice", "scope", "api1"},
				{"grant_type", authserver.GrantCustom, authserver.CustomParameter, "x", "scope", "api1"},
			} {
				r := srv.token(t, test.auth, grant...)
				if !test.ok {
					requireError(t, r, http.StatusUnauthorized, "invalid_client")
					assert.Contains(t, r.header.Get("WWW-Authenticate"), "Basic")
					continue
				}
				requireToken(t, r)
			}
		})
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{AccessTokenLifetime: 90 * time.Second})
	r := srv.token(t, basic(authserver.SpecialClientID, authserver.SpecialClientSecret),
		"grant_type", "client_credentials", "scope", "api1 api2")
	requireToken(t, r)
	assert.Equal(t, "api1 api2", r.str("scope"))
	assert.InDelta(t, 90, r.json["expires_in"], 0)
	assert.NotContains(t, r.json, "refresh_token")
	assert.Equal(t, authserver.SpecialClientID, claims(t, r.str("access_token"))["client_id"])
	assert.Equal(t, srv.Issuer(), claims(t, r.str("access_token"))["iss"])

	requireToken(t, srv.token(t, demo(), "grant_type", "client_credentials"))
	requireError(t, srv.token(t, demo(), "grant_type", "client_credentials", "scope", "nothing"),
		http.StatusBadRequest, "invalid_scope")
	requireError(t, srv.token(t, public(), "grant_type", "client_credentials"),
		http.StatusUnauthorized, "unauthorized_client")
}

func TestUnsupportedGrants(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for _, grant := range []string{"", "unknown", "urn:ietf:params:oauth:grant-type:saml2-bearer"} {
		requireError(t, srv.token(t, demo(), "grant_type", grant, "assertion", "x"),
			http.StatusBadRequest, "unsupported_grant_type")
	}
	requireError(t, srv.token(t, public(), "grant_type", "password", "username", "alice", "password", "alice"),
		http.StatusUnauthorized, "unauthorized_client")
}

func TestPassword(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	r := srv.token(t, demo(), "grant_type", "password", "username", "bob", "password", "bob",
		"scope", "openid profile offline_access api1")
	requireToken(t, r)
	assert.Equal(t, "openid profile offline_access api1", r.str("scope"))
	assert.Equal(t, "bob", claims(t, r.str("access_token"))["sub"])
	assert.Equal(t, "bob", claims(t, r.str("id_token"))["preferred_username"])
	requireToken(t, srv.token(t, demo(), "grant_type", "refresh_token", "refresh_token", r.str("refresh_token")))

	tests := map[string]struct {
		parameters []string
		code       string
	}{
		"wrong password": {[]string{"username", "alice", "password", "bob"}, "invalid_grant"},
		"unknown user":   {[]string{"username", "carol", "password", "carol"}, "invalid_grant"},
		"no user":        {[]string{"password", "alice"}, "invalid_request"},
		"no password":    {[]string{"username", "alice"}, "invalid_request"},
		"unknown scope":  {[]string{"username", "alice", "password", "alice", "scope", "nothing"}, "invalid_scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			r := srv.token(t, demo(), append([]string{"grant_type", "password"}, test.parameters...)...)
			requireError(t, r, http.StatusBadRequest, test.code)
		})
	}
}

func TestCustom(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	value := `a "quoted" <ü> value`
	r := srv.token(t, demo(), "grant_type", authserver.GrantCustom, authserver.CustomParameter, value, "scope", "api1")
	requireToken(t, r)
	assert.Equal(t, value, r.str(authserver.CustomMember))
	assert.Equal(t, authserver.Alice, claims(t, r.str("access_token"))["sub"])
	assert.NotContains(t, r.json, "refresh_token", "offline_access was not asked for")

	requireError(t, srv.token(t, demo(), "grant_type", authserver.GrantCustom), http.StatusBadRequest, "invalid_request")
	refused := srv.token(t, demo(), "grant_type", authserver.GrantCustom, authserver.CustomParameter, "x", "scope", "nothing")
	requireError(t, refused, http.StatusBadRequest, "invalid_scope")
	assert.NotContains(t, refused.json, authserver.CustomMember)
}

func TestRefresh(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	first := srv.passwordToken(t)
	second := srv.refresh(t, first)
	requireToken(t, second)
	assert.NotEqual(t, first.str("refresh_token"), second.str("refresh_token"))
	assert.NotEqual(t, first.str("access_token"), second.str("access_token"))

	requireError(t, srv.refresh(t, first), http.StatusBadRequest, "invalid_grant")
	third := srv.token(t, demo(), "grant_type", "refresh_token",
		"refresh_token", second.str("refresh_token"), "scope", "api1")
	requireToken(t, third)
	assert.Equal(t, "api1", third.str("scope"))

	requireError(t, srv.token(t, demo(), "grant_type", "refresh_token",
		"refresh_token", third.str("refresh_token"), "scope", "api2"), http.StatusBadRequest, "invalid_scope")
	requireError(t, srv.token(t, demo(), "grant_type", "refresh_token", "refresh_token", "unknown"),
		http.StatusBadRequest, "invalid_grant")
	requireError(t, srv.token(t, inBody(authserver.PostClientID, authserver.PostClientSecret),
		"grant_type", "refresh_token", "refresh_token", third.str("refresh_token")), http.StatusBadRequest, "invalid_grant")
}

func TestRefreshTokenWorksOnceEvenAtTheSameMoment(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	first := srv.passwordToken(t)
	replies := atOnce(20, func() reply { return srv.refresh(t, first) })

	won := 0
	for _, r := range replies {
		if r.status == http.StatusOK {
			won++
			continue
		}
		requireError(t, r, http.StatusBadRequest, "invalid_grant")
	}
	assert.Equal(t, 1, won)
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	first := srv.passwordToken(t)
	tokens := map[string]bool{}
	for _, r := range atOnce(200, func() reply {
		return srv.token(t, demo(), "grant_type", "client_credentials", "scope", "api1")
	}) {
		requireToken(t, r)
		tokens[r.str("access_token")] = true
	}
	assert.Len(t, tokens, 200)
	// go-oidc's own store would have evicted it by now.
	requireToken(t, srv.refresh(t, first))
}

// passwordToken gets a token with a refresh token.
func (s server) passwordToken(t *testing.T) reply {
	t.Helper()
	r := s.token(t, demo(), "grant_type", "password", "username", "alice", "password", "alice",
		"scope", "offline_access api1")
	requireToken(t, r)
	require.NotEmpty(t, r.str("refresh_token"))
	return r
}

// refresh redeems the refresh token of an answer.
func (s server) refresh(t *testing.T, r reply) reply {
	t.Helper()
	return s.token(t, demo(), "grant_type", "refresh_token", "refresh_token", r.str("refresh_token"))
}

// atOnce calls f in n goroutines that start together.
func atOnce(n int, f func() reply) []reply {
	replies := make([]reply, n)
	var ready, done sync.WaitGroup
	ready.Add(1)
	for i := range replies {
		done.Go(func() {
			ready.Wait()
			replies[i] = f()
		})
	}
	ready.Done()
	done.Wait()
	return replies
}

func TestFormThatIsNoneOrTooLong(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for contentType, body := range map[string]string{
		"application/json":                  `{"grant_type":"client_credentials"}`,
		"application/x-www-form-urlencoded": "grant_type=client_credentials&padding=" + strings.Repeat("a", 2<<20),
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.TokenEndpoint(), strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", contentType)
		req.SetBasicAuth(authserver.ClientID, authserver.ClientSecret)
		r := srv.do(t, req)
		assert.Equal(t, http.StatusBadRequest, r.status, r.body)
	}
}
