// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const loggedOutURI = "http://127.0.0.1:53682/logged-out"

func logoutRows() []row {
	const group = "logout"
	return []row{
		{group: group, name: "end-session URL opened after a login: the user comes back, with state", check: checkLogout},
		{group: group, name: "post_logout_redirect_uri that is not registered", check: checkLogoutElsewhere},
	}
}

// withLogout returns a server that has an end-session endpoint, and a client that
// has registered where its users come back to. examples/authserver leaves out that
// part of go-oidc.
func (s *server) withLogout(t *testing.T) (*server, party) {
	t.Helper()
	registration := tokenclient.ClientRegistration{PostLogoutRedirectURIs: []string{loggedOutURI}}
	if s.key != keyGoOIDC {
		return s, s.register(t, registration)
	}
	return bareLogin(t,
		provider.WithLogout(nil, func(http.ResponseWriter, *http.Request, *goidc.LogoutSession) error { return nil }),
		provider.WithLogoutPolicies(goidc.NewLogoutPolicy("main",
			func(*http.Request, *goidc.LogoutSession) bool { return true },
			func(http.ResponseWriter, *http.Request, *goidc.LogoutSession) (goidc.Status, error) {
				return goidc.StatusSuccess, nil
			})),
	)
}

func checkLogout(t *testing.T, s *server) {
	s, p := s.withLogout(t)
	client, user := s.client(t, p), newBrowser(t, s.issuer)
	sent := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(user.login(t, address), sent)
	require.NoError(t, err)
	login, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, login, err)

	const state = "a state & more"
	address, err = client.EndSessionURL(tokenclient.EndSessionRequest{
		IDTokenHint: login.IDToken, PostLogoutRedirectURI: loggedOutURI, State: state, UILocales: "de en",
	})
	require.NoError(t, err)
	answer := user.open(t, address)
	if answer.StatusCode == http.StatusOK { // it asks the user
		answer = user.submit(t, answer, "logout")
	}
	assert.Equal(t, state, requireLocation(t, answer, loggedOutURI).Query().Get("state"))
}

func checkLogoutElsewhere(t *testing.T, s *server) {
	s, p := s.withLogout(t)
	address, err := s.client(t, p).EndSessionURL(tokenclient.EndSessionRequest{PostLogoutRedirectURI: "https://attacker.example/"})
	require.NoError(t, err)
	page := s.follow(t, address)
	assert.Empty(t, page.Header.Get("Location"))
	assert.Equal(t, http.StatusBadRequest, page.StatusCode)
}
