// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

func newKeys(t *testing.T, address string, options discovery.Options) *discovery.Keys {
	t.Helper()
	keys, err := discovery.NewKeys(address, options)
	require.NoError(t, err)
	assert.Equal(t, address, keys.Address())
	return keys
}

// TestRotation: the server has a new key, and 100 look for it at once.
func TestRotation(t *testing.T) {
	t.Parallel()
	var current atomic.Value
	current.Store(keySet(ecKey("old")))
	s := serve(t, func(_ string, w http.ResponseWriter, _ *http.Request) {
		body, _ := current.Load().(string)
		_, _ = io.WriteString(w, body)
	})
	keys := newKeys(t, s.URL+"/keys", discovery.Options{HTTPClient: ownClient(t)})
	found, err := keys.Find(t.Context(), "old", "ES256")
	require.NoError(t, err)
	require.Len(t, found, 1)
	for i, id := range []string{"new", "newer"} { // two rotations in a row, as the burst allows
		current.Store(keySet(ecKey("old"), ecKey(id)))
		var all sync.WaitGroup
		var good atomic.Int64
		for range 100 {
			all.Go(func() {
				if found, err := keys.Find(t.Context(), id, "ES256"); err == nil && len(found) == 1 && found[0].ID == id {
					good.Add(1)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 100, good.Load(), id)
		assert.Equal(t, 2+i, s.count("/keys"))
	}
}

// TestUnknownKeys: 10,000 made-up kids in a minute cost four requests, and one
// every 30 s from then on.
func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		keys := newKeys(t, issuer+"/keys", network.options())
		_, err := keys.Get(t.Context())
		require.NoError(t, err)
		start := time.Now()
		for i := range 10_000 {
			found, err := keys.Find(t.Context(), fmt.Sprint("made up ", i), "RS256")
			require.NoError(t, err)
			require.Empty(t, found)
			pass(6 * time.Millisecond)
			if i == 0 || i == 1 {
				require.Equal(t, 2+i, network.count(), "the burst")
			}
			if i > 1 && time.Since(start) < 30*time.Second {
				require.Equal(t, 3, network.count())
			}
		}
		assert.Equal(t, time.Minute, time.Since(start))
		assert.LessOrEqual(t, network.count(), 1+2+2)
		assert.GreaterOrEqual(t, network.count(), 1+2+1)

		pass(time.Hour) // the bucket holds no more than two
		_, err = keys.Get(t.Context())
		require.NoError(t, err)
		before := network.count()
		for range 100 {
			_, err := keys.Find(t.Context(), "made up", "")
			require.NoError(t, err)
		}
		assert.Equal(t, before+2, network.count())
	})
}

// TestFindLeaves: callers who look for an unknown key leave by their own context.
func TestFindLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		keys := newKeys(t, issuer+"/keys", network.options())
		_, err := keys.Get(t.Context())
		require.NoError(t, err)
		silent := make(chan struct{})
		network.set(func(now *script) { now.silent, now.keys = silent, keySet(theRSA, ecKey("new")) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err = keys.Find(ctx, "new", "ES256")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		found, err := keys.Find(ctx, "2011-04-29", "RS256")
		require.NoError(t, err, "a key that is there costs no waiting")
		assert.Len(t, found, 1)
		waiting := make(chan int)
		go func() {
			found, err := keys.Find(t.Context(), "new", "ES256")
			if err != nil {
				found = nil
			}
			waiting <- len(found)
		}()
		synctest.Wait()
		close(silent)
		assert.Equal(t, 1, <-waiting)
		assert.Equal(t, 2, network.count())
	})
}

// TestFindWhileDown: no key is no error when there is a set; without a set it is.
func TestFindWhileDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := newScripted()
		network.status(http.StatusInternalServerError)
		keys := newKeys(t, issuer+"/keys", network.options())
		found, err := keys.Find(t.Context(), "a", "")
		assert.Equal(t, discovery.KindHTTP, failure(t, err).Kind)
		assert.Nil(t, found)
		pass(time.Second)
		network.status(0)
		_, err = keys.Get(t.Context())
		require.NoError(t, err)
		network.status(http.StatusInternalServerError)
		found, err = keys.Find(t.Context(), "a", "")
		require.NoError(t, err)
		assert.Empty(t, found)
		network.set(func(now *script) { now.status, now.keys = 0, `{"keys":1}` })
		found, err = keys.Find(t.Context(), "a", "")
		require.NoError(t, err)
		assert.Empty(t, found)
		set, err := keys.Get(t.Context())
		require.NoError(t, err)
		assert.Len(t, set.Keys, 1, "a set that cannot be read does not replace a good one")
		_, err = keys.Refresh(t.Context())
		assert.Equal(t, discovery.KindMalformed, failure(t, err).Kind)
		assert.Equal(t, issuer+"/keys", failure(t, err).Address)
		assert.Equal(t, http.StatusOK, failure(t, err).StatusCode)
	})
}

// TestKeysOfUntrustedAddress is about the address of a key set by itself.
func TestKeysOfUntrustedAddress(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, "http://as.example/keys", discovery.Options{Policy: discovery.Policy{AllowHTTP: true}, HTTPClient: anywhere(keySet(theRSA))})
	found, err := keys.Find(t.Context(), "", "")
	require.NoError(t, err)
	assert.Len(t, found, 1)
}
