// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func passwordRows() []row {
	added := map[string]string{keyGoOIDC: addedPassword, keyOIDCProvider: addedGrantType}
	return []row{
		{group: "password", name: "right", check: checkPassword, added: added},
		{group: "password", name: "wrong, and unknown user", check: checkWrongPassword, added: added},
	}
}

func checkPassword(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.special, s.post} {
		got, err := s.client(t, p).RequestPasswordToken(t.Context(), tokenclient.PasswordTokenRequest{
			UserName: s.user, Password: s.password, Scope: scope,
		})
		requireToken(t, got, err)
		assert.Contains(t, []string{"", scope}, got.Scope)
	}
}

func checkWrongPassword(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	for _, user := range []string{s.user, "nobody"} {
		got, err := client.RequestPasswordToken(t.Context(), tokenclient.PasswordTokenRequest{
			UserName: user, Password: "wrong & p%sswörd+", Scope: scope,
		})
		assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
	}
}
