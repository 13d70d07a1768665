// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
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

// tenancy is a key of several parts.
type tenancy struct{ tenant, scope string }

// newKeyed returns a Keyed whose tokens name their key.
func newKeyed(limit int, latency time.Duration, requests *atomic.Int64) *tokensource.Keyed[tenancy] {
	return &tokensource.Keyed[tenancy]{Max: limit, New: func(key tenancy) *tokensource.Cached {
		return tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
			requests.Add(1)
			if latency > 0 {
				time.Sleep(latency)
			}
			return &tokenclient.TokenResponse{AccessToken: fmt.Sprintf("%q", key), TokenType: "Bearer", ExpiresIn: time.Hour}, nil
		}, tokensource.CachedOptions{})
	}}
}

func TestKeyed(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	keyed := newKeyed(0, time.Millisecond, &requests)
	keys := []tenancy{{"a", "b"}, {"a", "b c"}, {"a b", "c"}, {"", "ab"}, {"ab", ""}}
	var group sync.WaitGroup
	for range 50 {
		for _, key := range keys {
			group.Go(func() {
				token, err := keyed.Token(t.Context(), key)
				assert.NoError(t, err)
				assert.Equal(t, fmt.Sprintf("%q", key), token.AccessToken())
			})
		}
	}
	group.Wait()
	assert.EqualValues(t, len(keys), requests.Load(), "one for each key")
	first := keyed.Get(keys[0])
	assert.Same(t, first, keyed.Get(keys[0]))
	keyed.Close()
	keyed.Close()
	_, err := keyed.Token(t.Context(), keys[0])
	assert.ErrorIs(t, err, tokensource.ErrClosed)
	_, err = keyed.Get(tenancy{"new", ""}).Token(t.Context())
	assert.ErrorIs(t, err, tokensource.ErrClosed)
}

func TestKeyedDropsTheOneUsedLongestAgo(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	keyed := newKeyed(2, 0, &requests)
	defer keyed.Close()
	a, b, c := tenancy{tenant: "a"}, tenancy{tenant: "b"}, tenancy{tenant: "c"}
	mustToken(t, keyed.Get(a))
	dropped := keyed.Get(b)
	kept := keyed.Source(b)
	mustToken(t, dropped)
	mustToken(t, keyed.Get(a))
	mustToken(t, keyed.Get(c))
	assert.EqualValues(t, 3, requests.Load())
	mustToken(t, keyed.Get(a))
	assert.EqualValues(t, 3, requests.Load(), "a is still there")
	_, err := dropped.Token(t.Context())
	assert.ErrorIs(t, err, tokensource.ErrClosed)
	mustToken(t, kept)
	assert.EqualValues(t, 4, requests.Load(), "b was made anew")
}

// TestDroppedServesThoseWhoWait and fails nobody who asks by the key.
func TestDroppedServesThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		keyed := newKeyed(1, time.Second, &requests)
		var group sync.WaitGroup
		for number := range 20 {
			group.Go(func() {
				token, err := keyed.Token(t.Context(), tenancy{tenant: strconv.Itoa(number)})
				assert.NoError(t, err)
				assert.Contains(t, token.AccessToken(), strconv.Itoa(number))
			})
		}
		group.Wait()
		assert.EqualValues(t, 20, requests.Load())

		dropped := keyed.Get(tenancy{tenant: "a"})
		group.Go(func() {
			_, err := dropped.Token(t.Context())
			assert.NoError(t, err)
		})
		synctest.Wait()
		keyed.Get(tenancy{tenant: "b"})
		group.Wait()
		_, err := dropped.Token(t.Context())
		assert.ErrorIs(t, err, tokensource.ErrClosed, "it keeps nothing")
		keyed.Close()
	})
}

// TestCloseEndsWhatWasDropped: a fetch under way, and whoever waits for it.
func TestCloseEndsWhatWasDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Int64
		keyed := &tokensource.Keyed[int]{Max: 1, New: func(int) *tokensource.Cached {
			return tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
				running.Add(1)
				defer running.Add(-1)
				<-ctx.Done()
				return nil, ctx.Err()
			}, tokensource.CachedOptions{})
		}}
		begin := time.Now()
		var group sync.WaitGroup
		for key := range 3 {
			group.Go(func() {
				_, err := keyed.Token(t.Context(), key)
				assert.ErrorIs(t, err, tokensource.ErrClosed)
			})
			synctest.Wait() // the one before is dropped
		}
		assert.EqualValues(t, 3, running.Load())
		keyed.Close()
		group.Wait()
		synctest.Wait()
		assert.Zero(t, running.Load())
		assert.Zero(t, time.Since(begin))
	})
}

// TestDroppedIsForgotten when nothing is under way, and when that has ended.
func TestDroppedIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		keyed := newKeyed(1, time.Second, &requests)
		defer keyed.Close()
		for number := range 3 {
			go func() { _, _ = keyed.Token(t.Context(), tenancy{tenant: strconv.Itoa(number)}) }()
			synctest.Wait()
		}
		assert.Equal(t, 2, tokensource.Leaving(keyed))
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, tokensource.Leaving(keyed))
		keyed.Get(tenancy{tenant: "new"})
		assert.Zero(t, tokensource.Leaving(keyed))
	})
}

