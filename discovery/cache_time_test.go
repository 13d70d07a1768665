// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// The tests of this file run in bubbles, where time is not real and which cannot
// end before all goroutines have.

// scripted is a network that is up, down or silent, as its test says.
type scripted struct {
	fake
	lock sync.Mutex
	now  script
}

type script struct {
	status int           // 0 is good
	silent chan struct{} // not nil: no answer until it is closed, or the request ends
	header []string
	keys   string
}

func newScripted() *scripted {
	s := &scripted{now: script{keys: keySet(theRSA)}}
	s.respond = func(r *http.Request) *http.Response {
		now := s.script()
		switch {
		case now.status != 0:
			return response(now.status, "down")
		case strings.HasSuffix(r.URL.Path, "/keys"):
			return response(http.StatusOK, now.keys, now.header...)
		}
		return response(http.StatusOK, document(issuer).text(), now.header...)
	}
	return s
}

func (s *scripted) script() script {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.now
}

func (s *scripted) set(change func(*script)) {
	s.lock.Lock()
	defer s.lock.Unlock()
	change(&s.now)
}

func (s *scripted) status(status int) { s.set(func(now *script) { now.status = status }) }

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := s.fake.RoundTrip(r)
	silent := s.script().silent
	if silent == nil {
		return answer, err
	}
	select {
	case <-silent:
		return answer, err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (s *scripted) options() discovery.Options {
	return discovery.Options{HTTPClient: &http.Client{Transport: s}, MaxAttempts: 1}
}

func (s *scripted) count() int { return len(s.urls()) }

// TestLifetime looks just before and just after the end of each.
func TestLifetime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		header         string
		document, keys time.Duration
	}{
		"none":                 {"", day, 5 * time.Minute},
		"max-age":              {"max-age=120", 2 * time.Minute, 2 * time.Minute},
		"among others":         {"public, MAX-AGE=3600, must-revalidate", time.Hour, 5 * time.Minute},
		"quoted":               {`max-age="120"`, 2 * time.Minute, 2 * time.Minute},
		"too long":             {"max-age=31536000", day, 5 * time.Minute},
		"too short":            {"max-age=1", time.Minute, time.Minute},
		"zero":                 {"max-age=0", time.Minute, time.Minute},
		"negative":             {"max-age=-1", day, 5 * time.Minute},
		"not a number":         {"max-age=soon", day, 5 * time.Minute},
		"too large":            {"max-age=99999999999999999999", day, 5 * time.Minute},
		"no-store":             {"no-store", time.Minute, time.Minute},
		"no-cache":             {"private, no-cache", time.Minute, time.Minute},
		"no-store at the end":  {"max-age=3600, no-store", time.Minute, time.Minute},
		"no-store first":       {"no-store, max-age=3600", time.Minute, time.Minute},
		"the shorter":          {"max-age=240,max-age=120", 2 * time.Minute, 2 * time.Minute},
		"s-maxage is not ours": {"s-maxage=60", day, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := newScripted()
				if test.header != "" {
					network.now.header = []string{"Cache-Control", test.header}
				}
				cache := newCache(t, issuer, network.options())
				metadata, err := cache.Get(t.Context())
				require.NoError(t, err)
				lasts(t, network, test.document, func() { _, err = cache.Get(t.Context()) })
				require.NoError(t, err)
				_, err = metadata.Keys().Get(t.Context())
				require.NoError(t, err)
				lasts(t, network, test.keys, func() { _, err = metadata.Keys().Get(t.Context()) })
				require.NoError(t, err)
			})
		})
	}
}

// lasts requires that what has just been fetched is fetched again after that time.
func lasts(t *testing.T, network *scripted, lifetime time.Duration, get func()) {
	t.Helper()
	before := network.count()
	pass(lifetime - 1)
	get()
	assert.Equal(t, before, network.count(), "too early")
	pass(1)
	get()
	assert.Equal(t, before+1, network.count(), "too late")
}

// pass lets time pass in a bubble.
func pass(duration time.Duration) { <-time.After(duration) }

