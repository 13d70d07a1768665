// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// outage uses a source for a time at 500 calls per second, while its server fails.
func outage(t *testing.T, source tokensource.Source, duration time.Duration) {
	t.Helper()
	slowest, failed := use(t.Context(), source, int(duration/(2*time.Millisecond)), 2*time.Millisecond)
	assert.Zero(t, slowest, "a failure is returned at once")
	assert.Equal(t, int(duration/(2*time.Millisecond)), failed)
}

// tooMany is the answer of a server that calls it an invalid request.
func tooMany(wait time.Duration) error {
	return &tokenclient.Error{
		Kind: tokenclient.KindProtocol, Code: tokenclient.ErrInvalidRequest,
		StatusCode: http.StatusTooManyRequests, RetryAfter: wait,
	}
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err         error
		during      time.Duration
		least, most int64
	}{
		"no connection":       {errDown, time.Minute, 8, 12},
		"unavailable":         {unavailable(0), time.Minute, 8, 12},
		"a server error":      {refusal(tokenclient.ErrServerError), time.Minute, 8, 12},
		"wait 30 s":           {unavailable(30 * time.Second), 30 * time.Second, 1, 1},
		"wait 30 s, then":     {unavailable(30 * time.Second), 31 * time.Second, 2, 2},
		"wait for hours":      {unavailable(5 * time.Hour), 5 * time.Minute, 1, 1},
		"wait for 5 min":      {unavailable(5 * time.Hour), 5*time.Minute + time.Second, 2, 2},
		"the wrong secret":    {refusal(tokenclient.ErrInvalidClient), 30 * time.Second, 1, 1},
		"wrong, for a minute": {fmt.Errorf("wrapped: %w", refusal(tokenclient.ErrInvalidClient)), time.Minute, 2, 2},
		"unauthorized client": {refusal(tokenclient.ErrUnauthorizedClient), 30 * time.Second, 1, 1},
		"a wrong scope":       {refusal(tokenclient.ErrInvalidScope), 30 * time.Second, 1, 1},
		"no such grant":       {refusal(tokenclient.ErrUnsupportedGrantType), 30 * time.Second, 1, 1},
		"an invalid grant":    {refusal(tokenclient.ErrInvalidGrant), 30 * time.Second, 1, 1},
		"too many":            {tooMany(40 * time.Second), 40 * time.Second, 1, 1},
		"too many, then":      {tooMany(40 * time.Second), 41 * time.Second, 2, 2},
		"too many, not long":  {tooMany(time.Second), 30 * time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, other := &issuer{lifetime: time.Hour}, &issuer{lifetime: time.Hour}
				server.fail(test.err)
				source := server.cached()
				outage(t, source, test.during)
				assert.GreaterOrEqual(t, server.calls.Load(), test.least)
				assert.LessOrEqual(t, server.calls.Load(), test.most)
				assert.Equal(t, "token-1", mustToken(t, other.cached()), "another source has its own memory")

				_, err := source.Token(t.Context())
				server.recover()
				var failed *tokensource.Error
				require.ErrorAs(t, err, &failed)
				time.Sleep(time.Until(failed.RetryAt) - time.Nanosecond)
				_, err = source.Token(t.Context())
				require.Error(t, err)
				time.Sleep(time.Nanosecond)
				mustToken(t, source)
			})
		})
	}
}

// TestBackOffStartsAnew after a success.
func TestBackOffStartsAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached()
		tokensource.Randomize(source, func() float64 { return 1 })
		pauseIs := func(want time.Duration) {
			t.Helper()
			_, err := source.Token(t.Context())
			var failed *tokensource.Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, want, time.Until(failed.RetryAt))
			time.Sleep(want)
		}
		for range 2 {
			server.fail(errDown)
			for _, want := range []time.Duration{250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000} {
				pauseIs(want * time.Millisecond)
			}
			server.recover()
			token, err := source.Token(t.Context())
			require.NoError(t, err)
			source.Invalidate(t.Context(), token)
		}
	})
}

