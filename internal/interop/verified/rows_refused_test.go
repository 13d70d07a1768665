// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func credentialsRefusedRows() []row {
	const group = "client_credentials"
	return []row{
		{group: group, name: "public client refused", check: checkPublicClient},
		{group: group, name: "wrong secret", check: checkWrongSecret},
		{group: group, name: "unknown client", check: checkUnknownClient},
		{
			group: group, name: "unknown scope", check: checkUnknownScope,
			added: map[string]string{keyOIDCProvider: addedScope},
		},
		{group: group, name: "error text names endpoint, code and status, and no secret", check: checkErrorText},
	}
}

func requestCredentials(t *testing.T, s *server, p party, scope string) (*tokenclient.TokenResponse, error) {
	t.Helper()
	return s.client(t, p).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
}

func checkPublicClient(t *testing.T, s *server) {
	got, err := requestCredentials(t, s, s.public, scope)
	assertRefused(t, got, err, s.grantRefused.code, s.grantRefused.status)
}

func checkWrongSecret(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.special, s.post} {
		got, err := requestCredentials(t, s, p.with("wrong: s%cret+"), scope)
		assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	}
}

func checkUnknownClient(t *testing.T, s *server) {
	for _, method := range []func(string) clientauth.Method{clientauth.SecretBasic, clientauth.SecretPost} {
		got, err := requestCredentials(t, s, party{"nobody", "secret", method}, scope)
		assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	}
	got, err := requestCredentials(t, s, party{"nobody", "", withoutSecret}, scope)
	assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
}

func checkUnknownScope(t *testing.T, s *server) {
	got, err := requestCredentials(t, s, s.basic, unknownScope)
	assertRefused(t, got, err, tokenclient.ErrInvalidScope, http.StatusBadRequest)
}

func checkErrorText(t *testing.T, s *server) {
	const secret = "wrong-and-secret"
	for _, p := range []party{s.basic.with(secret), s.post.with(secret)} {
		_, err := requestCredentials(t, s, p, scope)
		require.Error(t, err)
		for _, part := range []string{"client_credentials", s.metadata.TokenEndpoint, "invalid_client", "401"} {
			assert.ErrorContains(t, err, part)
		}
		assert.NotContains(t, err.Error(), secret)
	}
}
