// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const groupCode = "authorization_code"

func codeRows() []row {
	return []row{
		{
			group: groupCode, name: "PKCE, confidential client (basic)",
			check: func(t *testing.T, s *server) { checkCode(t, s, s.basic) },
		},
		{
			group: groupCode, name: "PKCE, confidential client (basic, special characters)",
			check: func(t *testing.T, s *server) { checkCode(t, s, s.special) },
			added: map[string]string{keyGoOIDC: addedEncoding},
		},
		{
			group: groupCode, name: "PKCE, confidential client (post)",
			check: func(t *testing.T, s *server) { checkCode(t, s, s.post) },
		},
		{
			group: groupCode, name: "PKCE, public client",
			check: func(t *testing.T, s *server) { checkCode(t, s, s.public) },
		},
		{group: groupCode, name: "a stored login goes on", check: checkStoredLogin},
		{group: groupCode, name: "iss and state compared (RFC 9207)", check: checkMixUp},
	}
}

func codeRefusedRows() []row {
	return []row{
		{group: groupCode, name: "login denied by the user", check: checkDeniedLogin},
		{group: groupCode, name: "code replayed", check: checkReplayedCode},
		{group: groupCode, name: "wrong code_verifier", check: checkWrongVerifier},
		{group: groupCode, name: "wrong redirect_uri", check: checkWrongRedirectURI},
		{group: groupCode, name: "code of another client", check: checkForeignCode},
	}
}

func checkCode(t *testing.T, s *server, p party) {
	t.Helper()
	client := s.client(t, p)
	back := s.signIn(t, client, loginScope)
	assert.Equal(t, s.issuer, back.Issuer)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, got, err)
	assert.NotEmpty(t, got.IDToken)
	assert.NotEmpty(t, got.RefreshToken)
	assert.Contains(t, strings.Fields(got.Scope), "openid")

	got, err = client.RequestAuthorizationCodeToken(t.Context(), s.signIn(t, client, scope).TokenRequest())
	requireToken(t, got, err)
	assert.Empty(t, got.IDToken, "not a login by OpenID Connect")
	assert.Contains(t, []string{"", scope}, got.Scope)
}

func checkStoredLogin(t *testing.T, s *server) {
	client := s.client(t, s.public)
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	stored, err := tokenclient.EncodeAuthorizeRequest(sent)
	require.NoError(t, err)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	values := s.login(t, address)

	restored, err := tokenclient.DecodeAuthorizeRequest(stored)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(values, restored)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, got, err)
}

func checkMixUp(t *testing.T, s *server) {
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	address, err := s.client(t, s.public).AuthorizeURL(sent)
	require.NoError(t, err)
	values := s.login(t, address)
	require.Equal(t, s.issuer, values.Get("iss"))

	elsewhere := s.config(s.public)
	elsewhere.Issuer = "https://another.example"
	_, err = newClient(t, elsewhere).ParseAuthorizeResponse(values, sent)
	requirePolicy(t, err)

	another := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	_, err = s.client(t, s.public).ParseAuthorizeResponse(values, another)
	requirePolicy(t, err)
}

func requirePolicy(t *testing.T, err error) {
	t.Helper()
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, tokenclient.KindPolicy, refused.Kind)
}

func checkDeniedLogin(t *testing.T, s *server) {
	client := s.client(t, s.public)
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	sent.LoginHint = "deny"
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)

	_, err = client.ParseAuthorizeResponse(s.login(t, address), sent)

	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, tokenclient.ErrAccessDenied)
	assert.Equal(t, tokenclient.KindProtocol, refused.Kind)
}

func checkReplayedCode(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.public} {
		client := s.client(t, p)
		request := s.signIn(t, client, loginScope).TokenRequest()
		got, err := client.RequestAuthorizationCodeToken(t.Context(), request)
		requireToken(t, got, err)

		got, err = client.RequestAuthorizationCodeToken(t.Context(), request)
		assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
	}
}

func checkWrongVerifier(t *testing.T, s *server) {
	checkCodeRefused(t, s, func(r *tokenclient.AuthorizationCodeTokenRequest) { r.CodeVerifier = tokenclient.NewCodeVerifier() })
}

func checkWrongRedirectURI(t *testing.T, s *server) {
	checkCodeRefused(t, s, func(r *tokenclient.AuthorizationCodeTokenRequest) { r.RedirectURI += "/elsewhere" })

	client := s.client(t, s.public)
	address, err := client.AuthorizeURL(tokenclient.NewAuthorizeRequest(loginScope, "https://attacker.example/callback"))
	require.NoError(t, err)
	page := s.follow(t, address)
	assert.Empty(t, page.Header.Get("Location"), "nobody is sent to an address that is not registered")
	assert.Equal(t, http.StatusBadRequest, page.StatusCode)
}

func checkCodeRefused(t *testing.T, s *server, change func(*tokenclient.AuthorizationCodeTokenRequest)) {
	t.Helper()
	for _, p := range []party{s.basic, s.public} {
		client := s.client(t, p)
		request := s.signIn(t, client, loginScope).TokenRequest()
		change(&request)
		got, err := client.RequestAuthorizationCodeToken(t.Context(), request)
		assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
	}
}

func checkForeignCode(t *testing.T, s *server) {
	request := s.signIn(t, s.client(t, s.public), loginScope).TokenRequest()
	got, err := s.client(t, s.basic).RequestAuthorizationCodeToken(t.Context(), request)
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}
