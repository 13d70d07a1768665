// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

func TestCode(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})

	for name, test := range map[string]func(*testing.T, *oidcprovider.Server){
		"redeemed once":        testCodeIsGoodOnce,
		"for the API":          testCodeForTheAPI,
		"bob":                  testCodeOfBob,
		"wrong verifier":       testCodeWithWrongVerifier,
		"denied":               testCodeDenied,
		"without PKCE":         testCodeWithoutPKCE,
		"unknown redirect URI": testCodeToUnknownRedirectURI,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, server)
		})
	}
}

func testCodeIsGoodOnce(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.PublicClientID, nil)

	callback, err := server.Login(t.Context(), request.url)

	require.NoError(t, err)
	assert.Equal(t, request.redirect, strings.SplitN(callback.String(), "?", 2)[0])
	assert.Equal(t, "the state", callback.Query().Get("state"))
	assert.Equal(t, server.Issuer(), callback.Query().Get("iss"))

	form := request.redeem(callback.Query().Get("code"))
	first := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), form)
	require.Equal(t, http.StatusOK, first.status, first.members)
	assert.NotEmpty(t, first.text("id_token"))
	assert.Equal(t, "alice", userinfo(t, server, first).text("sub"))

	replayed := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), form)
	assert.Equal(t, http.StatusBadRequest, replayed.status)
	assert.Equal(t, "invalid_grant", replayed.text("error"))
	assert.Equal(t, http.StatusUnauthorized, userinfo(t, server, first).status, "the replay revokes the token")
}

func testCodeForTheAPI(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.BasicClientID, map[string]string{"scope": "api1 api2"})

	callback, err := server.Login(t.Context(), request.url)
	require.NoError(t, err)
	got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, confidential(), request.redeem(callback.Query().Get("code")))

	require.Equal(t, http.StatusOK, got.status, got.members)
	assert.Equal(t, "api1 api2", got.text("scope"))
	assert.NotContains(t, got.members, "id_token")
}

func testCodeOfBob(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.PublicClientID, map[string]string{"login_hint": oidcprovider.Bob})

	callback, err := server.Login(t.Context(), request.url)
	require.NoError(t, err)
	got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), request.redeem(callback.Query().Get("code")))

	require.Equal(t, http.StatusOK, got.status, got.members)
	assert.Equal(t, "bob", userinfo(t, server, got).text("sub"))
}

func testCodeWithWrongVerifier(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.PublicClientID, nil)

	callback, err := server.Login(t.Context(), request.url)
	require.NoError(t, err)
	request.verifier = strings.Repeat("wrong", 10)
	got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), request.redeem(callback.Query().Get("code")))

	assert.Equal(t, "invalid_grant", got.text("error"))
}

func testCodeDenied(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.PublicClientID, map[string]string{"login_hint": oidcprovider.HintDeny})

	callback, err := server.Login(t.Context(), request.url)

	require.NoError(t, err)
	assert.Equal(t, "access_denied", callback.Query().Get("error"))
}

func testCodeWithoutPKCE(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.BasicClientID, map[string]string{
		"code_challenge": "", "code_challenge_method": "",
	})

	callback, err := server.Login(t.Context(), request.url)

	require.NoError(t, err)
	assert.Equal(t, "invalid_request", callback.Query().Get("error"))
}

func testCodeToUnknownRedirectURI(t *testing.T, server *oidcprovider.Server) {
	t.Helper()
	request := newCodeRequest(server, oidcprovider.PublicClientID, map[string]string{
		"redirect_uri": "http://127.0.0.1/elsewhere",
	})

	_, err := server.Login(t.Context(), request.url)

	var answered *oidcprovider.AnswerError
	require.ErrorAs(t, err, &answered)
	assert.Equal(t, http.StatusBadRequest, answered.StatusCode)
	assert.Equal(t, "invalid_redirect_uri", answered.Code)
}

func userinfo(t *testing.T, server *oidcprovider.Server, tokens answer) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Metadata().UserinfoEndpoint, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+tokens.text("access_token"))
	return receive(t, server.HTTPClient(), request)
}
