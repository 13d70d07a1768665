// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"net/http"
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

func TestNewPairIsStoredBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	server, store := newRotating(3600), newFailing()
	source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
	entered, leave := make(chan struct{}), make(chan struct{})
	var saves atomic.Int32
	store.set(storeHooks{save: func() error {
		if saves.Add(1) == 2 { // after the claim
			close(entered)
			<-leave
		}
		return nil
	}})
	got := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := source.Token(ctx)
		got <- err
	}()
	<-entered // the server has answered
	select {
	case err := <-got:
		require.Fail(t, "the token was given out before it was saved", err)
	case <-time.After(20 * time.Millisecond):
	}
	cancel() // between the answer and the save
	require.ErrorIs(t, <-got, context.Canceled)
	close(leave)
	token, err := source.Token(t.Context())
	assert.Equal(t, "at-1", accessToken(t, token, err))
	assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
	assert.Equal(t, 1, server.refreshes())
}

// failNext makes the next saves after the claim fail.
func failNext(store *failing, claims, failures int32) {
	var saves atomic.Int32
	store.set(storeHooks{save: func() error {
		if n := saves.Add(1); n > claims && n <= claims+failures {
			return errStore
		}
		return nil
	}})
}

func TestSaveThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		var reported atomic.Int32
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store, OnSaveError: func(_ context.Context, err error) {
			assert.ErrorIs(t, err, tokensource.ErrStoreFailed)
			assert.ErrorIs(t, err, errStore)
			reported.Add(1)
		}})
		failNext(store, 1, 3)
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-1", accessToken(t, token, err), "the token is given out")
		assert.Equal(t, "rt-0", stored(t, store, "refresh_token"))
		assert.NotNil(t, stored(t, store, "claim"), "others know that it was sent")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
		assert.Nil(t, stored(t, store, "claim"))
		token, err = source.Token(t.Context())
		assert.Equal(t, "at-1", accessToken(t, token, err))
		assert.Equal(t, 1, server.refreshes())
		assert.EqualValues(t, 3, reported.Load())
		require.NoError(t, source.Close())
	})
}

func TestUnsavedPairIsTheOneToGoOnWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		failNext(store, 1, 1000)
		for i, want := range []string{"at-1", "at-2", "at-3"} {
			token, err := source.TokenFor(t.Context(), tokensource.Target{Resource: []string{"https://a.example", "b", "c"}[i : i+1]})
			assert.Equal(t, want, accessToken(t, token, err))
		}
		assert.Equal(t, "rt-0", stored(t, store, "refresh_token"))
		require.ErrorIs(t, source.Close(), tokensource.ErrStoreFailed)
		assert.Equal(t, 3, server.refreshes())
		assert.False(t, server.family)
	})
}

func TestCloseSavesOnceMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		failNext(store, 1, 1)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Close())
		assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
	})
}

// TestSaveThatOnlySeemedToFail: the answer of the store was lost.
func TestSaveThatOnlySeemedToFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, memory := newRotating(0), tokensource.NewMemory()
		store := &deaf{Memory: memory}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		for i := range 20 { // an expires_in of 0: each is a refresh
			store.deaf.Store(i%3 == 1)
			_, err := source.Token(t.Context())
			if err != nil {
				require.ErrorIs(t, err, tokensource.ErrStoreFailed)
			}
			store.deaf.Store(false)
			time.Sleep(time.Minute)
		}
		assert.False(t, server.family)
		assert.Equal(t, server.current, stored(t, memory, "refresh_token"))
		assert.Greater(t, server.refreshes(), 10)
		require.NoError(t, source.Close())
	})
}

// TestSavesThatOnlySeemToFail: one after the other, so that the store has a refresh
// token that was used up meanwhile.
func TestSavesThatOnlySeemToFail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, memory := newRotating(0), tokensource.NewMemory()
		store := &deaf{Memory: memory}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		store.hear.Store(1) // the claim
		store.deaf.Store(true)
		for _, want := range []string{"at-1", "at-2", "at-3"} {
			token, err := source.Token(t.Context())
			assert.Equal(t, want, accessToken(t, token, err))
		}
		assert.Equal(t, "rt-3", stored(t, memory, "refresh_token"))
		store.deaf.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-4", accessToken(t, token, err))
		assert.Equal(t, "rt-4", stored(t, memory, "refresh_token"))
		assert.False(t, server.family)
		require.NoError(t, source.Close())
	})
}

// TestOldPairInTheStore: a save only seemed to fail, then the store was down for
// several refreshes.
func TestOldPairInTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(0), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		var saves atomic.Int32
		store.set(storeHooks{save: func() error {
			if saves.Add(1) < 2 { // the claim
				return nil
			}
			if data, version, err := store.Memory.Load(t.Context(), sessionKey); saves.Load() == 2 && err == nil {
				assert.NotEmpty(t, data)
				_, err = store.Memory.Save(t.Context(), sessionKey, []byte(`{"format":1,"refresh_token":"rt-1"}`), version)
				assert.NoError(t, err) // as if this save had been done
			}
			return errStore
		}})
		for range 3 {
			_, err := source.Token(t.Context())
			require.NoError(t, err)
		}
		assert.Equal(t, "rt-1", stored(t, store, "refresh_token"))
		store.set(storeHooks{})
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, "rt-3", stored(t, store, "refresh_token"))
		assert.False(t, server.family)
		require.NoError(t, source.Close())
	})
}

