// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"math/rand/v2"
	"strconv"
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

// weather is what happens in an hour, to all servers and sources of it.
type weather struct {
	down   atomic.Bool
	busy   atomic.Bool  // in an outage: the server says how long to wait
	lose   atomic.Bool  // the next answer to a refresh
	offset atomic.Int64 // of the wall clock

	outages                  []time.Duration
	rollovers, losses, jumps int
}

// pass lets the hour pass.
func (w *weather) pass(random *rand.Rand, ledgers ...*ledger) {
	for begin := time.Now(); time.Since(begin) < time.Hour; {
		time.Sleep(time.Minute)
		switch random.IntN(7) {
		case 0: // an outage
			duration := time.Duration(random.Int64N(int64(90 * time.Second)))
			w.outages = append(w.outages, duration)
			w.busy.Store(random.IntN(3) == 0)
			w.down.Store(true)
			time.Sleep(duration)
			w.down.Store(false)
		case 1: // a roll-over of keys
			w.rollovers++
			for _, l := range ledgers {
				l.revoke()
			}
		case 2: // an answer is lost, unless one is still to be
			if w.lose.CompareAndSwap(false, true) {
				w.losses++
			}
		case 3: // the clock is set forward or back
			w.jumps++
			w.offset.Add(random.Int64N(int64(2*time.Hour)) - int64(time.Hour))
		}
	}
	w.lose.Store(false)
}

// pauses returns how many requests the outages allow to fail: each has its first one,
// and one after each pause, of which the shortest come first and double.
func (w *weather) pauses(least, most time.Duration) (requests int) {
	for _, left := range w.outages {
		requests++
		for pause := least; left >= pause; pause = min(2*pause, most) {
			left -= pause
			requests++
		}
	}
	return requests
}

// assertFrugal looks at the requests for tokens of a lifetime: those that brought one
// are for a lifetime that had to begin, or an outage that has ended, times 1.2; no
// more have failed than the pauses allow.
func (w *weather) assertFrugal(t *testing.T, server *ledger, lifetime time.Duration, requests, events, failures int) {
	t.Helper()
	passed := time.Hour + 4*time.Minute + lifetime // it ends after what happened last, and a while
	begun, ideal := server.begun(), int(passed/(lifetime*3/4))+1
	assert.LessOrEqual(t, float64(begun), 1.2*float64(ideal+w.rollovers+events+len(w.outages)))
	assert.GreaterOrEqual(t, begun, ideal/3, "the source was in use")
	assert.LessOrEqual(t, requests-begun, failures)
}

// ledger is what a server knows of its access tokens.
type ledger struct {
	mu    sync.Mutex
	ends  map[string]time.Time
	valid map[string]bool
}

func newLedger() *ledger { return &ledger{ends: map[string]time.Time{}, valid: map[string]bool{}} }

func (l *ledger) issue(token string, lifetime time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends[token], l.valid[token] = time.Now().Add(lifetime), true
}

// revoke revokes all tokens, as a roll-over of the keys does.
func (l *ledger) revoke() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.valid)
}

func (l *ledger) begun() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ends)
}

func (l *ledger) accepts(token string) (accepted, expired bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	expired = !time.Now().Before(l.ends[token])
	return l.valid[token] && !expired, expired
}

// renewable is a source as its callers see it.
type renewable interface {
	tokensource.Source
	Invalidate(ctx context.Context, token tokenclient.Token)
}

// callFor uses the source as an API client does, and leaves early at times.
func callFor(ctx context.Context, t *testing.T, source renewable, server *ledger, random *rand.Rand) {
	t.Helper()
	for ctx.Err() == nil {
		time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
		patient, cancel := context.WithTimeout(ctx, time.Duration(1+random.Int64N(int64(3*time.Second))))
		token, err := source.Token(patient)
		if err == nil {
			accepted, expired := server.accepts(token.AccessToken())
			assert.False(t, expired, "an expired token was given out")
			if !accepted {
				source.Invalidate(ctx, token)
			}
		}
		cancel()
	}
}

// simulated is a server of client credentials.
type simulated struct {
	*weather
	*ledger

	random   func(limit time.Duration) time.Duration
	lifetime time.Duration
	requests atomic.Int64
}

func (s *simulated) fetch(ctx context.Context) (*tokenclient.TokenResponse, error) {
	number, down := s.requests.Add(1), s.down.Load()
	select {
	case <-time.After(s.random(2 * time.Second)):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if down {
		return nil, unavailable(0)
	}
	token := "token-" + strconv.FormatInt(number, 10)
	s.issue(token, s.lifetime)
	return &tokenclient.TokenResponse{AccessToken: token, TokenType: "Bearer", ExpiresIn: s.lifetime}, nil
}

// TestSimulatedHour runs an hour with outages, roll-overs of keys, lost answers, clock
// jumps and callers who leave, of a Cached and of two Refreshing with one store.
func TestSimulatedHour(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { simulate(t, seed) })
		})
	}
}

func simulate(t *testing.T, seed uint64) {
	t.Helper()
	lifetime := []time.Duration{time.Minute, 3 * time.Minute, 10 * time.Minute}[seed%3]
	hour, latency := &weather{}, delays(seed)
	server := &simulated{weather: hour, ledger: newLedger(), random: latency, lifetime: lifetime}
	source := tokensource.NewCached(server.fetch, tokensource.CachedOptions{})
	tokensource.Shift(source, func() time.Duration { return time.Duration(hour.offset.Load()) })
	users := newUsers(t, hour, latency, lifetime)

	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for number := range uint64(6) {
		group.Go(func() { callFor(ctx, t, source, server.ledger, rand.New(rand.NewPCG(seed, 10+number))) })
		group.Go(func() { callFor(ctx, t, users.of(number), users.ledger, rand.New(rand.NewPCG(seed, 20+number))) })
	}
	hour.pass(rand.New(rand.NewPCG(seed, 1)), server.ledger, users.ledger)
	stop()
	group.Wait()
	time.Sleep(max(time.Minute, lifetime)) // pauses and tokens end
	_, err := source.Token(t.Context())
	require.NoError(t, err, "the server is up again")
	source.Close()
	users.end(t)

	// a token that ends during an outage is a reason to ask once more
	failures := hour.pauses(125*time.Millisecond, 15*time.Second) + len(hour.outages)
	hour.assertFrugal(t, server.ledger, lifetime, int(server.requests.Load()), hour.jumps, failures)
	failures = len(users.programs)*hour.pauses(time.Second, 30*time.Second) + hour.losses
	hour.assertFrugal(t, users.ledger, lifetime, users.refreshes(), hour.losses, failures)
}

// delays returns random times, for many goroutines.
func delays(seed uint64) func(limit time.Duration) time.Duration {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 2))
	return func(limit time.Duration) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.Int64N(int64(limit)))
	}
}
