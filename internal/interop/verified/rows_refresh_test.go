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

func refreshRows() []row {
	const group = "refresh_token"
	return []row{
		{
			group: group, name: "rotation, confidential client",
			check: func(t *testing.T, s *server) { checkRotation(t, s, s.basic) },
		},
		{
			group: group, name: "rotation, public client",
			check: func(t *testing.T, s *server) { checkRotation(t, s, s.public) },
		},
		{group: group, name: "old one replayed", check: checkReplayedRefresh},
		{group: group, name: "unknown one", check: checkUnknownRefresh},
	}
}

// refreshToken logs in and returns the refresh token.
func (s *server) refreshToken(t *testing.T, client *tokenclient.Client) string {
	t.Helper()
	got, err := client.RequestAuthorizationCodeToken(t.Context(), s.signIn(t, client, loginScope).TokenRequest())
	requireToken(t, got, err)
	require.NotEmpty(t, got.RefreshToken)
	return got.RefreshToken
}

func refresh(t *testing.T, client *tokenclient.Client, token string) (*tokenclient.TokenResponse, error) {
	t.Helper()
	return client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: token})
}

func checkRotation(t *testing.T, s *server, p party) {
	t.Helper()
	client := s.client(t, p)
	token := s.refreshToken(t, client)
	for range 3 {
		got, err := refresh(t, client, token)
		requireToken(t, got, err)
		require.NotEmpty(t, got.RefreshToken)
		assert.NotEqual(t, token, got.RefreshToken)
		token = got.RefreshToken
	}
}

func checkReplayedRefresh(t *testing.T, s *server) {
	client := s.client(t, s.public)
	old := s.refreshToken(t, client)
	got, err := refresh(t, client, old)
	requireToken(t, got, err)

	got, err = refresh(t, client, old)
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}

func checkUnknownRefresh(t *testing.T, s *server) {
	got, err := refresh(t, s.client(t, s.basic), "nothing the server has issued")
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}