// TestPauses: a failure is followed by a pause, in which the error is returned
// without a request; each pause is twice the one before, up to 30 s.
func TestPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		network.status(http.StatusInternalServerError)
		cache := newCache(t, issuer, network.options())
		for i, pause := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30, 30, 30} {
			for range 3 {
				_, err := cache.Get(t.Context())
				require.Equal(t, http.StatusInternalServerError, failure(t, err).StatusCode)
				require.Equal(t, i+1, network.count())
			}
			pass(pause*time.Second - 1)
			_, err := cache.Get(t.Context())
			require.Error(t, err)
			require.Equal(t, i+1, network.count(), "within the pause")
			pass(1)
		}
		network.status(0)
		_, err := cache.Get(t.Context())
		require.NoError(t, err)
		pass(24 * time.Hour)
		network.status(http.StatusInternalServerError)
		before := network.count()
		for i, pause := range []time.Duration{1, 2} { // after a success they begin anew
			_, err := cache.Get(t.Context())
			require.NoError(t, err, "the last good one")
			require.Equal(t, before+i+1, network.count())
			pass(pause * time.Second)
		}
	})
}

// TestRefreshForces: it waits for no pause and no lifetime.
func TestRefreshForces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		network.status(http.StatusInternalServerError)
		cache := newCache(t, issuer, network.options())
		_, err := cache.Get(t.Context())
		require.Error(t, err)
		network.status(0)
		_, err = cache.Get(t.Context())
		require.Error(t, err, "within the pause")
		metadata, err := cache.Refresh(t.Context())
		require.NoError(t, err)
		again, err := cache.Get(t.Context())
		require.NoError(t, err)
		assert.Same(t, metadata, again)
		_, err = cache.Refresh(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 3, network.count())
		for range 2 {
			_, err = metadata.Keys().Refresh(t.Context())
			require.NoError(t, err)
		}
		assert.Equal(t, 5, network.count())
	})
}

// TestServerStaysDown: after the lifetime, with a server that fails or is silent,
// callers are given the last good value, and wait for a second at most.
func TestServerStaysDown(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]func(*script){
		"failing": func(now *script) { now.status = http.StatusServiceUnavailable },
		"silent":  func(now *script) { now.silent = make(chan struct{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := newScripted()
				cache := newCache(t, issuer, network.options())
				metadata, err := cache.Get(t.Context())
				require.NoError(t, err)
				keys := metadata.Keys()
				pass(24 * time.Hour)
				set, err := keys.Get(t.Context())
				require.NoError(t, err)
				network.set(down)
				start := time.Now()
				for range 600 {
					before := time.Now()
					got, err := cache.Get(t.Context())
					require.NoError(t, err)
					require.Same(t, metadata, got)
					stale, err := keys.Get(t.Context())
					require.NoError(t, err)
					require.Same(t, set, stale)
					found, err := keys.Find(t.Context(), "2011-04-29", "RS256")
					require.NoError(t, err)
					require.Len(t, found, 1)
					require.LessOrEqual(t, time.Since(before), 3*time.Second)
					pass(time.Second)
				}
				assert.Less(t, time.Since(start), 700*time.Second, "waited too often")
				assert.Less(t, network.count(), 70, "asked too often")
				network.set(func(now *script) { now.status, now.silent = 0, nil })
				pass(2 * time.Minute)
				_, err = cache.Get(t.Context())
				require.NoError(t, err)
				synctest.Wait()
				renewed, err := cache.Get(t.Context())
				require.NoError(t, err)
				assert.NotSame(t, metadata, renewed)
			})
		})
	}
}

// TestEndedContextWithALastValue leaves at once when the caller's context ends.
func TestEndedContextWithALastValue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		cache := newCache(t, issuer, network.options())
		_, err := cache.Get(t.Context())
		require.NoError(t, err)
		pass(24 * time.Hour)
		silent := make(chan struct{})
		network.set(func(now *script) { now.silent = silent })
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err = cache.Get(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Millisecond, time.Since(start))
		close(silent)
		synctest.Wait()
		_, err = cache.Get(ctx)
		require.NoError(t, err, "what is fresh costs no waiting")
	})
}

// TestColdSilence: the fetch ends within its limits when all callers have left.
func TestColdSilence(t *testing.T) {
	t.Parallel()
	for attempts, limit := range map[int]time.Duration{1: 30 * time.Second, 3: 60 * time.Second} {
		t.Run(fmt.Sprint(attempts), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				network := newScripted()
				network.now.silent = make(chan struct{})
				options := network.options()
				options.MaxAttempts = attempts
				cache := newCache(t, issuer, options)
				start := time.Now()
				_, err := cache.Get(t.Context())
				assert.True(t, failure(t, err).Timeout())
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, limit, time.Since(start))
			})
		})
	}
}