// TestUnusedKeysAreDropped although there is room.
func TestUnusedKeysAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int64
		keyed := newKeyed(0, 0, &requests)
		unused := keyed.Get(tenancy{tenant: "a"})
		mustToken(t, unused)
		time.Sleep(59 * time.Minute)
		mustToken(t, keyed.Get(tenancy{tenant: "b"}))
		mustToken(t, unused) // not yet
		time.Sleep(2 * time.Hour)
		about := keyed.Get(tenancy{tenant: "a"}) // somebody is about to use it
		keyed.Get(tenancy{tenant: "b"})
		keyed.Get(tenancy{tenant: "c"})
		mustToken(t, about)
		time.Sleep(2 * time.Hour)
		mustToken(t, keyed.Get(tenancy{tenant: "d"}))
		_, err := unused.Token(t.Context())
		assert.ErrorIs(t, err, tokensource.ErrClosed)
		keyed.Close()
	})
}

// TestFailingKeysAreDropped: one that has never had a token keeps no others, but is
// kept as long as its server says that it must not be asked.
func TestFailingKeysAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failing, server := &issuer{}, &issuer{lifetime: time.Hour}
		failing.fail(unavailable(3 * time.Minute))
		keyed := &tokensource.Keyed[string]{New: func(key string) *tokensource.Cached {
			if key == "failing" {
				return failing.cached()
			}
			return server.cached()
		}}
		defer keyed.Close()
		fails := func() {
			_, err := keyed.Token(t.Context(), "failing")
			assert.Error(t, err)
		}
		sources := []*tokensource.Cached{keyed.Get("failing")}
		fails()
		time.Sleep(2 * time.Minute)
		keyed.Get("another")
		fails()
		assert.EqualValues(t, 1, failing.calls.Load(), "the server is not asked early")
		for _, key := range []string{"a", "b", "c"} {
			sources = append(sources, keyed.Get(key))
			mustToken(t, keyed.Source(key))
		}

		time.Sleep(48 * time.Hour)
		keyed.Get("yet another")
		for _, source := range sources {
			_, err := source.Token(t.Context())
			assert.ErrorIs(t, err, tokensource.ErrClosed)
		}
	})
}

func TestKeyedIsBounded(t *testing.T) { //nolint:paralleltest // the memory is that of the whole process
	var requests atomic.Int64
	keyed := newKeyed(100, 0, &requests)
	defer keyed.Close()
	live := keyed.Source(tenancy{tenant: "live"})
	mustToken(t, live)
	before := memory()
	for number := range 20_000 {
		_ = keyed.Get(tenancy{tenant: strconv.Itoa(number)})
		if number%50 == 0 {
			mustToken(t, live)
		}
	}
	assert.EqualValues(t, 1, requests.Load(), "the one that is used stays")
	assert.Less(t, memory(), before+4<<20)
}

func memory() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestNewThatBreaks: the callers get an error, and nothing is kept.
func TestNewThatBreaks(t *testing.T) {
	t.Parallel()
	closed := (&issuer{}).cached()
	closed.Close()
	for name, broken := range map[string]func(string) *tokensource.Cached{
		"missing": nil,
		"panics":  func(string) *tokensource.Cached { panic(canary) },
		"nil":     func(string) *tokensource.Cached { return nil },
		"closed":  func(string) *tokensource.Cached { return closed },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keyed := &tokensource.Keyed[string]{New: broken}
			for range 2 {
				_, err := keyed.Token(t.Context(), "key")
				require.Error(t, err)
				assert.NotContains(t, err.Error(), canary)
			}
			keyed.New = func(string) *tokensource.Cached { return (&issuer{lifetime: time.Hour}).cached() }
			_, err := keyed.Token(t.Context(), "key")
			assert.NoError(t, err)
			keyed.Close()
		})
	}
}

// TestKeyedSourceIsClosedByHand: the next caller gets a new one.
func TestKeyedSourceIsClosedByHand(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	keyed := newKeyed(0, 0, &requests)
	defer keyed.Close()
	_, err := keyed.Token(t.Context(), tenancy{})
	require.NoError(t, err)
	keyed.Get(tenancy{}).Close()
	_, err = keyed.Token(t.Context(), tenancy{})
	require.NoError(t, err)
	assert.EqualValues(t, 2, requests.Load())
}

// TestKeyedTransport renews the token of its key.
func TestKeyedTransport(t *testing.T) {
	t.Parallel()
	server, other := &issuer{lifetime: time.Hour}, &issuer{lifetime: time.Hour}
	keyed := &tokensource.Keyed[string]{New: func(key string) *tokensource.Cached {
		if key == "a" {
			return server.cached()
		}
		return other.cached()
	}}
	defer keyed.Close()
	mustToken(t, keyed.Source("b"))
	a := newAPI(t, challenged(invalidToken), ok)
	status, _ := get(t, newTransport(t, keyed.Source("a"), a), http.MethodPost, a.URL, strings.NewReader("body"))
	assert.Equal(t, http.StatusOK, status)
	assert.EqualValues(t, 2, server.calls.Load())
	assert.EqualValues(t, 1, other.calls.Load())
}

func BenchmarkKeyed(b *testing.B) {
	var requests atomic.Int64
	keyed := newKeyed(0, 0, &requests)
	defer keyed.Close()
	for number := range 100 {
		keyed.Get(tenancy{tenant: strconv.Itoa(number)})
	}
	key := tenancy{tenant: "7"}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			keyed.Get(key)
		}
	})
}
