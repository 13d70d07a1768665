// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func pushedRows() []row {
	const group = "pushed authorization"
	return []row{
		{
			group: group, name: "login, confidential client (basic)",
			check: func(t *testing.T, s *server) { checkPushed(t, s, s.basic) },
		},
		{
			group: group, name: "login, confidential client (post)",
			check: func(t *testing.T, s *server) { checkPushed(t, s, s.post) },
		},
		{
			group: group, name: "login, public client",
			check: func(t *testing.T, s *server) { checkPushed(t, s, s.public) },
		},
		{group: group, name: "request_uri used twice", check: checkPushedTwice},
		{group: group, name: "a server that wants it: plain requests refused, by the client before the server", check: checkPushRequired},
		{group: group, name: "refused: wrong secret, wrong redirect_uri", check: checkPushRefused},
	}
}

// push sends a login to the server and returns the login that stands for it.
func push(t *testing.T, client *tokenclient.Client) tokenclient.AuthorizeRequest {
	t.Helper()
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	sent.LoginHint = "bob"
	pushed, err := client.PushAuthorization(t.Context(), sent)
	require.NoError(t, err)
	assert.Equal(t, http.StatusCreated, pushed.StatusCode)
	assert.NotEmpty(t, pushed.RequestURI)
	assert.Positive(t, pushed.ExpiresIn)
	return pushed.AuthorizeRequest()
}

func checkPushed(t *testing.T, s *server, p party) {
	t.Helper()
	client := s.client(t, p)
	sent := push(t, client)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	parsed, err := url.Parse(address)
	require.NoError(t, err)
	assert.Equal(t, url.Values{"client_id": {p.id}, "request_uri": {sent.RequestURI}}, parsed.Query())

	back, err := client.ParseAuthorizeResponse(s.login(t, address), sent)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, got, err)
	assert.Equal(t, "bob", s.verifyIDToken(t, got.IDToken).Subject)
}

// checkPushedTwice is refused by the client, and by the server when the address is
// opened again.
func checkPushedTwice(t *testing.T, s *server) {
	client := s.client(t, s.public)
	sent := push(t, client)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	s.login(t, address)

	_, err = client.AuthorizeURL(sent)
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, tokenclient.KindRequest, refused.Kind)
	assert.Equal(t, "request_uri", refused.Parameter)

	page := s.follow(t, address)
	assert.Empty(t, page.Header.Get("Location"))
	assert.Equal(t, http.StatusBadRequest, page.StatusCode)
}

// withPushRequired returns a server that accepts nothing else. examples/authserver
// cannot be told to.
func (s *server) withPushRequired(t *testing.T) (*server, party) {
	t.Helper()
	if s.key != keyGoOIDC {
		return s.another(t, options{requirePushed: true}), s.public
	}
	return bareLogin(t, provider.WithPARRequired(nil))
}

func checkPushRequired(t *testing.T, s *server) {
	s, p := s.withPushRequired(t)
	client := s.client(t, p)
	plain := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	_, err := client.AuthorizeURL(plain)
	requireKind(t, err, tokenclient.KindRequest)

	careless := newClient(t, tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Authorization: s.metadata.AuthorizationEndpoint}, ClientID: p.id,
	})
	address, err := careless.AuthorizeURL(plain)
	require.NoError(t, err)
	assert.NotContains(t, s.follow(t, address).Header.Get("Location"), "code=")

	pushed, err := client.PushAuthorization(t.Context(), plain)
	require.NoError(t, err)
	got := s.redeem(t, client, pushed.AuthorizeRequest())
	assert.Equal(t, "alice", s.verifyIDToken(t, got.IDToken).Subject)
}

func checkPushRefused(t *testing.T, s *server) {
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	got, err := s.client(t, s.basic.with("wrong")).PushAuthorization(t.Context(), sent)
	requireRefused(t, &got.Response, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	assert.Empty(t, got.RequestURI)

	sent.RedirectURI = "https://attacker.example/callback"
	for _, p := range []party{s.basic, s.public} {
		got, err = s.client(t, p).PushAuthorization(t.Context(), sent)
		requireRefused(t, &got.Response, err, tokenclient.ErrInvalidRequest, http.StatusBadRequest)
	}
}
