// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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

// TestRenewedAheadOfItsEnd: in the background, once in each lifetime. Nobody waits,
// and nobody gets a token that has expired.
func TestRenewedAheadOfItsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, lifetime := newRotating(100), 100*time.Second
		server.delay = slowly(800 * time.Millisecond)
		source := withToken(t, server, lifetime)
		begun, last := time.Now(), ""
		var lives []time.Duration
		for born := begun; time.Since(begun) < 3*lifetime; time.Sleep(100 * time.Millisecond) {
			before := time.Now()
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, time.Now(), "a call has waited")
			require.True(t, time.Now().Before(token.Expiry), "an expired token")
			if token.AccessToken() != last && last != "" {
				lives = append(lives, time.Since(born))
				born = time.Now().Add(-800 * time.Millisecond) // from its request
			}
			last = token.AccessToken()
		}
		assert.Len(t, lives, 3)
		assert.Equal(t, len(lives), server.refreshes(), "one in each lifetime")
		for _, life := range lives {
			assert.InDelta(t, 77, life.Seconds(), 3)
		}
		require.NoError(t, source.Close())
	})
}

// TestRenewalsAreSpread: many tokens that begin at a time are not renewed at a time.
func TestRenewalsAreSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sources := map[*rotating]*tokensource.Refreshing{}
		for range 100 {
			server := newRotating(3600)
			sources[server] = withToken(t, server, time.Hour)
		}
		var renewed []time.Duration
		for begun := time.Now(); time.Since(begun) < 59*time.Minute; time.Sleep(10 * time.Second) {
			for server, source := range sources {
				_, err := source.Token(t.Context())
				require.NoError(t, err)
				synctest.Wait()
				if server.refreshes() > 0 {
					renewed = append(renewed, time.Since(begun))
					require.NoError(t, source.Close())
					delete(sources, server)
				}
			}
		}
		require.Len(t, renewed, 100)
		assert.GreaterOrEqual(t, slices.Min(renewed), 45*time.Minute)
		assert.LessOrEqual(t, slices.Max(renewed), 51*time.Minute+10*time.Second)
		assert.Greater(t, slices.Max(renewed)-slices.Min(renewed), 4*time.Minute)
	})
}

func TestUnusedSourceSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := withToken(t, server, time.Hour)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(24 * time.Hour)
		assert.Equal(t, 0, server.refreshes())
		require.NoError(t, source.Close())
	})
}

// TestNoRefreshToken: there is nothing to renew with, so that the store is not asked
// as long as the token is good for a while.
func TestNoRefreshToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store})
		require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{AccessToken: "at-0", ExpiresIn: time.Hour}))
		store.set(storeHooks{load: func() error {
			assert.Fail(t, "the store was asked")
			return nil
		}})
		for range 3500 {
			token, err := source.Token(t.Context())
			assert.Equal(t, "at-0", accessToken(t, token, err))
			time.Sleep(time.Second)
		}
		store.set(storeHooks{})
		time.Sleep(100 * time.Second)
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrNoToken)
		require.NoError(t, source.Close())
	})
}

// TestRenewalAheadThatFails: nobody waits for the next try, until there is little
// left, and the token is used to its end.
func TestRenewalAheadThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		server.delay = slowly(400 * time.Millisecond)
		server.fault = func(int) (*http.Response, error, bool) {
			return answer(http.StatusTooManyRequests, nil), nil, false
		}
		source, end := withToken(t, server, time.Hour), time.Now().Add(time.Hour)
		for time.Now().Before(end) {
			before := time.Now()
			token, err := source.Token(t.Context())
			assert.Equal(t, "at-0", accessToken(t, token, err))
			if time.Until(end) > 65*time.Second {
				require.Equal(t, before, time.Now(), "a call has waited")
			}
			time.Sleep(time.Second)
		}
		assert.InDelta(t, 25, server.refreshes(), 8, "one each 30 s")
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
		require.NoError(t, source.Close())
	})
}

// TestCallerWithLittleTime: it does not spend it on a server that is slow.
func TestCallerWithLittleTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		server.delay = slowly(20 * time.Second)
		source := withToken(t, server, time.Hour)
		time.Sleep(time.Hour - 50*time.Second)
		for range 3 {
			before := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			token, err := source.Token(ctx)
			assert.Equal(t, "at-0", accessToken(t, token, err))
			assert.Equal(t, before, time.Now())
			cancel()
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		assert.Equal(t, 1, server.refreshes())
		require.NoError(t, source.Close())
	})
}

// TestOthersHaveRenewedItAhead: two processes, one refresh.
func TestOthersHaveRenewedItAhead(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]tokensource.Store{
		"with a lock": tokensource.NewMemory(), "without a lock": onlyStore{tokensource.NewMemory()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRotating(100)
				server.delay = slowly(300 * time.Millisecond)
				sources := []*tokensource.Refreshing{loggedIn(t, server, tokensource.RefreshingConfig{Store: store})}
				for range 3 {
					sources = append(sources, newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store}))
				}
				for i := range 10 * 1000 {
					_, err := sources[i%len(sources)].Token(t.Context())
					require.NoError(t, err)
					time.Sleep(100 * time.Millisecond)
				}
				assert.InDelta(t, 1+1000/76, server.refreshes(), 1)
				for _, source := range sources {
					require.NoError(t, source.Close())
				}
				assert.False(t, server.family)
			})
		})
	}
}

// TestManyTargets: the tokens that were got last are kept, also when they are the
// first to end.
func TestManyTargets(t *testing.T) {
	t.Parallel()
	server := newRotating(3600)
	source := loggedIn(t, server, tokensource.RefreshingConfig{})
	for i := range 70 {
		_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: fmt.Sprint(i)})
		require.NoError(t, err)
	}
	server.lifetime = 300
	before := server.refreshes()
	for range 20 {
		for _, scope := range []string{"short", ""} {
			_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: scope})
			require.NoError(t, err)
		}
	}
	assert.Equal(t, 2, server.refreshes()-before)
	require.NoError(t, source.Close())
}

// TestTokenThatIsRefusedManyTimes: it does not make the others forgotten.
func TestTokenThatIsRefusedManyTimes(t *testing.T) {
	t.Parallel()
	server := newRotating(3600)
	source := loggedIn(t, server, tokensource.RefreshingConfig{})
	var tokens []tokenclient.Token
	for _, scope := range []string{"a", "b"} {
		token, err := source.TokenFor(t.Context(), tokensource.Target{Scope: scope})
		require.NoError(t, err)
		tokens = append(tokens, token)
	}
	source.Invalidate(t.Context(), tokens[1])
	for range 100 {
		source.Invalidate(t.Context(), tokens[0])
	}
	token, err := source.TokenFor(t.Context(), tokensource.Target{Scope: "b"})
	assert.Equal(t, "at-3", accessToken(t, token, err))
	require.NoError(t, source.Close())
}
