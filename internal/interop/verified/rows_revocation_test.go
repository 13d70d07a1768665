// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func revocationRows() []row {
	const group = "revocation"
	return []row{
		{group: group, name: "refresh token, confidential client", check: func(t *testing.T, s *server) { checkRevokedRefresh(t, s, s.basic) }},
		{group: group, name: "refresh token, public client", check: func(t *testing.T, s *server) { checkRevokedRefresh(t, s, s.public) }},
		{group: group, name: "access token: not active any more", check: checkRevokedAccess},
		{group: group, name: "unknown token: done", check: checkRevokedUnknown},
		{group: group, name: "wrong secret", check: checkRevocationWrongSecret},
	}
}

// revoke makes a token useless, twice: what is done stays done.
func (s *server) revoke(t *testing.T, p party, token, hint string) {
	t.Helper()
	for range 2 {
		got, err := s.client(t, p).RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: token, TokenTypeHint: hint})
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, got.StatusCode)
	}
}

func checkRevokedRefresh(t *testing.T, s *server, p party) {
	t.Helper()
	for _, hint := range []string{"", tokenclient.TokenTypeHintRefreshToken} {
		client := s.client(t, p)
		token := s.refreshToken(t, client)
		s.revoke(t, p, token, hint)
		got, err := refresh(t, client, token)
		assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
		assert.False(t, s.introspect(t, s.basic, token).Active)
	}
}

func checkRevokedAccess(t *testing.T, s *server) {
	for _, hint := range []string{"", tokenclient.TokenTypeHintAccessToken} {
		login := s.redeem(t, s.client(t, s.basic), tokenclient.NewAuthorizeRequest(scope, redirectURI))
		require.True(t, s.introspect(t, s.basic, login.AccessToken).Active)
		s.revoke(t, s.basic, login.AccessToken, hint)
		assert.False(t, s.introspect(t, s.basic, login.AccessToken).Active)
	}
}

func checkRevokedUnknown(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.special, s.post} {
		s.revoke(t, p, "nothing the server has issued", "")
	}
}

func checkRevocationWrongSecret(t *testing.T, s *server) {
	got, err := s.client(t, s.basic.with("wrong")).RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: "any"})
	requireRefused(t, &got.Response, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
}
