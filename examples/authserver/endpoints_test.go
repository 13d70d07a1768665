// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// introspect asks what a token is worth.
func (s server) introspect(t *testing.T, a auth, token string) reply {
	t.Helper()
	return s.send(t, s.IntrospectionEndpoint(), a, "token", token)
}

func TestIntrospection(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	token := srv.passwordToken(t)
	for name, value := range map[string]string{"access token": token.str("access_token"), "refresh token": token.str("refresh_token")} {
		info := srv.introspect(t, inBody(authserver.PostClientID, authserver.PostClientSecret), value)
		require.Equal(t, http.StatusOK, info.status, name)
		assert.Equal(t, true, info.json["active"], name)
		assert.Equal(t, authserver.Alice, info.str("sub"), name)
		assert.Equal(t, authserver.ClientID, info.str("client_id"), name)
		assert.Equal(t, "offline_access api1", info.str("scope"), name)
	}
	assert.Equal(t, authserver.Alice, srv.introspect(t, demo(), token.str("access_token")).str("username"))

	unknown := srv.introspect(t, demo(), "unknown")
	require.Equal(t, http.StatusOK, unknown.status)
	assert.Equal(t, map[string]any{"active": false}, unknown.json)

	requireError(t, srv.introspect(t, basic(authserver.ClientID, "wrong"), token.str("access_token")), http.StatusUnauthorized, "invalid_client")
	requireError(t, srv.introspect(t, public(), token.str("access_token")), http.StatusForbidden, "access_denied")
	requireError(t, srv.introspect(t, demo(), ""), http.StatusBadRequest, "invalid_request")
}

func TestRevocation(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for _, name := range []string{"access_token", "refresh_token"} {
		token := srv.passwordToken(t)
		requireError(t, srv.send(t, srv.RevocationEndpoint(), inBody(authserver.PostClientID, authserver.PostClientSecret),
			"token", token.str(name)), http.StatusForbidden, "access_denied")
		revoked := srv.send(t, srv.RevocationEndpoint(), demo(), "token", token.str(name))
		require.Equal(t, http.StatusOK, revoked.status, revoked.body)
		assert.Empty(t, revoked.body)

		assert.Equal(t, false, srv.introspect(t, demo(), token.str("access_token")).json["active"], name)
		assert.Equal(t, false, srv.introspect(t, demo(), token.str("refresh_token")).json["active"], name)
		requireError(t, srv.refresh(t, token), http.StatusBadRequest, "invalid_grant")

		again := srv.send(t, srv.RevocationEndpoint(), demo(), "token", token.str(name))
		assert.Equal(t, http.StatusOK, again.status, "what is done stays done")
	}
	assert.Equal(t, http.StatusOK, srv.send(t, srv.RevocationEndpoint(), demo(), "token", "unknown").status)
	requireError(t, srv.send(t, srv.RevocationEndpoint(), basic(authserver.ClientID, "wrong"), "token", "x"), http.StatusUnauthorized, "invalid_client")
}

func TestUserInfo(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	token := srv.token(t, demo(), "grant_type", "password", "username", "bob", "password", "bob",
		"scope", "openid email profile")
	requireToken(t, token)

	info := srv.bearer(t, http.MethodGet, srv.UserInfoEndpoint(), token.str("access_token"), "")
	require.Equal(t, http.StatusOK, info.status, info.body)
	assert.Equal(t, map[string]any{"sub": "bob", "email": "bob@example.com", "preferred_username": "bob"}, info.json)

	refused := srv.get(t, srv.UserInfoEndpoint())
	requireError(t, refused, http.StatusUnauthorized, "invalid_token")
	assert.Contains(t, refused.header.Get("WWW-Authenticate"), "Bearer")

	noUser := srv.token(t, demo(), "grant_type", "client_credentials", "scope", "api1")
	requireError(t, srv.bearer(t, http.MethodGet, srv.UserInfoEndpoint(), noUser.str("access_token"), ""),
		http.StatusForbidden, "access_denied")
}

// push pushes the parameters of authorizeURL.
func (s server) push(t *testing.T, a auth, more ...string) reply {
	t.Helper()
	address, err := url.Parse(s.authorizeURL(more...))
	require.NoError(t, err)
	var parameters []string
	for name, values := range address.Query() {
		parameters = append(parameters, name, values[0])
	}
	return s.send(t, s.PushedAuthorizationEndpoint(), a, parameters...)
}

func TestPushedAuthorization(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	pushed := srv.push(t, public())
	require.Equal(t, http.StatusCreated, pushed.status, pushed.body)
	assert.InDelta(t, 60, pushed.json["expires_in"], 0)
	address := srv.AuthorizationEndpoint() + "?" + url.Values{
		"client_id": {authserver.PublicClientID}, "request_uri": {pushed.str("request_uri")},
	}.Encode()

	back := redirect(t, srv.get(t, address))
	assert.Equal(t, "the state", back.Get("state"))
	requireToken(t, srv.redeem(t, public(), back.Get("code"), callback, verifier))

	again := srv.get(t, address)
	assert.NotEqual(t, http.StatusSeeOther, again.status, "a request works once")
	assert.Contains(t, again.body, "invalid_request")
}

func TestPushedAuthorizationRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	wrong := srv.push(t, basic(authserver.ClientID, "wrong"), "client_id", authserver.ClientID)
	requireError(t, wrong, http.StatusUnauthorized, "invalid_client")
	requireError(t, srv.push(t, public(), "redirect_uri", "https://attacker.example"), http.StatusBadRequest, "invalid_request")

	// PKCE is asked for when the pushed request is used.
	weak := srv.push(t, public(), "code_challenge", "")
	back := redirect(t, srv.get(t, srv.AuthorizationEndpoint()+"?"+url.Values{
		"client_id": {authserver.PublicClientID}, "request_uri": {weak.str("request_uri")},
	}.Encode()))
	assert.Equal(t, "invalid_request", back.Get("error"))

	pushed := srv.push(t, public())
	stolen := srv.get(t, srv.AuthorizationEndpoint()+"?"+url.Values{
		"client_id": {authserver.PostClientID}, "request_uri": {pushed.str("request_uri")},
	}.Encode())
	assert.Contains(t, stolen.body, "access_denied")
}
