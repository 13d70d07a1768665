// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

const registration = `{"client_name":"a client","application_type":"native","redirect_uris":["http://127.0.0.1/callback"],` +
	`"grant_types":["authorization_code","client_credentials","refresh_token"],"extension":{"a":1}`

func TestRegistration(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	r := srv.bearer(t, http.MethodPost, srv.RegistrationEndpoint(), "", registration+"}")
	require.Equal(t, http.StatusCreated, r.status, r.body)
	assert.Equal(t, "client_secret_basic", r.str("token_endpoint_auth_method"), "the default of RFC 7591")
	assert.InDelta(t, 0, r.json["client_secret_expires_at"], 0)
	assert.Equal(t, authserver.Scopes, r.str("scope"))
	assert.Equal(t, map[string]any{"a": 1.0}, r.json["extension"])
	id, secret := r.str("client_id"), r.str("client_secret")
	requireToken(t, srv.token(t, basic(id, secret), "grant_type", "client_credentials", "scope", "api1"))
	code := srv.code(t, "client_id", id, "redirect_uri", callback)
	requireToken(t, srv.redeem(t, basic(id, secret), code, callback, verifier))

	address, token := r.str("registration_client_uri"), r.str("registration_access_token")
	assert.Equal(t, srv.RegistrationEndpoint()+"/"+id, address)
	read := srv.bearer(t, http.MethodGet, address, token, "")
	require.Equal(t, http.StatusOK, read.status, read.body)
	assert.Equal(t, "a client", read.str("client_name"))
	next := read.str("registration_access_token")
	assert.NotEqual(t, token, next, "it rotates")
	requireError(t, srv.bearer(t, http.MethodGet, address, token, ""), http.StatusUnauthorized, "invalid_token")

	updated := srv.bearer(t, http.MethodPut, address, next, `{"client_name":"another name","client_id":"`+id+`","grant_types":["client_credentials"]}`)
	require.Equal(t, http.StatusOK, updated.status, updated.body)
	assert.Equal(t, "another name", updated.str("client_name"))
	assert.NotContains(t, updated.json, "extension", "what is left out is forgotten")
	requireToken(t, srv.token(t, basic(id, secret), "grant_type", "client_credentials"))

	deleted := srv.bearer(t, http.MethodDelete, address, updated.str("registration_access_token"), "")
	require.Equal(t, http.StatusNoContent, deleted.status, deleted.body)
	requireError(t, srv.token(t, basic(id, secret), "grant_type", "client_credentials"), http.StatusUnauthorized, "invalid_client")
	requireError(t, srv.bearer(t, http.MethodGet, address, next, ""), http.StatusUnauthorized, "invalid_token")
}

func TestRegistrationRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for name, test := range map[string]struct{ body, code string }{
		"not JSON":         {`{`, "invalid_request"},
		"with an id":       {registration + `,"client_id":"mine"}`, "invalid_client_metadata"},
		"a grant of ours":  {`{"grant_types":["password"]}`, "invalid_client_metadata"},
		"unknown scope":    {registration + `,"scope":"nothing"}`, "invalid_client_metadata"},
		"web and loopback": {`{"application_type":"web","redirect_uris":["http://127.0.0.1/callback"]}`, "invalid_client_metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireError(t, srv.bearer(t, http.MethodPost, srv.RegistrationEndpoint(), "", test.body), http.StatusBadRequest, test.code)
		})
	}
	requireError(t, srv.bearer(t, http.MethodGet, srv.RegistrationEndpoint()+"/"+authserver.ClientID, "x", ""),
		http.StatusUnauthorized, "invalid_token")

	// Our own grants are for the demo clients only.
	r := srv.bearer(t, http.MethodPost, srv.RegistrationEndpoint(), "", `{"grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"]}`)
	require.Equal(t, http.StatusCreated, r.status, r.body)
	requireError(t, srv.token(t, basic(r.str("client_id"), r.str("client_secret")), "grant_type", "password", "username", "alice", "password", "alice"),
		http.StatusUnauthorized, "unauthorized_client")
}

func TestSignedUserInfo(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	r := srv.bearer(t, http.MethodPost, srv.RegistrationEndpoint(), "", registration+`,"userinfo_signed_response_alg":"ES256"}`)
	require.Equal(t, http.StatusCreated, r.status, r.body)
	id := r.str("client_id")
	token := srv.redeem(t, basic(id, r.str("client_secret")), srv.code(t, "client_id", id, "redirect_uri", callback), callback, verifier)
	info := srv.bearer(t, http.MethodGet, srv.UserInfoEndpoint(), token.str("access_token"), "")
	require.Equal(t, http.StatusOK, info.status, info.body)
	assert.Contains(t, info.header.Get("Content-Type"), "application/jwt")
	signed := claims(t, info.body)
	assert.Equal(t, authserver.Alice, signed["sub"])
	assert.Equal(t, srv.Issuer(), signed["iss"])
	assert.Equal(t, id, signed["aud"])
}
