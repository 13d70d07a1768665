// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	answersJSON = "it answers with JSON only"
	signsForAll = "it signs for every client that asks for it"
)

func introspectionRows() []row {
	const group = "introspection"
	return []row{
		{group: group, name: "active: a client's token, a user's, a refresh token", check: checkActive},
		{group: group, name: "not active: unknown", check: checkInactive},
		{group: group, name: "wrong secret", check: checkIntrospectionWrongSecret},
		{
			group: group, name: "signed JWT (RFC 9701), active and not, verified with the server's keys", check: checkSignedIntrospection,
			without: map[string]string{keyGoOIDC: answersJSON},
		},
		{
			group: group, name: "JSON refused when a signed JWT is required", check: checkUnsignedIntrospection,
			without: map[string]string{keyOIDCProvider: signsForAll},
		},
	}
}

// introspect asks what a token is worth.
func (s *server) introspect(t *testing.T, p party, token string) *tokenclient.TokenIntrospectionResponse {
	t.Helper()
	got, err := s.client(t, p).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: token})
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	return got
}

func checkActive(t *testing.T, s *server) {
	own, err := requestCredentials(t, s, s.basic, scope)
	requireToken(t, own, err)
	for _, p := range []party{s.basic, s.special, s.post} {
		got := s.introspect(t, p, own.AccessToken)
		assert.True(t, got.Active)
		assert.Equal(t, s.basic.id, got.ClientID)
		assert.Equal(t, []string{scope}, got.Scopes)
		assert.Equal(t, s.issuer, got.Issuer)
		assert.WithinDuration(t, own.Token().Expiry, got.Expiry, 5*time.Second)
		assert.Contains(t, got.Claims, tokenclient.Claim{Type: "client_id", Value: s.basic.id})
	}

	login := s.redeem(t, s.client(t, s.basic), tokenclient.NewAuthorizeRequest(loginScope, redirectURI))
	for hint, token := range map[string]string{
		tokenclient.TokenTypeHintAccessToken: login.AccessToken, tokenclient.TokenTypeHintRefreshToken: login.RefreshToken,
	} {
		got, err := s.client(t, s.basic).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: token, TokenTypeHint: hint})
		require.NoError(t, err)
		assert.True(t, got.Active, hint)
		assert.Equal(t, s.user, got.Subject, hint)
		assert.Contains(t, got.Scopes, "openid", hint)
	}
}

func checkInactive(t *testing.T, s *server) {
	got := s.introspect(t, s.basic, "nothing the server has issued")
	assert.False(t, got.Active)
	assert.False(t, got.IsError())
	assert.Empty(t, got.Claims)
}

func checkIntrospectionWrongSecret(t *testing.T, s *server) {
	got, err := s.client(t, s.basic.with("wrong")).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "any"})
	requireRefused(t, &got.Response, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	assert.False(t, got.Active)
}

func checkSignedIntrospection(t *testing.T, s *server) {
	algorithm := s.signs(t, s.metadata.IntrospectionSigningAlgValuesSupported)
	registered := s.register(t, tokenclient.ClientRegistration{IntrospectionSignedResponseAlg: algorithm})
	client := s.client(t, registered)
	own, err := requestCredentials(t, s, registered, scope)
	requireToken(t, own, err)

	got, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: own.AccessToken, RequireSigned: true})
	require.NoError(t, err)
	assert.True(t, got.Active)
	assert.Equal(t, registered.id, got.ClientID)
	assert.Equal(t, []string{scope}, got.Scopes)
	assert.Contains(t, got.Header.Get("Content-Type"), "application/token-introspection+jwt")
	assert.Equal(t, "eyJ", got.Raw()[:3])
	assert.True(t, got.Field("active").Bool())

	got, err = client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "unknown", RequireSigned: true})
	require.NoError(t, err)
	assert.False(t, got.Active)

	stranger := s.config(registered)
	stranger.Issuer = "https://another.example"
	_, err = newClient(t, stranger).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: own.AccessToken, RequireSigned: true})
	requireKind(t, err, tokenclient.KindPolicy)
}

func checkUnsignedIntrospection(t *testing.T, s *server) {
	own, err := requestCredentials(t, s, s.basic, scope)
	requireToken(t, own, err)
	got, err := s.client(t, s.basic).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{
		Token: own.AccessToken, RequireSigned: true,
	})
	requireKind(t, err, tokenclient.KindPolicy)
	assert.False(t, got.Active)
	assert.Equal(t, http.StatusOK, got.StatusCode)
}