// TestPauseEndsWithTheToken: the pause does not outlast a token that is still good,
// so that an outage that ends before the token does is not noticed.
func TestPauseEndsWithTheToken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err      error
		usedFrom time.Duration
		retryAt  time.Duration // 0: at the end of the token
	}{
		"transient":          {errDown, 0, 0},
		"just before":        {errDown, 28450 * time.Millisecond, 28575 * time.Millisecond},
		"with Retry-After":   {unavailable(10 * time.Second), 0, 33400 * time.Millisecond},
		"a refusal for good": {refusal(tokenclient.ErrInvalidClient), 0, 53400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := &issuer{lifetime: 30 * time.Second}
				source := server.cached()
				tokensource.Randomize(source, func() float64 { return 1 })
				begin := time.Now()
				mustToken(t, source)
				server.fail(test.err)
				time.Sleep(test.usedFrom)
				for time.Since(begin) < 28490*time.Millisecond {
					assert.Equal(t, "token-1", mustToken(t, source))
					time.Sleep(10 * time.Millisecond)
				}
				server.recover()
				time.Sleep(10 * time.Millisecond) // 5 % of the lifetime are left
				calls := server.calls.Load()
				_, err := source.Token(t.Context())
				if test.retryAt == 0 {
					require.NoError(t, err)
					assert.Equal(t, calls+1, server.calls.Load())
					return
				}
				var failed *tokensource.Error
				require.ErrorAs(t, err, &failed)
				assert.Equal(t, test.retryAt, failed.RetryAt.Sub(begin))
				assert.Equal(t, calls, server.calls.Load())
			})
		})
	}
}

// TestPauseAfterTheToken is as long as ever: the end of a token is a reason to ask
// once.
func TestPauseAfterTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: 30 * time.Second}
		source := server.cached()
		tokensource.Randomize(source, func() float64 { return 1 })
		mustToken(t, source)
		server.fail(errDown)
		_, failed := use(t.Context(), source, 2850, 10*time.Millisecond)
		assert.Zero(t, failed)
		calls := server.calls.Load()
		_, failed = use(t.Context(), source, 800, 10*time.Millisecond)
		assert.Equal(t, 800, failed)
		assert.Equal(t, calls+1, server.calls.Load())
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{}
		server.fail(refusal(tokenclient.ErrInvalidClient))
		_, err := server.cached().Token(t.Context())
		require.ErrorIs(t, err, tokenclient.ErrInvalidClient)
		require.NotErrorIs(t, err, context.Canceled)
		var cause *tokenclient.Error
		require.ErrorAs(t, err, &cause)
		assert.Equal(t, http.StatusBadRequest, cause.StatusCode)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			assert.Equal(t, err.Error(), fmt.Sprintf(verb, err))
		}
		assert.Equal(t, fmt.Sprintf("%q", err.Error()), fmt.Sprintf("%q", err))
		assert.Contains(t, err.Error(), "invalid_client")
		assert.ErrorIs(t, errors.Join(tokensource.ErrClosed), tokensource.ErrClosed)
	})
}

func TestHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var mu sync.Mutex
		var log []string
		seen := func(ctx context.Context, what string) {
			assert.Equal(t, "value", ctx.Value(key{}))
			mu.Lock()
			defer mu.Unlock()
			log = append(log, what)
		}
		server := &issuer{latency: time.Second / 2, lifetime: time.Hour}
		source := server.cached(tokensource.CachedOptions{Hooks: tokensource.Hooks{
			Hit:          func(ctx context.Context) { seen(ctx, "hit") },
			Stale:        func(ctx context.Context, err error) { seen(ctx, fmt.Sprint("stale ", errors.Is(err, errDown))) },
			RefreshAhead: func(ctx context.Context) { seen(ctx, "ahead") },
			Fetched: func(ctx context.Context, event tokensource.FetchEvent) {
				var failed *tokensource.Error
				assert.Equal(t, event.Err != nil, errors.As(event.Err, &failed))
				seen(ctx, fmt.Sprint("fetched ", event.Duration, event.Ahead, event.Err == nil))
			},
		}})
		ctx := context.WithValue(t.Context(), key{}, "value")
		expect := func(want ...string) {
			t.Helper()
			_, err := source.Token(ctx)
			require.NoError(t, err)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			assert.ElementsMatch(t, want, log, "a caller does not wait for what goes on in the background")
			log = nil
		}
		expect("fetched 500ms false true")
		expect("hit")
		time.Sleep(52 * time.Minute)
		server.fail(errDown)
		expect("hit", "ahead", "fetched 500ms true false")
		time.Sleep(7 * time.Minute)
		expect("fetched 500ms false false", "stale true")
		expect("fetched 500ms false false", "stale true")
	})
}

// TestHooksThatPanic are ignored.
func TestHooksThatPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &issuer{lifetime: time.Hour}
		source := server.cached(tokensource.CachedOptions{Hooks: tokensource.Hooks{
			Hit:          func(context.Context) { panic("hit") },
			Stale:        func(context.Context, error) { panic("stale") },
			RefreshAhead: func(context.Context) { panic("ahead") },
			Fetched:      func(context.Context, tokensource.FetchEvent) { panic("fetched") },
		}})
		mustToken(t, source)
		mustToken(t, source)
		time.Sleep(52 * time.Minute)
		mustToken(t, source)
		synctest.Wait()
		assert.Equal(t, "token-2", mustToken(t, source))
		time.Sleep(59*time.Minute + 30*time.Second)
		server.fail(errDown)
		assert.Equal(t, "token-2", mustToken(t, source))
	})
}
