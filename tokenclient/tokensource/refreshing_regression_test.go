// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// TestARefusedRevocationHidesNoOther: the server is down for the first session, and
// refuses the tokens of the second for good.
func TestARefusedRevocationHidesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		server.revocation = func() *http.Response { return answer(http.StatusServiceUnavailable, nil) }
		require.Error(t, source.Revoke(t.Context()))
		first := server.current
		server.mu.Lock()
		server.current, server.family = "rt-other", false
		server.mu.Unlock()
		require.NoError(t, source.SetToken(t.Context(), server.login()))
		count := 0
		server.revocation = func() *http.Response {
			count++
			switch count {
			case 1: // the newer session's comes first
				return answer(http.StatusBadRequest, map[string]any{"error": "invalid_request"})
			case 2:
				return answer(http.StatusServiceUnavailable, nil)
			}
			return nil
		}
		require.Error(t, source.Revoke(t.Context()))
		time.Sleep(time.Hour)
		synctest.Wait()
		assert.Contains(t, server.revoked, first)
		require.NoError(t, source.Close())
	})
}

// TestClaimsThatCameToNothing: the store takes nothing for two attempts, neither of
// which has spent the refresh token.
func TestClaimsThatCameToNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		server.fault = func(n int) (*http.Response, error, bool) {
			if n > 1 {
				return nil, nil, false
			}
			store.set(storeHooks{save: always(errStore)})
			return answer(http.StatusTooManyRequests, nil), nil, false
		}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
		for range 2 {
			time.Sleep(40 * time.Second)
			_, err = source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrStoreFailed)
		}
		store.set(storeHooks{})
		time.Sleep(40 * time.Second)
		_, err = source.Token(t.Context())
		require.NoError(t, err, "nothing was lost")
		assert.Equal(t, 2, server.refreshes())
		require.NoError(t, source.Close())
	})
}

// TestDueTokenOfTheStoreAfterARestart: the first caller of a new process, too, gets
// the token that is due while the server fails to renew it.
func TestDueTokenOfTheStoreAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		first, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Close())
		time.Sleep(time.Hour - 40*time.Second)
		server.fault = func(int) (*http.Response, error, bool) { return answer(http.StatusTooManyRequests, nil), nil, false }
		restarted := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store})
		for range 2 {
			token, err := restarted.Token(t.Context())
			assert.Equal(t, first.AccessToken(), accessToken(t, token, err))
		}
		require.NoError(t, restarted.Close())
	})
}
