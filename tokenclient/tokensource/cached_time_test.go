// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// use calls a source so often, at that interval, and tells how long calls took and
// how many failed.
func use(ctx context.Context, source tokensource.Source, calls int, interval time.Duration) (slowest time.Duration, failed int) {
	for range calls {
		begin := time.Now()
		if _, err := source.Token(ctx); err != nil {
			failed++
		}
		slowest = max(slowest, time.Since(begin))
		time.Sleep(interval)
	}
	return slowest, failed
}

func TestShortLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: 30 * time.Second}
		_, failed := use(t.Context(), server.cached(), 3000, 100*time.Millisecond)
		assert.Zero(t, failed)
		assert.LessOrEqual(t, server.calls.Load(), int64(14), "in five minutes")
		for _, lifetime := range []time.Duration{300 * time.Second, time.Minute, 8 * time.Second} {
			server := &issuer{lifetime: lifetime}
			_, failed := use(t.Context(), server.cached(), 200, 0)
			assert.Zero(t, failed)
			assert.EqualValues(t, 1, server.calls.Load(), "of 200 calls in a row")
		}
	})
}

func TestRefreshAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 2 * time.Second, lifetime: 5 * time.Minute}
		source := server.cached()
		mustToken(t, source)
		slowest, failed := use(t.Context(), source, 100*60*16, 10*time.Millisecond)
		assert.Zero(t, failed)
		assert.Zero(t, slowest, "nobody waits for a renewal")
		assert.EqualValues(t, 1+4, server.calls.Load())
	})
}

// TestNobodyWaitsForShortTokens with many callers.
func TestNobodyWaitsForShortTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 100 * time.Millisecond, lifetime: 12 * time.Second}
		source := server.cached()
		mustToken(t, source)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				slowest, failed := use(t.Context(), source, 13_000, time.Millisecond)
				assert.Zero(t, failed)
				assert.Zero(t, slowest)
			})
		}
		group.Wait()
		assert.EqualValues(t, 2, server.calls.Load())
	})
}

func TestRefreshAheadIsSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		buckets := map[int]int{}
		var all []time.Duration
		for range 1000 {
			source := server.cached()
			mustToken(t, source)
			at := tokensource.RefreshAt(source)
			all = append(all, at)
			buckets[int(at/(36*time.Second))]++ // a tenth of the spread
		}
		assert.GreaterOrEqual(t, slices.Min(all), 45*time.Minute)
		assert.LessOrEqual(t, slices.Max(all), 51*time.Minute)
		assert.GreaterOrEqual(t, slices.Max(all)-slices.Min(all), 288*time.Second)
		for _, count := range buckets {
			assert.Less(t, count, 200)
		}
	})
}

func TestUnusedSourceDoesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		mustToken(t, source)
		time.Sleep(24 * time.Hour)
		assert.EqualValues(t, 1, server.calls.Load())
		assert.Equal(t, "token-2", mustToken(t, source))
	})
}

// TestOutage: the server is down from minute 40 on; the token is given out to its
// end.
func TestOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var stale atomic.Int64
		server := &issuer{lifetime: time.Hour}
		source := server.cached(tokensource.CachedOptions{Hooks: tokensource.Hooks{Stale: func(_ context.Context, err error) {
			assert.ErrorIs(t, err, errDown)
			stale.Add(1)
		}}})
		begin := time.Now()
		mustToken(t, source)
		time.Sleep(40 * time.Minute)
		server.fail(errDown)
		calls := int((19*time.Minute + 55*time.Second) / time.Second)
		slowest, failed := use(t.Context(), source, calls, time.Second)
		assert.Zero(t, failed)
		assert.Zero(t, slowest)
		assert.Equal(t, 59*time.Minute+55*time.Second, time.Since(begin))
		assert.EqualValues(t, 55, stale.Load())
		assert.Less(t, server.calls.Load(), int64(60), "asked at most twice a minute, after the first ones")
		_, err := source.Token(t.Context())
		var failure *tokensource.Error
		require.ErrorAs(t, err, &failure)
		require.ErrorIs(t, err, errDown)

		_, failed = use(t.Context(), source, 300, time.Second)
		assert.Equal(t, 300, failed)
		server.recover()
		healed := time.Now()
		for {
			if _, err := source.Token(t.Context()); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		assert.LessOrEqual(t, time.Since(healed), 30*time.Second)
	})
}

