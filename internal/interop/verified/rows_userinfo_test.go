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

// userScope asks for claims, and for nothing but UserInfo.
const userScope = "openid profile email"

func userInfoRows() []row {
	const group = "UserInfo"
	return []row{
		{group: group, name: "JSON, sub compared", check: checkUserInfo},
		{group: group, name: "another user's sub refused", check: checkSwappedUser},
		{group: group, name: "signed JWT, verified with the server's keys", check: checkSignedUserInfo},
		{group: group, name: "JSON refused when a signed JWT is required", check: checkUnsignedUserInfo},
		{group: group, name: "unknown and revoked token: invalid_token", check: checkUserInfoRefused},
	}
}

// userToken logs bob in.
func (s *server) userToken(t *testing.T, p party) *tokenclient.TokenResponse {
	t.Helper()
	sent := tokenclient.NewAuthorizeRequest(userScope, redirectURI)
	sent.LoginHint = "bob"
	return s.redeem(t, s.client(t, p), sent)
}

func requireBob(t *testing.T, got *tokenclient.UserInfoResponse, err error) {
	t.Helper()
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, "bob", got.Subject)
	assert.Contains(t, got.Claims, tokenclient.Claim{Type: "sub", Value: "bob"})
	assert.Contains(t, got.Claims, tokenclient.Claim{Type: "preferred_username", Value: "bob"})
	assert.Equal(t, "bob@example.com", got.Field("email").String())
}

func checkUserInfo(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.public} {
		login := s.userToken(t, p)
		got, err := s.client(t, p).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{
			AccessToken: login.AccessToken, Subject: s.verifyIDToken(t, login.IDToken).Subject,
		})
		requireBob(t, got, err)
	}
}

func checkSwappedUser(t *testing.T, s *server) {
	client := s.client(t, s.public)
	token := s.userToken(t, s.public).AccessToken
	got, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token, Subject: s.user})
	requireKind(t, err, tokenclient.KindPolicy)
	assert.Empty(t, got.Subject)
	assert.Empty(t, got.Claims)

	got, err = client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token, AllowAnySubject: true})
	requireBob(t, got, err)
}

func checkSignedUserInfo(t *testing.T, s *server) {
	registered := s.register(t, tokenclient.ClientRegistration{
		UserInfoSignedResponseAlg: s.signs(t, s.metadata.UserInfoSigningAlgValuesSupported),
	})
	request := tokenclient.UserInfoRequest{AccessToken: s.userToken(t, registered).AccessToken, Subject: "bob", RequireSigned: true}
	got, err := s.client(t, registered).GetUserInfo(t.Context(), request)
	requireBob(t, got, err)
	assert.Contains(t, got.Header.Get("Content-Type"), "application/jwt")
	assert.Equal(t, "eyJ", got.Raw()[:3])

	// The answer is for the client to which the token was issued.
	got, err = s.client(t, s.basic).GetUserInfo(t.Context(), request)
	requireKind(t, err, tokenclient.KindPolicy)
	assert.Empty(t, got.Claims)
}

func checkUnsignedUserInfo(t *testing.T, s *server) {
	_, err := s.client(t, s.public).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{
		AccessToken: s.userToken(t, s.public).AccessToken, Subject: "bob", RequireSigned: true,
	})
	requireKind(t, err, tokenclient.KindPolicy)
}

func checkUserInfoRefused(t *testing.T, s *server) {
	revoked := s.userToken(t, s.basic).AccessToken
	s.revoke(t, s.basic, revoked, "")
	for _, token := range []string{revoked, "unknown"} {
		got, err := s.client(t, s.basic).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token, Subject: "bob"})
		var refused *tokenclient.Error
		require.ErrorAs(t, err, &refused)
		require.ErrorIs(t, err, tokenclient.ErrInvalidToken)
		assert.Equal(t, http.StatusUnauthorized, refused.StatusCode)
		assert.Empty(t, got.Claims)
	}
}
