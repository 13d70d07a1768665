// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

const (
	exchangeGrant   = "urn:ietf:params:oauth:grant-type:token-exchange"
	bearerGrant     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
	idTokenType     = "urn:ietf:params:oauth:token-type:id_token"
)

// exchange trades a token of the other confidential client.
func (s server) exchange(t *testing.T, subject string, more ...string) reply {
	t.Helper()
	return s.token(t, inBody(authserver.PostClientID, authserver.PostClientSecret), append([]string{
		"grant_type", exchangeGrant, "subject_token", subject, "subject_token_type", accessTokenType,
	}, more...)...)
}

func TestTokenExchange(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	user := srv.passwordToken(t).str("access_token")
	actor := srv.token(t, demo(), "grant_type", "client_credentials").str("access_token")
	r := srv.exchange(t, user, "scope", "api2", "audience", "api1", "audience", "api2",
		"actor_token", actor, "actor_token_type", accessTokenType)
	requireToken(t, r)
	assert.Equal(t, accessTokenType, r.str("issued_token_type"))
	assert.Equal(t, "api2", r.str("scope"))
	assert.NotEqual(t, user, r.str("access_token"))

	token := claims(t, r.str("access_token"))
	assert.Equal(t, authserver.Alice, token["sub"])
	assert.Equal(t, authserver.PostClientID, token["client_id"])
	assert.Equal(t, []any{"api1", "api2"}, token["aud"])
	assert.Equal(t, map[string]any{"sub": authserver.ClientID}, token["act"])
	info := srv.introspect(t, demo(), r.str("access_token"))
	assert.Equal(t, true, info.json["active"])
	assert.Equal(t, []any{"api1", "api2"}, info.json["aud"])

	again := srv.exchange(t, user)
	requireToken(t, again) // a subject token may be exchanged any number of times
	assert.NotContains(t, claims(t, again.str("access_token")), "act")
}

func TestTokenExchangeForAnIDToken(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	r := srv.exchange(t, srv.passwordToken(t).str("access_token"), "requested_token_type", idTokenType)
	require.Equal(t, http.StatusOK, r.status, r.body)
	assert.Equal(t, idTokenType, r.str("issued_token_type"))
	assert.Equal(t, "N_A", r.str("token_type"))
	assert.Equal(t, authserver.PostClientID, claims(t, r.str("access_token"))["aud"])
}

func TestTokenExchangeRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	login := srv.passwordToken(t)
	user := login.str("access_token")
	for name, test := range map[string]struct {
		subject string
		more    []string
		code    string
	}{
		"not a token":         {"a.b.c", nil, "invalid_request"},
		"a refresh token":     {login.str("refresh_token"), nil, "invalid_request"},
		"changed":             {user[:len(user)-4] + "AAAA", nil, "invalid_request"},
		"unknown audience":    {user, []string{"audience", "api3"}, "invalid_target"},
		"resource":            {user, []string{"resource", "https://api.example"}, "invalid_target"},
		"scope":               {user, []string{"scope", "nothing"}, "invalid_scope"},
		"refresh token":       {user, []string{"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"},
		"actor without type":  {user, []string{"actor_token", user}, "invalid_request"},
		"actor is not active": {user, []string{"actor_token", "a.b.c", "actor_token_type", accessTokenType}, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireError(t, srv.exchange(t, test.subject, test.more...), http.StatusBadRequest, test.code)
		})
	}
	requireError(t, srv.token(t, public(), "grant_type", exchangeGrant, "subject_token", user, "subject_token_type", accessTokenType),
		http.StatusUnauthorized, "unauthorized_client")
	requireError(t, srv.token(t, nil, "grant_type", exchangeGrant, "subject_token", user, "subject_token_type", accessTokenType),
		http.StatusUnauthorized, "invalid_client")
}

func TestJWTBearer(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	assertion, err := srv.NewAssertion(authserver.Bob)
	require.NoError(t, err)
	r := srv.token(t, demo(), "grant_type", bearerGrant, "assertion", assertion, "scope", "openid api1")
	requireToken(t, r)
	assert.Equal(t, authserver.Bob, claims(t, r.str("access_token"))["sub"])
	assert.Equal(t, authserver.Bob, srv.introspect(t, demo(), r.str("access_token")).str("username"))

	requireError(t, srv.token(t, demo(), "grant_type", bearerGrant, "assertion", assertion), http.StatusBadRequest, "invalid_grant")
}

func TestJWTBearerRefused(t *testing.T) {
	t.Parallel()

	srv, other := start(t, authserver.Options{}), start(t, authserver.Options{})
	good, err := srv.NewAssertion(authserver.Alice)
	require.NoError(t, err)
	foreign, err := other.NewAssertion(authserver.Alice)
	require.NoError(t, err)
	unknown, err := srv.NewAssertion("carol")
	require.NoError(t, err)
	own := srv.passwordToken(t).str("access_token")
	for name, assertion := range map[string]string{
		"none": "", "no JWT": "x", "another key": foreign, "unknown user": unknown, "an access token": own,
		"no signature": good[:strings.LastIndex(good, ".")+1], "the bridge": "bridge",
	} {
		requireErrorOf(t, name, srv.token(t, demo(), "grant_type", bearerGrant, "assertion", assertion))
	}
	requireError(t, srv.token(t, public(), "grant_type", bearerGrant, "assertion", good), http.StatusUnauthorized, "unauthorized_client")
	requireError(t, srv.token(t, nil, "grant_type", bearerGrant, "assertion", good), http.StatusUnauthorized, "invalid_client")
	requireToken(t, srv.token(t, demo(), "grant_type", bearerGrant, "assertion", good))
}

// requireErrorOf names the case of an invalid_grant.
func requireErrorOf(t *testing.T, name string, r reply) {
	t.Helper()
	require.Equal(t, "invalid_grant", r.str("error"), name+": "+r.body)
}
