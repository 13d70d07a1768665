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

// simulated is a server that knows when its tokens end, goes down now and then, and
// revokes all tokens at times, as a roll-over of its keys does.
type simulated struct {
	mu       sync.Mutex
	random   *rand.Rand
	down     bool
	tokens   map[string]time.Time // by token: the end
	requests int
	begun    int // lifetimes
	lifetime time.Duration
}

func (s *simulated) fetch(ctx context.Context) (*tokenclient.TokenResponse, error) {
	s.mu.Lock()
	s.requests++
	number, latency, down := s.requests, time.Duration(s.random.Int64N(int64(2*time.Second))), s.down
	s.mu.Unlock()
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if down {
		return nil, unavailable(0)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	token := "token-" + strconv.Itoa(number)
	s.tokens[token] = time.Now().Add(s.lifetime)
	return &tokenclient.TokenResponse{AccessToken: token, TokenType: "Bearer", ExpiresIn: s.lifetime}, nil
}

// accepts reports whether a token is good, and whether it would be but for its age.
func (s *simulated) accepts(token string) (accepted, expired bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, known := s.tokens[token]
	return known && time.Now().Before(end), known && !time.Now().Before(end)
}

func (s *simulated) change(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// TestSimulatedHour runs an hour with outages, revocations, clock jumps and callers
// who leave.
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
	random := rand.New(rand.NewPCG(seed, 1))
	server := &simulated{
		random: rand.New(rand.NewPCG(seed, 2)), tokens: map[string]time.Time{},
		lifetime: []time.Duration{time.Minute, 3 * time.Minute, 10 * time.Minute}[seed%3],
	}
	var offset, failures atomic.Int64
	var rollovers, jumps, outages int
	source := tokensource.NewCached(server.fetch, tokensource.CachedOptions{Hooks: tokensource.Hooks{
		Fetched: func(_ context.Context, event tokensource.FetchEvent) {
			if event.Err != nil {
				failures.Add(1)
			}
		},
	}})
	tokensource.Shift(source, func() time.Duration { return time.Duration(offset.Load()) })

	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for number := range 8 {
		group.Go(func() { callFor(ctx, t, source, server, rand.New(rand.NewPCG(seed, uint64(10+number)))) })
	}
	begin := time.Now()
	for time.Since(begin) < time.Hour {
		time.Sleep(time.Minute)
		switch random.IntN(6) {
		case 0: // an outage
			outages++
			server.change(func() { server.down = true })
			time.Sleep(time.Duration(random.Int64N(int64(90 * time.Second))))
			server.change(func() { server.down = false })
		case 1: // a roll-over of keys
			rollovers++
			server.change(func() { clear(server.tokens) })
		case 2: // the clock is set forward or back
			jumps++
			offset.Add(random.Int64N(int64(2*time.Hour)) - int64(time.Hour))
		}
	}
	stop()
	group.Wait()
	time.Sleep(time.Minute)
	_, err := source.Token(t.Context())
	require.NoError(t, err, "the server is up again")
	source.Close()

	// lifetimes that had to begin: those of an hour without events, and one for each
	ideal := int(time.Since(begin)/(server.lifetime*3/4)) + 1
	assert.LessOrEqual(t, float64(server.begun), 1.2*float64(ideal+rollovers+jumps+outages))
	assert.LessOrEqual(t, int(failures.Load()), 12*(outages+1), "the pauses grow")
}

// callFor uses the source as an API client does, and leaves early at times.
func callFor(ctx context.Context, t *testing.T, source *tokensource.Cached, server *simulated, random *rand.Rand) {
	t.Helper()
	for ctx.Err() == nil {
		time.Sleep(time.Duration(random.Int64N(int64(500 * time.Millisecond))))
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
