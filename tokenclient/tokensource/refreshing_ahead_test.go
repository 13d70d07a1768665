// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"net/http"
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

// slowly makes every request take so long.
func slowly(latency time.Duration) func(*http.Request) error {
	return func(*http.Request) error {
		time.Sleep(latency)
		return nil
	}
}

// withToken is a Refreshing after a login that has brought an access token.
func withToken(t *testing.T, server *rotating, lifetime time.Duration) *tokensource.Refreshing {
	t.Helper()
	source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{})
	response := server.login()
	response.AccessToken, response.TokenType, response.ExpiresIn = "at-0", "Bearer", lifetime
	require.NoError(t, source.SetToken(t.Context(), response))
	return source
}

// TestTokenThatIsRefusedWhileItIsRenewed: who has waited for another one goes on to
// wait, and does not leave with an end of time that is not the own.
func TestTokenThatIsRefusedWhileItIsRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		server.delay = slowly(20 * time.Second)
		source := withToken(t, server, time.Hour)
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(time.Hour - 50*time.Second)
		go func() {
			time.Sleep(500 * time.Millisecond)
			source.Invalidate(context.WithoutCancel(t.Context()), token)
		}()
		token, err = source.Token(t.Context())
		assert.Equal(t, "at-1", accessToken(t, token, err))
		require.NoError(t, source.Close())
	})
}
