// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const decodesBasic = "it decodes Basic credentials, as RFC 6749 says"

func authenticationRows() []row {
	const group = "client_credentials"
	return []row{
		{group: group, name: "client_secret_basic", check: func(t *testing.T, s *server) { checkCredentials(t, s, s.basic) }},
		{
			group: group, name: "client_secret_basic, special characters in id and secret",
			check: func(t *testing.T, s *server) { checkCredentials(t, s, s.special) },
			added: map[string]string{keyGoOIDC: addedEncoding},
		},
		{group: group, name: "client_secret_post", check: func(t *testing.T, s *server) { checkCredentials(t, s, s.post) }},
		{
			group: group, name: "client_secret_basic not encoded (RFC 2617), special characters in secret",
			check: checkRawBasic, without: map[string]string{keyOIDCProvider: decodesBasic},
		},
	}
}

func checkCredentials(t *testing.T, s *server, p party) {
	t.Helper()
	got, err := s.client(t, p).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	requireToken(t, got, err)
	assert.Contains(t, []string{"", scope}, got.Scope)
	assert.Empty(t, got.RefreshToken)
	assert.Empty(t, got.IDToken)
}

// checkRawBasic runs go-oidc as it is, without the middleware that decodes.
func checkRawBasic(t *testing.T, s *server) {
	raw := party{"raw client", s.special.secret, clientauth.SecretBasicRFC2617}
	issuer := bareGoOIDC(t, goidc.Client{ID: raw.id, Secret: raw.secret, ClientMeta: goidc.ClientMeta{
		GrantTypes: []goidc.GrantType{goidc.GrantClientCredentials}, ScopeIDs: scope,
		TokenAuthnMethod: goidc.AuthnMethodSecretBasic,
	}}, provider.WithClientCredentialsGrant())
	request := func(method func(string) clientauth.Method) (*tokenclient.TokenResponse, error) {
		client := newClient(t, tokenclient.Config{
			Endpoints: tokenclient.Endpoints{Token: issuer + "/token"}, ClientID: raw.id, Auth: method(raw.secret),
		})
		return client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	}

	got, err := request(clientauth.SecretBasicRFC2617)
	requireToken(t, got, err)

	got, err = request(clientauth.SecretBasic)
	assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
}