// TestTwoSaveAtATime: a server that does not rotate, and a store without a lock.
func TestTwoSaveAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), onlyStore{tokensource.NewMemory()}
		server.keep = true
		config := tokensource.RefreshingConfig{Store: store, ReuseWindow: time.Hour}
		source := loggedIn(t, server, config)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		another := newRefreshing(t, server.client(t), config)
		server.fault = func(n int) (*http.Response, error, bool) {
			server.mu.Unlock()
			time.Sleep(time.Duration(n) * time.Second)
			server.mu.Lock()
			return nil, nil, false
		}
		var group sync.WaitGroup
		for i, source := range []*tokensource.Refreshing{source, another} {
			group.Go(func() {
				_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: []string{"a", "b"}[i]})
				assert.NoError(t, err)
			})
		}
		group.Wait()
		assert.Len(t, stored(t, store, "tokens"), 3, "those of both")
		require.NoError(t, source.Close())
		require.NoError(t, another.Close())
	})
}

// deaf saves, and says that it has not.
type deaf struct {
	*tokensource.Memory
	deaf atomic.Bool
	hear atomic.Int32 // so many saves before
}

func (d *deaf) Save(ctx context.Context, key string, data []byte, version string) (string, error) {
	saved, err := d.Memory.Save(ctx, key, data, version)
	if err == nil && d.deaf.Load() && d.hear.Add(-1) < 0 {
		return "", errStore
	}
	return saved, err
}

func TestStoreThatIsDownSendsNothing(t *testing.T) {
	t.Parallel()
	for name, hooks := range map[string]storeHooks{
		"load": {load: always(errStore)}, "save": {save: always(errStore)}, "lock": {lock: always(errStore)},
		"hangs": {load: always(context.DeadlineExceeded)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, store := newRotating(100), newFailing()
				source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
				_, err := source.Token(t.Context())
				require.NoError(t, err)
				store.set(hooks)
				time.Sleep(90 * time.Second)
				token, err := source.Token(t.Context())
				assert.Equal(t, "at-1", accessToken(t, token, err), "it is still valid")
				time.Sleep(90 * time.Second)
				_, err = source.Token(t.Context())
				require.ErrorIs(t, err, tokensource.ErrStoreFailed)
				assert.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, 1, server.refreshes())
				store.set(storeHooks{})
				time.Sleep(time.Minute)
				token, err = source.Token(t.Context())
				assert.Equal(t, "at-2", accessToken(t, token, err))
				require.NoError(t, source.Close())
			})
		})
	}
}

func TestLoginThatCannotBeSavedIsUsed(t *testing.T) {
	t.Parallel()
	for name, hooks := range map[string]storeHooks{"save": {save: always(errStore)}, "lock": {lock: always(errStore)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, store := newRotating(3600), newFailing()
				source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store})
				store.set(hooks)
				response := server.login()
				response.AccessToken = "at-0"
				require.ErrorIs(t, source.SetToken(t.Context(), response), tokensource.ErrStoreFailed)
				token, err := source.Token(t.Context())
				assert.Equal(t, "at-0", accessToken(t, token, err))
				store.set(storeHooks{})
				time.Sleep(time.Second)
				assert.Equal(t, "rt-0", stored(t, store, "refresh_token"))
				require.NoError(t, source.Close())
			})
		})
	}
}

func TestOnTokenIsToldOncePerRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		server.keep, server.idToken = true, jwt("user")
		var told []string
		source := loggedIn(t, server, tokensource.RefreshingConfig{OnToken: func(_ context.Context, response *tokenclient.TokenResponse) error {
			told = append(told, response.AccessToken+" "+response.RefreshToken)
			assert.Equal(t, jwt("user"), response.IDToken)
			if len(told) < 3 {
				return errors.New("the database is down")
			}
			return nil
		}})
		server.idToken = ""
		for range 3 {
			_, err := source.Token(t.Context())
			require.NoError(t, err)
			assert.Equal(t, "at-1 rt-0", told[0], "before it is given out")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{"at-1 rt-0", "at-1 rt-0", "at-1 rt-0"}, told, "until it is taken")
		_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: "a"})
		require.NoError(t, err)
		assert.Len(t, told, 4)
		require.NoError(t, source.Close())
	})
}

// TestOnTokenIsToldBeforeAnybodyGetsTheToken: not even somebody who comes while it is
// being told.
func TestOnTokenIsToldBeforeAnybodyGetsTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		var told atomic.Bool
		source := loggedIn(t, server, tokensource.RefreshingConfig{OnToken: func(context.Context, *tokenclient.TokenResponse) error {
			time.Sleep(5 * time.Second)
			told.Store(true)
			return nil
		}})
		var group sync.WaitGroup
		for i := range 5 {
			group.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				token, err := source.Token(t.Context())
				assert.NoError(t, err)
				assert.Equal(t, "at-1", token.AccessToken())
				assert.True(t, told.Load())
			})
		}
		group.Wait()
		require.NoError(t, source.Close())
	})
}
