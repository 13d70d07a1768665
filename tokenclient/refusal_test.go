// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// TestChallengeForANonce is the error of an answer with a challenge that only a
// client with a prover can answer.
func TestChallengeForANonce(t *testing.T) {
	t.Parallel()
	prover, err := dpop.NewProver(dpop.Config{})
	assert.NoError(t, err)
	for name, test := range map[string]struct {
		body, description string
		prover            *dpop.Prover
		code              tokenclient.ErrorCode
		outcome           tokenclient.Outcome
	}{
		"no prover":               {`{"error":"invalid_client","error_description":"wrong"}`, "wrong", nil, tokenclient.ErrInvalidClient, tokenclient.Final},
		"a prover":                {`{"error":"invalid_client","error_description":"wrong"}`, "", prover, tokenclient.ErrUseDPoPNonce, tokenclient.NotProcessed},
		"a prover, and it is so":  {`{"error":"use_dpop_nonce","error_description":"old"}`, "old", prover, tokenclient.ErrUseDPoPNonce, tokenclient.NotProcessed},
		"no prover, and it is so": {`{"error":"use_dpop_nonce","error_description":"old"}`, "old", nil, tokenclient.ErrUseDPoPNonce, tokenclient.NotProcessed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newServerClient(t, func(c *tokenclient.Config) { c.DPoP = test.prover })
			server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer {
				return tokentest.Answer{Status: http.StatusUnauthorized, Body: test.body, Header: http.Header{
					"Www-Authenticate": {`Bearer error="invalid_token", DPoP error="use_dpop_nonce"`},
				}}
			})
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "a refresh token"})
			failed := requireError(t, err)
			assert.Equal(t, test.code, failed.Code)
			assert.Equal(t, test.outcome, failed.Outcome)
			assert.Equal(t, test.description, failed.Description)
		})
	}
}
