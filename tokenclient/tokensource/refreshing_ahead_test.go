// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// TestLifetimeOfAResponseThatTheProgramMade: it counts from SetToken.
func TestLifetimeOfAResponseThatTheProgramMade(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{})
		require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
			AccessToken: "at-login", TokenType: "Bearer", ExpiresIn: 30 * time.Second, RefreshToken: "rt-0",
		}))
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-login", accessToken(t, token, err))
		assert.Equal(t, 30*time.Second, time.Until(token.Expiry))
		time.Sleep(30 * time.Second)
		token, err = source.Token(t.Context())
		assert.Equal(t, "at-1", accessToken(t, token, err))
		require.NoError(t, source.Close())
	})
}

// TestTokenKeepsItsMonotonicClock: although what the store has has none, and the
// tokens of all Targets are read from there when one of them is renewed.
func TestTokenKeepsItsMonotonicClock(t *testing.T) {
	t.Parallel()
	server := newRotating(3600)
	source := loggedIn(t, server, tokensource.RefreshingConfig{})
	first, err := source.Token(t.Context())
	require.NoError(t, err)
	for _, scope := range []string{"a", "b"} {
		_, err = source.TokenFor(t.Context(), tokensource.Target{Scope: scope})
		require.NoError(t, err)
	}
	again, err := source.Token(t.Context())
	require.NoError(t, err)
	assert.Contains(t, first.Expiry.String(), "m=+")
	assert.Equal(t, first.Expiry.String(), again.Expiry.String())
	require.NoError(t, source.Close())
}
