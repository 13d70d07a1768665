// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const (
	groupAssertion   = "client assertions"
	unknownAlgorithm = "its algorithms are others"
)

func assertionRows() []row {
	unknown := map[string]string{keyOIDCProvider: unknownAlgorithm}
	return []row{
		privateKeyRow(keyP256, "ES256", nil),
		privateKeyRow(keyP384, "ES384", unknown),
		privateKeyRow(keyRSA, "PS256", nil),
		privateKeyRow(keyRSA, "RS256", nil),
		privateKeyRow(keyEd25519, "EdDSA", nil),
		secretJWTRow("HS256", nil),
		secretJWTRow("HS384", unknown),
		secretJWTRow("HS512", unknown),
		{group: groupAssertion, name: "private_key_jwt for a pushed login, its code, a refresh, introspection and revocation", check: checkAssertionEverywhere},
		{group: groupAssertion, name: "wrong key, wrong secret", check: checkWrongKey},
		{
			group: groupAssertion, name: "an assertion sent twice", check: checkReplayedAssertion,
			added: map[string]string{keyGoOIDC: addedReplay},
		},
		{group: groupAssertion, name: "for the token endpoint instead of the issuer, and untyped", check: checkAssertionOptions},
		{
			group: groupAssertion, name: "refused by the client: an algorithm that the metadata does not list", check: checkUnlistedAlgorithm,
			without: map[string]string{keyGoOIDC: "it takes all that the client has"},
		},
	}
}

func privateKeyRow(id, algorithm string, without map[string]string) row {
	return row{
		group: groupAssertion, name: "private_key_jwt, " + algorithm, without: without,
		check: func(t *testing.T, s *server) { checkSigned(t, s.keyed.signingConfig(id, algorithm)) },
	}
}

func secretJWTRow(algorithm string, without map[string]string) row {
	return row{
		group: groupAssertion, name: "client_secret_jwt, " + algorithm, without: without,
		check: func(t *testing.T, s *server) {
			checkSigned(t, s.keyed.secretConfig(s.keyed.secretJWT.secret, algorithm))
		},
	}
}

func (k *keyed) secretConfig(secret, algorithm string) tokenclient.Config {
	return tokenclient.Config{
		Metadata: k.metadata, ClientID: k.secretJWT.id,
		Auth: clientauth.SecretJWT(secret, clientauth.JWTOptions{Algorithm: algorithm}),
	}
}

// checkSigned requests two tokens: what the client keeps between two assertions
// must not spoil the second.
func checkSigned(t *testing.T, config tokenclient.Config) {
	t.Helper()
	client := newClient(t, config)
	for range 2 {
		got, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
		requireToken(t, got, err)
	}
}

func checkAssertionEverywhere(t *testing.T, s *server) {
	k := s.keyed
	client := newClient(t, k.signingConfig(keyP256, "ES256"))
	got := k.redeem(t, client, push(t, client))
	got, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: got.RefreshToken})
	requireToken(t, got, err)
	info, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: got.AccessToken})
	require.NoError(t, err)
	assert.Equal(t, k.signing, info.ClientID)
	_, err = client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: got.RefreshToken})
	require.NoError(t, err)
	got, err = client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: got.RefreshToken})
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}

func checkWrongKey(t *testing.T, s *server) {
	k := s.keyed
	stranger := k.signingConfig(keyP256, "ES256")
	stranger.Auth = clientauth.PrivateKeyJWT(newSigningKeys(t)[keyP256], clientauth.JWTOptions{KeyID: keyP256})
	for _, config := range []tokenclient.Config{stranger, k.secretConfig("another secret, of more than thirty-two bytes", "HS256")} {
		got, err := newClient(t, config).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
		assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	}
}

func checkAssertionOptions(t *testing.T, s *server) {
	k := s.keyed
	config := k.signingConfig(keyP256, "ES256")
	config.Auth = clientauth.PrivateKeyJWT(k.signingKeys[keyP256], clientauth.JWTOptions{
		KeyID: keyP256, Audience: k.metadata.TokenEndpoint, AllowUntyped: true,
	})
	checkSigned(t, config)
}

func checkUnlistedAlgorithm(t *testing.T, s *server) {
	for _, config := range []tokenclient.Config{
		s.keyed.secretConfig(s.keyed.secretJWT.secret+" and even sixty-four bytes", "HS384"), s.keyed.signingConfig(keyP384, "ES384"),
	} {
		_, err := tokenclient.New(config)
		requireKind(t, err, tokenclient.KindRequest)
	}
}

func checkReplayedAssertion(t *testing.T, s *server) {
	config := s.keyed.signingConfig(keyP256, "ES256")
	signed, err := config.Auth.Credentials(t.Context(), clientauth.Attempt{
		ClientID: config.ClientID, Issuer: s.keyed.issuer, Endpoint: s.keyed.metadata.TokenEndpoint, Number: 1,
	})
	require.NoError(t, err)
	assertion := ""
	for _, parameter := range signed.Parameters {
		if parameter.Name == "client_assertion" {
			assertion = parameter.Value
		}
	}
	require.NotEmpty(t, assertion)
	config.Auth = clientauth.Assertion(func(context.Context, clientauth.Attempt) (string, error) { return assertion, nil })
	client := newClient(t, config)

	got, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	requireToken(t, got, err)
	got, err = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
}
