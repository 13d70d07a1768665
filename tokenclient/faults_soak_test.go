// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

var soakTime = flag.Duration("soak", 20*time.Second, "how long TestSoak runs; make soak: 10m")

const (
	soakWorkers   = 64
	soakHeap      = 2 << 20 // how much more may be live at the end
	soakPrefix    = "single-use-"
	soakKnown     = 1 << 20 // words of 64 credentials each: more than any run makes
	soakProblems  = 10      // that are told
	soakShort     = 50 * time.Millisecond
	soakQuiet     = 100 // ticks without a goroutine coming or going
	soakQuietTick = 20 * time.Millisecond
)

// soakWorld is one fault, played three times out of four, and the clients that
// meet it.
type soakWorld struct {
	fault     faultserver.Fault
	server    *faultserver.Server
	transport *http.Transport
	clients   []*tokenclient.Client
}

// soak sends single-use credentials, each a number, and notes which arrived.
type soak struct {
	worlds  []soakWorld
	pause   sync.RWMutex // held by the calls; locked, there are none
	next    atomic.Uint64
	calls   atomic.Uint64
	tokens  atomic.Uint64
	arrived []atomic.Uint64 // one bit for each credential

	mutex    sync.Mutex
	problems []string
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	s := &soak{arrived: make([]atomic.Uint64, soakKnown)}
	for _, fault := range faultserver.All() {
		server, err := faultserver.Start(fault, faultserver.Options{
			Play:  func() bool { return rand.IntN(4) > 0 },
			Watch: s.watch,
		})
		require.NoError(t, err)
		t.Cleanup(server.Close)
		world := soakWorld{fault: fault, server: server, transport: httpcall.NewTransport()}
		server.Apply(world.transport)
		world.transport.IdleConnTimeout = time.Second // net/http holds on to closed connections so long
		world.transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: time.Second}
		config := tokenclient.Config{
			Endpoints:  tokenclient.Endpoints{Token: server.URL()},
			ClientID:   "client",
			Auth:       clientauth.SecretBasic("secret"),
			HTTPClient: &http.Client{Transport: world.transport},
			Retry: tokenclient.Retry{
				MinWait: time.Millisecond, MaxWait: 5 * time.Millisecond, MaxRetryAfter: 5 * time.Millisecond,
				AttemptTimeout: 10 * time.Second,
			},
		}
		if fault.Slow {
			config.Retry.AttemptTimeout = soakShort
		}
		for {
			client, err := tokenclient.New(config)
			require.NoError(t, err)
			world.clients = append(world.clients, client)
			if !fault.Anywhere() || config.HTTPClient == nil {
				break
			}
			config.HTTPClient = nil // the package's own transports
		}
		s.worlds = append(s.worlds, world)
	}
	return s
}

// watch notes what arrived at a server.
func (s *soak) watch(form url.Values) {
	for _, name := range []string{"code", "refresh_token", "password"} {
		text, ok := strings.CutPrefix(form.Get(name), soakPrefix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(text, 10, 64)
		if err != nil || number/64 >= soakKnown {
			s.problem("a %s that was not sent: %s", name, text)
			return
		}
		if before := s.arrived[number/64].Or(1 << (number % 64)); before&(1<<(number%64)) != 0 {
			s.problem("the %s %d arrived twice", name, number)
		}
	}
}

func (s *soak) hasArrived(number uint64) bool {
	return s.arrived[number/64].Load()&(1<<(number%64)) != 0
}

func (s *soak) problem(format string, values ...any) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.problems) < soakProblems {
		s.problems = append(s.problems, fmt.Sprintf(format, values...))
	}
}

// work makes calls until ctx ends.
func (s *soak) work(ctx context.Context) {
	for ctx.Err() == nil {
		s.pause.RLock()
		s.callOnce(context.WithoutCancel(ctx))
		s.pause.RUnlock()
	}
}

func (s *soak) callOnce(ctx context.Context) {
	world := &s.worlds[rand.IntN(len(s.worlds))]
	client := world.clients[rand.IntN(len(world.clients))]
	number := s.next.Add(1)
	credential := soakPrefix + strconv.FormatUint(number, 10)
	s.calls.Add(1)
	var err error
	switch rand.IntN(4) {
	case 0:
		_, err = client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
		if err == nil {
			s.tokens.Add(1)
		}
		return
	case 1:
		_, err = client.RequestAuthorizationCodeToken(ctx, tokenclient.AuthorizationCodeTokenRequest{Code: credential, RedirectURI: "https://app.example"})
	case 2:
		_, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: credential})
	case 3:
		_, err = client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{UserName: "alice", Password: credential})
	}
	var failed *tokenclient.Error
	switch arrived := s.hasArrived(number); {
	case err == nil && !arrived:
		s.problem("%s: a token for what did not arrive", world.fault.Name)
	case err == nil:
		s.tokens.Add(1)
	case !errors.As(err, &failed):
		s.problem("%s: a foreign error: %v", world.fault.Name, err)
	case arrived && failed.Outcome == tokenclient.NotProcessed && failed.StatusCode == 0:
		s.problem("%s: it is said not to have been sent, and has arrived", world.fault.Name)
	}
}

// measure stops the calls, and returns how much is live and how many goroutines
// there are when all has calmed down: net/http goes on with dials that nobody
// waits for any more.
func (s *soak) measure() (heap uint64, goroutines int) {
	s.pause.Lock()
	defer s.pause.Unlock()
	ticker := time.NewTicker(soakQuietTick)
	defer ticker.Stop()
	for tick, quiet := 0, 0; quiet < soakQuiet && tick < 20*soakQuiet; tick, quiet = tick+1, quiet+1 {
		for _, world := range s.worlds {
			world.transport.CloseIdleConnections()
			world.server.Disconnect() // the idle connections of the package's own transports end so
		}
		<-ticker.C
		if now := runtime.NumGoroutine(); now != goroutines {
			goroutines, quiet = now, 0
		}
	}
	runtime.GC()
	runtime.GC() // what pools hold is gone after two
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc, goroutines
}

// TestSoak has 64 goroutines meet random faults. Nothing that works once arrives
// twice, and nothing is left behind. It is not parallel to other tests: it counts
// goroutines and memory.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 20 seconds: -short")
	}
	s := newSoak(t)
	warm := min(time.Minute, *soakTime/4)
	ctx, cancel := context.WithTimeout(t.Context(), *soakTime)
	defer cancel()
	var group sync.WaitGroup
	for range soakWorkers {
		group.Go(func() { s.work(ctx) })
	}
	timer := time.NewTimer(warm)
	defer timer.Stop()
	<-timer.C
	heap, goroutines := s.measure()
	<-ctx.Done()
	group.Wait()
	finalHeap, finalGoroutines := s.measure()
	t.Logf("%s: %d calls, %d tokens; heap %d KiB, then %d KiB; goroutines %d, then %d with no worker left",
		*soakTime, s.calls.Load(), s.tokens.Load(), heap>>10, finalHeap>>10, goroutines, finalGoroutines)
	assert.Empty(t, s.problems)
	assert.LessOrEqual(t, finalHeap, heap+soakHeap, "live heap")
	assert.LessOrEqual(t, finalGoroutines, goroutines-soakWorkers, "goroutines")
	assert.Greater(t, s.tokens.Load(), uint64(100), "the bench works")
}
