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

func exchangeRows() []row {
	const exchange, bearer = "token exchange", "JWT bearer"
	added := map[string]string{keyOIDCProvider: addedGrantType}
	decided := map[string]string{keyOIDCProvider: addedGrantType, keyGoOIDC: addedDecisions}
	return []row{
		{group: exchange, name: "on behalf of a user, with an actor, for two audiences", check: checkExchange, added: decided},
		{group: exchange, name: "for an ID token: token type N_A", check: checkExchangeForIDToken, added: added},
		{group: exchange, name: "refused: unknown audience, no token of the server", check: checkExchangeRefused, added: decided},
		{group: bearer, name: "a JWT about a user", check: checkJWTBearer, added: added},
		{group: bearer, name: "refused: used twice, no JWT", check: checkJWTBearerRefused, added: decided},
	}
}

// exchange trades the access token of a user who has logged in elsewhere.
func (s *server) exchange(t *testing.T, change func(*tokenclient.TokenExchangeTokenRequest)) (*tokenclient.TokenResponse, error) {
	t.Helper()
	login := s.redeem(t, s.client(t, s.public), tokenclient.NewAuthorizeRequest(scope, redirectURI))
	request := tokenclient.TokenExchangeTokenRequest{
		SubjectToken: login.AccessToken, SubjectTokenType: tokenclient.TokenTypeIdentifierAccessToken,
	}
	change(&request)
	return s.client(t, s.post).RequestTokenExchangeToken(t.Context(), request)
}

func checkExchange(t *testing.T, s *server) {
	actor, err := requestCredentials(t, s, s.basic, scope)
	requireToken(t, actor, err)
	got, err := s.exchange(t, func(r *tokenclient.TokenExchangeTokenRequest) {
		r.ActorToken, r.ActorTokenType = actor.AccessToken, tokenclient.TokenTypeIdentifierAccessToken
		r.Audience = []string{"api1", "api2"}
		r.Scope = "api2"
	})
	requireToken(t, got, err)
	assert.Equal(t, tokenclient.TokenTypeIdentifierAccessToken, got.IssuedTokenType)
	assert.Equal(t, "api2", got.Scope)

	told := s.introspect(t, s.basic, got.AccessToken)
	assert.True(t, told.Active)
	assert.Equal(t, s.user, told.Subject)
	assert.Equal(t, s.post.id, told.ClientID)
	assert.Equal(t, []string{"api1", "api2"}, told.Audiences)
	assert.Equal(t, s.basic.id, told.JSON().Get("act.sub").String())
}

func checkExchangeForIDToken(t *testing.T, s *server) {
	got, err := s.exchange(t, func(r *tokenclient.TokenExchangeTokenRequest) {
		r.RequestedTokenType = tokenclient.TokenTypeIdentifierIDToken
	})
	require.NoError(t, err)
	assert.Equal(t, tokenclient.TokenTypeIdentifierIDToken, got.IssuedTokenType)
	assert.Equal(t, tokenclient.TokenTypeNotApplicable, got.TokenType)
	claims := s.verifyIDToken(t, got.AccessToken)
	assert.Equal(t, s.user, claims.Subject)
	assert.Equal(t, s.post.id, claims.Audience)
}

func checkExchangeRefused(t *testing.T, s *server) {
	got, err := s.exchange(t, func(r *tokenclient.TokenExchangeTokenRequest) { r.Audience = []string{"api3"} })
	assertRefused(t, got, err, tokenclient.ErrInvalidTarget, http.StatusBadRequest)
	got, err = s.exchange(t, func(r *tokenclient.TokenExchangeTokenRequest) { r.SubjectToken = "nothing" })
	assertRefused(t, got, err, tokenclient.ErrInvalidRequest, http.StatusBadRequest)
}

func bearer(t *testing.T, client *tokenclient.Client, assertion string) (*tokenclient.TokenResponse, error) {
	t.Helper()
	return client.RequestJWTBearerToken(t.Context(), tokenclient.JWTBearerTokenRequest{Assertion: assertion, Scope: scope})
}

func checkJWTBearer(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.post} {
		assertion, err := s.newAssertion("bob")
		require.NoError(t, err)
		got, err := bearer(t, s.client(t, p), assertion)
		requireToken(t, got, err)
		assert.Equal(t, "bob", s.introspect(t, p, got.AccessToken).Subject)
	}
}

func checkJWTBearerRefused(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	assertion, err := s.newAssertion(s.user)
	require.NoError(t, err)
	got, err := bearer(t, client, assertion)
	requireToken(t, got, err)

	for _, refused := range []string{assertion, "nothing"} {
		got, err = bearer(t, client, refused)
		assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
	}
}
