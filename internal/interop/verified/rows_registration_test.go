// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func registrationRows() []row {
	const group = "client registration"
	return []row{
		{group: group, name: "create, and use the client", check: checkRegister},
		{group: group, name: "read, update, delete (RFC 7592)", check: checkManage},
		{group: group, name: "refused: invalid metadata, wrong registration access token", check: checkRegisterRefused},
	}
}

// registrar knows nothing but where to register.
func (s *server) registrar(t *testing.T) *tokenclient.Client {
	t.Helper()
	return newClient(t, tokenclient.Config{Metadata: s.metadata})
}

// create registers a native client with a secret.
func (s *server) create(t *testing.T, registration tokenclient.ClientRegistration) *tokenclient.ClientRegistrationResponse {
	t.Helper()
	registration.ApplicationType = "native"
	registration.RedirectURIs = []string{"http://127.0.0.1/callback"}
	registration.GrantTypes = []string{
		tokenclient.GrantTypeAuthorizationCode, tokenclient.GrantTypeRefreshToken, tokenclient.GrantTypeClientCredentials,
	}
	registration.TokenEndpointAuthMethod = "client_secret_basic"
	got, err := s.registrar(t).RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{Registration: registration})
	require.NoError(t, err)
	assert.Equal(t, http.StatusCreated, got.StatusCode)
	assert.NotEmpty(t, got.ClientID)
	assert.NotEmpty(t, got.ClientSecret)
	assert.True(t, got.ClientSecretExpiresAt.IsZero())
	assert.NotEmpty(t, got.RegistrationAccessToken)
	assert.True(t, strings.HasPrefix(got.RegistrationClientURI, s.issuer+"/"))
	assert.Equal(t, registration.RedirectURIs, got.Registration.RedirectURIs)
	return got
}

// register returns a new client.
func (s *server) register(t *testing.T, registration tokenclient.ClientRegistration) party {
	t.Helper()
	got := s.create(t, registration)
	return party{got.ClientID, got.ClientSecret, clientauth.SecretBasic}
}

// signs returns an algorithm of those for which the server has a key.
func (s *server) signs(t *testing.T, algorithms []string) string {
	t.Helper()
	for _, algorithm := range algorithms {
		if algorithm == "none" {
			continue
		}
		keys, err := s.metadata.Keys().Find(t.Context(), "", algorithm)
		require.NoError(t, err)
		if len(keys) > 0 {
			return algorithm
		}
	}
	require.Fail(t, "the server has no key to sign with", algorithms)
	return ""
}

func checkRegister(t *testing.T, s *server) {
	registered := s.register(t, tokenclient.ClientRegistration{ClientName: "a client"})
	checkCredentials(t, s, registered)
	client := s.client(t, registered)
	got, err := refresh(t, client, s.refreshToken(t, client))
	requireToken(t, got, err)
}

func checkManage(t *testing.T, s *server) {
	registrar := s.registrar(t)
	created := s.create(t, tokenclient.ClientRegistration{ClientName: "a client", LogoURI: "https://client.example/logo"})
	registered := party{created.ClientID, created.ClientSecret, clientauth.SecretBasic}

	read, err := registrar.ReadClient(t.Context(), created.ManagementRequest())
	require.NoError(t, err)
	assert.Equal(t, created.ClientID, read.ClientID)
	assert.Equal(t, created.Registration, read.Registration)

	change := read.UpdateRequest()
	change.Registration.ClientName = "another name"
	change.Registration.LogoURI = ""
	updated, err := registrar.UpdateClient(t.Context(), change)
	require.NoError(t, err)
	assert.Equal(t, created.ClientID, updated.ClientID)
	assert.Equal(t, "another name", updated.Registration.ClientName)
	assert.Empty(t, updated.Registration.LogoURI, "what is left out is forgotten")
	assert.Equal(t, created.Registration.RedirectURIs, updated.Registration.RedirectURIs)
	checkCredentials(t, s, registered)

	deleted, err := registrar.DeleteClient(t.Context(), updated.ManagementRequest())
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, deleted.StatusCode)
	got, err := requestCredentials(t, s, registered, scope)
	assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	_, err = registrar.ReadClient(t.Context(), updated.ManagementRequest())
	require.ErrorIs(t, err, tokenclient.ErrInvalidToken)
}

func checkRegisterRefused(t *testing.T, s *server) {
	got, err := s.registrar(t).RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{
		Registration: tokenclient.ClientRegistration{
			RedirectURIs: []string{"http://127.0.0.1/callback"}, TokenEndpointAuthMethod: "no such method",
			Extensions: map[string]json.RawMessage{"extension": json.RawMessage(`{"a":1}`)},
		},
	})
	requireRefused(t, &got.Response, err, tokenclient.ErrInvalidClientMetadata, http.StatusBadRequest)
	assert.Empty(t, got.ClientID)

	request := s.create(t, tokenclient.ClientRegistration{}).ManagementRequest()
	request.RegistrationAccessToken = "wrong"
	_, err = s.registrar(t).ReadClient(t.Context(), request)
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, tokenclient.ErrInvalidToken)
	assert.Equal(t, http.StatusUnauthorized, refused.StatusCode)
}
