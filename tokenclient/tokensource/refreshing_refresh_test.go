// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestLostAnswerIsReportedAsWhatItIs(t *testing.T) {
	t.Parallel()
	server, store := startServer(t), tokensource.NewMemory()
	client := socketClient(t, server, nil)
	source := newRefreshing(t, client, tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
		RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
	}))
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Default: true, Fault: tokentest.CloseBeforeAnswer})
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
	var cause *tokenclient.Error
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, tokenclient.Unknown, cause.Outcome)
	_, err = source.TokenFor(t.Context(), tokensource.Target{Scope: "another"})
	require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
	require.ErrorAs(t, err, &cause)

	another := newRefreshing(t, client, tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	_, err = another.Token(t.Context()) // another process, or this one after a crash
	require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
	assert.Equal(t, 1, server.Count(tokentest.TokenPath))

	require.NoError(t, another.SetToken(t.Context(), &tokenclient.TokenResponse{
		RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
	}))
	_, err = another.Token(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { // after the pause it looks into the store
		_, err := source.Token(t.Context())
		return err == nil
	}, 5*time.Second, 100*time.Millisecond)
	assert.Equal(t, 2, server.Count(tokentest.TokenPath))
}

func TestInvalidGrantAfterAChange(t *testing.T) {
	t.Parallel()
	server, store := newRotating(3600), tokensource.NewMemory()
	source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
	server.current = "rt-another login"
	server.fault = func(n int) (*http.Response, error, bool) {
		if n == 1 { // meanwhile somebody changes the store, who does not look at locks
			_, version, _ := store.Load(t.Context(), sessionKey)
			_, err := store.Save(t.Context(), sessionKey, []byte(`{"format":1,"refresh_token":"rt-another login"}`), version)
			assert.NoError(t, err)
			return answer(http.StatusBadRequest, map[string]any{"error": "invalid_grant"}), nil, false
		}
		return nil, nil, false
	}
	token, err := source.Token(t.Context())
	assert.Equal(t, "at-1", accessToken(t, token, err))
	assert.Equal(t, 2, server.refreshes())
	assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
}

func TestInvalidGrantIsFinal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), tokensource.NewMemory()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		server.current = "another"
		for range 10 {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, tokenclient.ErrInvalidGrant)
			require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
			time.Sleep(time.Minute)
		}
		assert.Equal(t, 1, server.refreshes())
		assert.Nil(t, stored(t, store, "claim"), "this one was answered")
		server.family = false
		require.NoError(t, source.SetToken(t.Context(), server.login()))
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Close())
	})
}

func TestFailuresAreSharedAndRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		server.fault = func(int) (*http.Response, error, bool) {
			time.Sleep(10 * time.Millisecond) // the others join
			return answer(http.StatusTooManyRequests, nil), nil, false
		}
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				_, err := source.Token(t.Context())
				assert.ErrorIs(t, err, tokensource.ErrRefreshFailed)
			})
		}
		group.Wait()
		for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
		}
		assert.Equal(t, 6, server.refreshes(), "after 0, 1, 3, 7, 15 and 31 s")
		require.NoError(t, source.Close())
	})
}

// TestTwoOnOneStore: two processes, whether there is a lock or not.
func TestTwoOnOneStore(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]tokensource.Store{
		"with a lock": tokensource.NewMemory(), "without a lock": onlyStore{tokensource.NewMemory()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRotating(100)
				server.fault = func(int) (*http.Response, error, bool) {
					time.Sleep(time.Second)
					return nil, nil, false
				}
				sources := []*tokensource.Refreshing{loggedIn(t, server, tokensource.RefreshingConfig{Store: store})}
				for range 3 {
					sources = append(sources, newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store, Key: sessionKey}))
				}
				for round := 1; round <= 20; round++ {
					var group sync.WaitGroup
					for i := range 40 {
						group.Go(func() {
							_, err := sources[i%len(sources)].Token(t.Context())
							assert.NoError(t, err)
						})
					}
					group.Wait()
					assert.Equal(t, round, server.refreshes())
					time.Sleep(100 * time.Second)
				}
				assert.False(t, server.family)
				for _, source := range sources {
					require.NoError(t, source.Close())
				}
			})
		})
	}
}

// TestClaimOfTheDead: a process without a lock has died during a refresh.
func TestClaimOfTheDead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(100), onlyStore{tokensource.NewMemory()}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		_, version, err := store.Load(t.Context(), sessionKey)
		require.NoError(t, err)
		_, err = store.Save(t.Context(), sessionKey, []byte(`{"format":1,"refresh_token":"rt-0","claim":"c","claimed":"`+
			time.Now().UTC().Format(time.RFC3339)+`"}`), version)
		require.NoError(t, err)
		begun := time.Now()
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
		assert.InDelta(t, 90, time.Since(begun).Seconds(), 2)
		assert.Equal(t, 0, server.refreshes())
		require.NoError(t, source.Close())
	})
}

func TestCallersLeaveOnTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		server.fault = func(int) (*http.Response, error, bool) {
			time.Sleep(10 * time.Second)
			return nil, nil, false
		}
		var group sync.WaitGroup
		var left atomic.Int32
		begun := time.Now()
		for i := range 50 {
			group.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				if i%2 == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				}
				defer cancel()
				_, err := source.Token(ctx)
				if i%2 == 0 {
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Equal(t, time.Second, time.Since(begun))
					left.Add(1)
				} else {
					assert.NoError(t, err)
				}
			})
		}
		group.Wait()
		assert.EqualValues(t, 25, left.Load())
		assert.Equal(t, 1, server.refreshes())
		require.NoError(t, source.Close())
	})
}

func TestCloseWaitsForTheRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), tokensource.NewMemory()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		server.fault = func(int) (*http.Response, error, bool) {
			time.Sleep(10 * time.Second)
			return nil, nil, false
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := source.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, source.Close())
		assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
	})
}

// TestClosedSourceHasNoToken: not even one that is good yet, or that comes while it
// is being closed.
func TestClosedSourceHasNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		server.delay = slowly(10 * time.Second)
		got := make(chan error, 1)
		go func() {
			_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: "a"})
			got <- err
		}()
		time.Sleep(time.Second)
		closed := make(chan error, 1)
		go func() { closed <- source.Close() }()
		synctest.Wait()
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrClosed, "from the call on")
		require.NoError(t, <-closed)
		require.NoError(t, <-got, "who has waited already gets it")
		for _, scope := range []string{"", "a"} {
			_, err = source.TokenFor(t.Context(), tokensource.Target{Scope: scope})
			require.ErrorIs(t, err, tokensource.ErrClosed)
		}
	})
}
