// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// hanging is a revocation endpoint that does not answer as long as that is so.
func hanging(hangs *atomic.Bool) func(*http.Request) error {
	return func(request *http.Request) error {
		if !strings.HasSuffix(request.URL.Path, "/revoke") || !hangs.Load() {
			return nil
		}
		<-request.Context().Done()
		return request.Context().Err()
	}
}

// TestHangingRevocationHoldsNobodyUp: not the next login, not its refreshes.
func TestHangingRevocationHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hangs atomic.Bool
		hangs.Store(true)
		server := newRotating(60)
		server.delay = hanging(&hangs)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, source.Revoke(ctx), context.DeadlineExceeded, "it goes on")

		begun := time.Now()
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrNoToken)
		server.current = "rt-login"
		require.NoError(t, source.SetToken(t.Context(), server.login()))
		for range 30 * 60 {
			_, err := source.Token(t.Context())
			require.NoError(t, err)
			begun = begun.Add(time.Second)
			time.Sleep(time.Second)
		}
		assert.Equal(t, begun, time.Now(), "a call has waited")
		assert.Empty(t, server.revoked)

		hangs.Store(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{"rt-1"}, server.revoked, "the access token has ended")
		_, err = source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Close())
	})
}

// timed notes for how long its lock was held.
type timed struct {
	*tokensource.Memory
	longest atomic.Int64
}

func (s *timed) Lock(ctx context.Context, key string) (func(), error) {
	unlock, err := s.Memory.Lock(ctx, key)
	begun := time.Now()
	return func() {
		s.longest.Store(max(s.longest.Load(), int64(time.Since(begun))))
		unlock()
	}, err
}

// TestSlowRevocation: of many tokens, one after the other.
func TestSlowRevocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(36000), &timed{Memory: tokensource.NewMemory()}
		server.delay = func(request *http.Request) error {
			if strings.HasSuffix(request.URL.Path, "/revoke") {
				time.Sleep(5 * time.Second)
			}
			return request.Context().Err()
		}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		for i := range 50 {
			_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: fmt.Sprint(i)})
			require.NoError(t, err)
		}
		begun := time.Now()
		err := source.Revoke(t.Context())
		require.Error(t, err, "some are good yet")
		require.NotErrorIs(t, err, context.DeadlineExceeded, "that of the caller has not ended")
		assert.LessOrEqual(t, time.Since(begun), 90*time.Second)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Len(t, server.revoked, 51)
		assert.Equal(t, "rt-50", server.revoked[0])
		assert.Zero(t, store.longest.Load())
		require.NoError(t, source.Close())
	})
}

// TestRevokeWhileAnotherIsUnderWay: it does not say that it is done before it is.
func TestRevokeWhileAnotherIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"that succeeds": false, "that fails": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRotating(3600)
				server.delay = func(*http.Request) error {
					time.Sleep(10 * time.Second)
					if fails {
						return errors.New("connection reset by peer")
					}
					return nil
				}
				source := loggedIn(t, server, tokensource.RefreshingConfig{})
				var group sync.WaitGroup
				begun := time.Now()
				for i := range 20 {
					group.Go(func() {
						time.Sleep(time.Duration(i) * time.Second / 4)
						err := source.Revoke(t.Context())
						if fails {
							assert.Error(t, err)
						} else {
							assert.NoError(t, err)
						}
						assert.GreaterOrEqual(t, time.Since(begun), 10*time.Second)
					})
				}
				group.Wait()
				assert.LessOrEqual(t, time.Since(begun), 20*time.Second, "they share one attempt")
				if !fails {
					assert.Equal(t, []string{"rt-0"}, server.revoked)
				}
				require.NoError(t, source.Close())
			})
		})
	}
}

// TestCloseDuringARevocation: it waits, but not for ever.
func TestCloseDuringARevocation(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{
		"of Revoke": time.Second, "in the background": 5 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var hangs atomic.Bool
				hangs.Store(true)
				server := newRotating(3600)
				server.delay = hanging(&hangs)
				source := loggedIn(t, server, tokensource.RefreshingConfig{})
				ctx, cancel := context.WithTimeout(t.Context(), wait)
				defer cancel()
				for range 20 {
					go func() { assert.Error(t, source.Revoke(ctx)) }()
				}
				time.Sleep(wait)
				begun := time.Now()
				require.NoError(t, source.Close())
				assert.LessOrEqual(t, time.Since(begun), 2*time.Minute)
				hangs.Store(false)
				time.Sleep(time.Hour)
				synctest.Wait()
				assert.Empty(t, server.revoked, "nothing goes on")
			})
		})
	}
}