// TestSilentServer: a token that is due is given out when the renewal takes long, and
// to those who have no time at once.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		mustToken(t, source)
		time.Sleep(59*time.Minute + 10*time.Second) // due; nobody has used it meanwhile
		server.latency = time.Minute
		begin := time.Now()
		hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		token, err := source.Token(hurried)
		require.NoError(t, err)
		assert.Equal(t, "token-1", token.AccessToken())
		assert.Zero(t, time.Since(begin))
		assert.Equal(t, "token-1", mustToken(t, source))
		assert.Equal(t, time.Second, time.Since(begin))
		slowest, failed := use(t.Context(), source, 44, time.Second)
		assert.Zero(t, failed)
		assert.Zero(t, slowest)
		assert.Equal(t, "token-2", mustToken(t, source), "the old one has ended")
		assert.Equal(t, time.Minute, time.Since(begin))

		time.Sleep(58*time.Minute + 10*time.Second)
		server.latency = 200 * time.Millisecond
		assert.Equal(t, "token-3", mustToken(t, source), "worth waiting for")
	})
}

func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{latency: 8 * time.Second, lifetime: time.Minute}
		source := server.cached()
		tokensource.Randomize(source, func() float64 { return 0 })
		token, err := source.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 52*time.Second, time.Until(token.Expiry))
		assert.Equal(t, (45-8)*time.Second, tokensource.RefreshAt(source))
		server = &issuer{latency: 8 * time.Second, lifetime: 5 * time.Second}
		source = server.cached()
		assert.Equal(t, "token-1", mustToken(t, source), "usable once")
		assert.Equal(t, "token-2", mustToken(t, source))
	})
}

// TestRenewalUnderWay in the background when the token becomes due: nobody waits.
func TestRenewalUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		mustToken(t, source)
		time.Sleep(59*time.Minute - 100*time.Millisecond)
		server.latency = 500 * time.Millisecond
		slowest, failed := use(t.Context(), source, 10, 100*time.Millisecond)
		assert.Zero(t, failed)
		assert.Zero(t, slowest)
		assert.Equal(t, "token-2", mustToken(t, source))
	})
}

// TestUselessRenewal brings a token that has ended when it comes: the one that is
// there is better.
func TestUselessRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		mustToken(t, source)
		time.Sleep(52 * time.Minute)
		server.latency, server.lifetime = 2*time.Second, time.Second
		slowest, failed := use(t.Context(), source, 60, time.Second)
		assert.Zero(t, failed)
		assert.Zero(t, slowest)
		assert.Equal(t, "token-1", mustToken(t, source))
		source.Close()
	})
}

// TestClocks: whichever clock says that the token has ended is believed.
func TestClocks(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"set back": -time.Hour, "suspended": time.Hour, "set back far": -1000 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var offset atomic.Int64
				server := &issuer{lifetime: time.Hour}
				source := server.cached()
				tokensource.Shift(source, func() time.Duration { return time.Duration(offset.Load()) })
				mustToken(t, source)
				time.Sleep(10 * time.Minute)
				offset.Store(int64(jump))
				want := int64(1)
				if jump > 0 {
					want = 2 // the one extra
				}
				_, failed := use(t.Context(), source, 30, time.Minute)
				assert.Zero(t, failed)
				assert.Equal(t, want, server.calls.Load())
				server.fail(errDown)
				for range 60 {
					_, err := source.Token(t.Context())
					if err != nil {
						break
					}
					time.Sleep(30 * time.Second)
				}
				_, err := source.Token(t.Context())
				assert.ErrorIs(t, err, errDown, "dropped at its true end")
			})
		})
	}
}

// TestSuspendedDuringFetch: what the computer slept through counts.
func TestSuspendedDuringFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		server := &issuer{latency: time.Second, lifetime: time.Hour}
		source := server.cached()
		tokensource.Shift(source, func() time.Duration { return time.Duration(offset.Load()) })
		tokensource.Randomize(source, func() float64 { return 0 })
		time.AfterFunc(500*time.Millisecond, func() { offset.Store(int64(20 * time.Minute)) })
		mustToken(t, source)
		assert.Equal(t, 25*time.Minute-time.Second, tokensource.RefreshAt(source))
	})
}
