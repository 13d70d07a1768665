// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// A bubble cannot end before all of its goroutines have: every test here is one for
// leaks too.

func TestLeaderLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 500 * time.Millisecond, lifetime: time.Hour}
		source := server.cached()
		begin := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := source.Token(ctx)
			assert.Equal(t, context.Canceled, err)
			assert.Equal(t, 10*time.Millisecond, time.Since(begin))
		})
		synctest.Wait() // it leads
		for range 999 {
			group.Go(func() {
				token, err := source.Token(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "token-1", token.AccessToken())
			})
		}
		time.Sleep(10 * time.Millisecond)
		cancel()
		group.Wait()
		assert.Equal(t, 500*time.Millisecond, time.Since(begin))
		assert.EqualValues(t, 1, server.calls.Load())
	})
}

func TestWaiterLeavesAtItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 300 * time.Millisecond, lifetime: time.Hour}
		source := server.cached()
		begin := time.Now()
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				_, err := source.Token(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, 300*time.Millisecond, time.Since(begin))
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err := source.Token(ctx)
		assert.Equal(t, context.DeadlineExceeded, err)
		assert.Equal(t, 30*time.Millisecond, time.Since(begin))
		group.Wait()
		assert.EqualValues(t, 1, server.calls.Load())
	})
}

// TestAllCallersLeave: the fetch ends all the same, and its token is kept; nobody
// who left is remembered as a failure.
func TestAllCallersLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: time.Second, lifetime: time.Hour}
		source := server.cached()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for range 10 {
			go func() {
				_, err := source.Token(ctx)
				assert.Equal(t, context.DeadlineExceeded, err)
			}()
		}
		time.Sleep(2 * time.Second)
		assert.Equal(t, "token-1", mustToken(t, source))

		begin := time.Now()
		gone, leave := context.WithCancel(t.Context())
		leave()
		other := server.cached()
		_, err := other.Token(gone)
		assert.Equal(t, context.Canceled, err)
		synctest.Wait()
		assert.EqualValues(t, 1, server.calls.Load(), "one who has left starts nothing")
		assert.Equal(t, "token-2", mustToken(t, other))
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

func TestFetchThatBreaks(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]tokensource.Fetch{
		"panics":          func(context.Context) (*tokenclient.TokenResponse, error) { panic(canary) },
		"panics with nil": func(context.Context) (*tokenclient.TokenResponse, error) { panic(nil) }, //nolint:govet // on purpose
		"exits":           func(context.Context) (*tokenclient.TokenResponse, error) { runtime.Goexit(); return nil, nil },
		"nothing":         func(context.Context) (*tokenclient.TokenResponse, error) { return nil, nil },
		"no token": func(context.Context) (*tokenclient.TokenResponse, error) {
			return &tokenclient.TokenResponse{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{lifetime: time.Hour}
				var calls atomic.Int64
				source := tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
					if calls.Add(1) > 1 {
						return server.fetch(ctx)
					}
					time.Sleep(time.Second)
					return broken(ctx)
				}, tokensource.CachedOptions{})
				var group sync.WaitGroup
				for range 100 {
					group.Go(func() {
						token, err := source.Token(t.Context())
						var failed *tokensource.Error
						assert.ErrorAs(t, err, &failed)
						assert.Empty(t, token.AccessToken())
						assert.NotContains(t, err.Error(), canary)
					})
				}
				group.Wait()
				time.Sleep(time.Second)
				assert.Equal(t, "token-1", mustToken(t, source), "the source is usable afterwards")
			})
		})
	}
}

// TestFetchTimeout: what takes too long is no end of the caller's own context.
func TestFetchTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: time.Hour}
		source := server.cached(tokensource.CachedOptions{FetchTimeout: 7 * time.Second})
		begin := time.Now()
		_, err := source.Token(t.Context())
		var failed *tokensource.Error
		require.ErrorAs(t, err, &failed)
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 7*time.Second, time.Since(begin))
		_, err = server.cached().Token(t.Context())
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, 97*time.Second, time.Since(begin), "the default")
	})
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: time.Second, lifetime: time.Hour}
		source := server.cached()
		mustToken(t, source)
		source.Close()
		source.Close()
		_, err := source.Token(t.Context())
		assert.Equal(t, tokensource.ErrClosed, err)

		cold, begin := server.cached(), time.Now()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := cold.Token(t.Context())
				assert.ErrorIs(t, err, tokensource.ErrClosed)
			})
		}
		time.Sleep(time.Millisecond)
		for range 10 {
			group.Go(cold.Close)
		}
		group.Wait()
		synctest.Wait() // the fetch has ended too, or the bubble would not
		assert.Equal(t, time.Millisecond, time.Since(begin))
		_, err = cold.Token(t.Context())
		assert.ErrorIs(t, err, tokensource.ErrClosed)
	})
}

// TestCloseDoesNotWait for a Fetch that does not listen, and keeps nothing of it.
func TestCloseDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := tokensource.NewCached(func(context.Context) (*tokenclient.TokenResponse, error) {
			time.Sleep(time.Minute)
			return &tokenclient.TokenResponse{AccessToken: "late", ExpiresIn: time.Hour}, nil
		}, tokensource.CachedOptions{})
		go func() {
			time.Sleep(time.Second)
			source.Close()
		}()
		begin := time.Now()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrClosed)
		assert.Equal(t, time.Second, time.Since(begin))
		time.Sleep(2 * time.Minute)
		_, err = source.Token(t.Context())
		assert.ErrorIs(t, err, tokensource.ErrClosed)
	})
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 100 * time.Millisecond, lifetime: time.Hour}
		source := server.cached()
		first, err := source.Token(t.Context())
		require.NoError(t, err)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				source.Invalidate(t.Context(), first)
				token, err := source.Token(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "token-2", token.AccessToken())
			})
		}
		group.Wait()
		source.Invalidate(t.Context(), first) // late
		assert.Equal(t, "token-2", mustToken(t, source))
		assert.EqualValues(t, 2, server.calls.Load())
	})
}

// TestInvalidatedIsNotServed when the server is down, not even to those who wait for
// a renewal already.
func TestInvalidatedIsNotServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		first, err := source.Token(t.Context())
		require.NoError(t, err)
		time.Sleep(59*time.Minute + 30*time.Second) // due
		server.latency = 500 * time.Millisecond
		server.fail(errDown)
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := source.Token(t.Context())
				assert.ErrorIs(t, err, errDown)
			})
		}
		synctest.Wait()
		source.Invalidate(t.Context(), first)
		group.Wait()
	})
}
