// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

func newCache(t *testing.T, address string, options discovery.Options) *discovery.Cache {
	t.Helper()
	cache, err := discovery.NewCache(address, options)
	require.NoError(t, err)
	return cache
}

// TestColdCache: however many call at once, on a real socket, there is one request
// for the document, and one for the keys when they are asked for.
func TestColdCache(t *testing.T) {
	t.Parallel()
	var calling sync.WaitGroup
	calling.Add(callers)
	s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
		calling.Wait() // no answer before all have begun to call
		good(url, w, r)
	})
	cache := newCache(t, s.URL, discovery.Options{HTTPClient: ownClient(t)})
	assert.Zero(t, s.count(openIDPath), "sent by NewCache")
	var failures, same atomic.Int64
	var first atomic.Pointer[discovery.Metadata]
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			calling.Done()
			got, err := cache.Get(t.Context())
			if err != nil {
				failures.Add(1)
				return
			}
			if first.CompareAndSwap(nil, got) || first.Load() == got {
				same.Add(1)
			}
		})
	}
	all.Wait()
	assert.Zero(t, failures.Load())
	assert.EqualValues(t, callers, same.Load())
	assert.Equal(t, 1, s.count(openIDPath))
	assert.Zero(t, s.count("/keys"))

	calling.Add(callers)
	for range callers {
		all.Go(func() {
			calling.Done()
			found, err := first.Load().Keys().Find(t.Context(), "one", "ES256")
			if err != nil || len(found) != 1 {
				failures.Add(1)
			}
		})
	}
	all.Wait()
	assert.Zero(t, failures.Load())
	assert.Equal(t, 1, s.count("/keys"))
	assert.Equal(t, 1, s.count(openIDPath))
}

// TestLeaderLeaves: the one whose call began the fetch goes, and nobody else
// notices.
func TestLeaderLeaves(t *testing.T) {
	t.Parallel()
	came, answer := make(chan struct{}, 9), make(chan struct{})
	s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
		came <- struct{}{}
		<-answer
		good(url, w, r)
	})
	cache := newCache(t, s.URL, discovery.Options{HTTPClient: ownClient(t)})
	ctx, cancel := context.WithCancel(t.Context())
	leader := make(chan error, 1)
	go func() {
		_, err := cache.Get(ctx)
		leader <- err
	}()
	<-came
	var others sync.WaitGroup
	var failures atomic.Int64
	for range 100 {
		others.Go(func() {
			if _, err := cache.Get(t.Context()); err != nil {
				failures.Add(1)
			}
		})
	}
	cancel()
	require.ErrorIs(t, <-leader, context.Canceled) // while the server is still silent
	hurried, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	_, err := cache.Get(hurried)
	require.ErrorIs(t, err, context.DeadlineExceeded) // so does one that is in a hurry
	_, err = cache.Refresh(hurried)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(answer)
	others.Wait()
	assert.Zero(t, failures.Load())
	assert.Equal(t, 1, s.count(openIDPath))
}

// TestServerGoesDown has nobody listening any more.
func TestServerGoesDown(t *testing.T) {
	t.Parallel()
	s := serve(t, good)
	cache := newCache(t, s.URL, discovery.Options{HTTPClient: ownClient(t), MaxAttempts: 1})
	before, err := cache.Get(t.Context())
	require.NoError(t, err)
	set, err := before.Keys().Get(t.Context())
	require.NoError(t, err)
	s.Close()
	_, err = cache.Refresh(t.Context())
	assert.Equal(t, discovery.KindTransport, failure(t, err).Kind)
	_, err = before.Keys().Refresh(t.Context())
	assert.Equal(t, discovery.KindTransport, failure(t, err).Kind)
	after, err := cache.Get(t.Context())
	require.NoError(t, err)
	assert.Same(t, before, after)
	again, err := after.Keys().Get(t.Context())
	require.NoError(t, err)
	assert.Same(t, set, again)
	found, err := after.Keys().Find(t.Context(), "unknown", "")
	require.NoError(t, err)
	assert.Empty(t, found)
}

// TestWarmCacheIsFree runs alone: other tests allocate too.
func TestWarmCacheIsFree(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts all goroutines
	s := serve(t, good)
	cache := newCache(t, s.URL, discovery.Options{HTTPClient: ownClient(t)})
	ctx := t.Context()
	metadata, err := cache.Get(ctx)
	require.NoError(t, err)
	_, err = metadata.Keys().Get(ctx)
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = cache.Get(ctx) }))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _, _ = metadata.Keys().Get(ctx) }))
}

// TestKeysAreKept: a document that names the same keys does not cost another request
// for them.
func TestKeysAreKept(t *testing.T) {
	t.Parallel()
	s := serve(t, good)
	cache := newCache(t, s.URL, discovery.Options{HTTPClient: ownClient(t), FetchKeys: true})
	before, err := cache.Get(t.Context())
	require.NoError(t, err)
	after, err := cache.Refresh(t.Context())
	require.NoError(t, err)
	assert.Same(t, before.Keys(), after.Keys())
	assert.Equal(t, 2, s.count(openIDPath))
	assert.Equal(t, 1, s.count("/keys"))
}

// TestIssuerStays: a server whose issuer changes is another one, whatever the
// policy accepts; what was there stays.
func TestIssuerStays(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]discovery.Policy{
		"default":         {},
		"any":             {AllowAnyIssuer: true},
		"a function":      {ExpectedIssuer: func(string) bool { return true }},
		"a slash":         {IgnoreTrailingSlash: true},
		"any, everywhere": {AllowAnyIssuer: true, AllowAnyBaseAddress: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var current atomic.Value
			current.Store(document(issuer).text())
			network := &fake{respond: func(*http.Request) *http.Response {
				body, _ := current.Load().(string)
				return response(http.StatusOK, body)
			}}
			cache := newCache(t, issuer, discovery.Options{HTTPClient: network.client(), Policy: policy})
			before, err := cache.Get(t.Context())
			require.NoError(t, err)
			current.Store(document(issuer).with("issuer", issuer+"/").text())
			_, err = cache.Refresh(t.Context())
			assert.Equal(t, []string{"issuer: Issuer name does not match authority"}, broken(t, err))
			assert.ErrorContains(t, err, issuer+"/")
			after, err := cache.Get(t.Context())
			require.NoError(t, err, "it is fresh")
			assert.Same(t, before, after)
			current.Store(document(issuer).with("token_endpoint", issuer+"/new").text())
			renewed, err := cache.Refresh(t.Context())
			require.NoError(t, err)
			assert.Equal(t, issuer+"/new", renewed.TokenEndpoint)
			assert.Same(t, before.Keys(), renewed.Keys(), "keys have a cache of their own")
			current.Store(document(issuer).with("jwks_uri", issuer+"/new").text())
			renewed, err = cache.Refresh(t.Context())
			require.NoError(t, err)
			assert.Equal(t, issuer+"/new", renewed.Keys().Address())
		})
	}
}
