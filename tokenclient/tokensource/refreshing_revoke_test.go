// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func assertEmpty(t *testing.T, store tokensource.Store) {
	t.Helper()
	_, _, err := store.Load(context.WithoutCancel(t.Context()), sessionKey)
	assert.ErrorIs(t, err, tokensource.ErrNotFound)
}

func TestRevokeRacingCallers(t *testing.T) {
	t.Parallel()
	server, store := startServer(t), tokensource.NewMemory()
	client := socketClient(t, server, nil)
	for range soak(t, 50) {
		source := newRefreshing(t, client, tokensource.RefreshingConfig{Store: store, Key: sessionKey})
		require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
			RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
		}))
		var group sync.WaitGroup
		var mu sync.Mutex
		var given []string
		for i := range 50 {
			group.Go(func() {
				token, err := source.TokenFor(t.Context(), tokensource.Target{Resource: []string{"https://a.example", "https://b.example"}[i%2 : i%2+1]})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					given = append(given, token.AccessToken())
				} else {
					assert.ErrorIs(t, err, tokensource.ErrNoToken)
				}
			})
		}
		group.Go(func() { assert.NoError(t, source.Revoke(t.Context())) })
		group.Wait()
		assertEmpty(t, store)
		_, err := source.Token(t.Context())
		assert.ErrorIs(t, err, tokensource.ErrNoToken)
		for _, token := range given {
			assert.False(t, server.TokenActive(token))
		}
		require.NoError(t, source.Close())
	}
}

func TestRefreshUnderWayIsRevokedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		first, err := source.Token(t.Context())
		require.NoError(t, err)
		failNext(store, 1, 0)
		store.set(storeHooks{save: func() error { time.Sleep(5 * time.Second); return nil }})
		got := make(chan error, 1)
		go func() {
			_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: "a"})
			got <- err
		}()
		time.Sleep(7 * time.Second) // the server has answered, the save is under way
		assert.Equal(t, 2, server.refreshes())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, source.Revoke(ctx), context.DeadlineExceeded, "it goes on")
		begun := time.Now()
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrNoToken, "from the call on")
		assert.Zero(t, time.Since(begun))
		require.ErrorIs(t, <-got, tokensource.ErrNoToken)
		time.Sleep(time.Minute)
		synctest.Wait()
		assertEmpty(t, store)
		assert.ElementsMatch(t, []string{"rt-2", first.AccessToken(), "at-2"}, server.revoked)
		require.NoError(t, source.Close())
	})
}

// TestRevokedElsewhereDuringARefresh: there is no lock, so that the other process
// does not wait.
func TestRevokedElsewhereDuringARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), onlyStore{tokensource.NewMemory()}
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		another := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store, Key: sessionKey})
		server.fault = func(int) (*http.Response, error, bool) {
			server.mu.Unlock()
			time.Sleep(5 * time.Second)
			server.mu.Lock()
			server.family = false
			return nil, nil, false
		}
		go func() {
			time.Sleep(time.Second)
			assert.NoError(t, another.Revoke(t.Context()))
		}()
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrNoToken)
		assertEmpty(t, store)
		synctest.Wait()
		assert.Equal(t, []string{"rt-0", "rt-1", "at-1"}, server.revoked, "the new pair too")
		require.NoError(t, source.Close())
		require.NoError(t, another.Close())
	})
}

func TestRevokeWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	server, store := startServer(t), tokensource.NewMemory()
	source := newRefreshing(t, socketClient(t, server, nil), tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	refreshToken := server.IssueRefreshToken(tokentest.RefreshGrant{})
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: refreshToken}))
	server.Enqueue("/revoke", tokentest.Answer{Status: http.StatusInternalServerError})
	err := source.Revoke(t.Context())
	var failed *tokenclient.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, http.StatusInternalServerError, failed.StatusCode)
	assertEmpty(t, store)
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrNoToken)
	assert.True(t, server.TokenActive(refreshToken))
	require.NoError(t, source.Revoke(t.Context()), "the rest")
	assert.False(t, server.TokenActive(refreshToken))
	count := server.Count("/revoke")
	require.NoError(t, source.Revoke(t.Context()))
	assert.Equal(t, count, server.Count("/revoke"))
}

// TestRevokedInTheBackground: the server is down for ten minutes, and nobody has to
// call Revoke again.
func TestRevokedInTheBackground(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		most       int // requests in ten minutes
	}{
		"server error": {http.StatusInternalServerError, "", 1 + 7 + 20}, // doubling from 250 ms to 30 s
		"Retry-After":  {http.StatusServiceUnavailable, "120", 1 + 1 + 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, begun := newRotating(3600), time.Now()
				source := loggedIn(t, server, tokensource.RefreshingConfig{})
				_, err := source.Token(t.Context())
				require.NoError(t, err)
				server.revocation = func() *http.Response {
					if time.Since(begun) > 10*time.Minute {
						return nil
					}
					refused := answer(test.status, nil)
					refused.Header.Set("Retry-After", test.retryAfter)
					return refused
				}
				var failed *tokenclient.Error
				require.ErrorAs(t, source.Revoke(t.Context()), &failed)
				time.Sleep(10 * time.Minute)
				assert.Empty(t, server.revoked)
				assert.LessOrEqual(t, server.asked(), test.most)
				assert.Greater(t, server.asked(), 5)
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				assert.Equal(t, []string{"rt-1", "at-1"}, server.revoked)
				count := server.asked()
				time.Sleep(time.Hour)
				synctest.Wait()
				assert.Equal(t, count, server.asked(), "it is done")
				require.NoError(t, source.Close())
			})
		})
	}
}

// TestRevocationThatIsNotTriedAgain: by itself, that is.
func TestRevocationThatIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		close  bool
	}{
		"refused":              {http.StatusUnauthorized, false},
		"the source is closed": {http.StatusInternalServerError, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newRotating(3600)
				source := loggedIn(t, server, tokensource.RefreshingConfig{})
				server.revocation = func() *http.Response { return answer(test.status, map[string]any{"error": "invalid_client"}) }
				require.Error(t, source.Revoke(t.Context()))
				if test.close {
					require.NoError(t, source.Close())
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				assert.Equal(t, 1, server.asked())
				require.NoError(t, source.Close())
			})
		})
	}
}

func TestRevokeWithoutAnEndpoint(t *testing.T) {
	t.Parallel()
	store := tokensource.NewMemory()
	client, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: "https://as.example/token"}})
	require.NoError(t, err)
	source := newRefreshing(t, client, tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: "rt"}))
	var failed *tokenclient.Error
	require.ErrorAs(t, source.Revoke(t.Context()), &failed)
	assert.Equal(t, tokenclient.KindRequest, failed.Kind)
	assertEmpty(t, store)
}

func TestRevokeWhileTheStoreIsDown(t *testing.T) {
	t.Parallel()
	for name, hooks := range map[string]storeHooks{
		"delete": {remove: always(errStore)},
		"load":   {load: always(errStore), remove: always(errStore)},
		"lock":   {lock: always(errStore), load: always(errStore), remove: always(errStore)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, store := newRotating(3600), newFailing()
			source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
			_, err := source.Token(t.Context())
			require.NoError(t, err)
			store.set(hooks)
			require.ErrorIs(t, source.Revoke(t.Context()), tokensource.ErrStoreFailed)
			assert.Equal(t, []string{"rt-1", "at-1"}, server.revoked, "the server knows all the same")
			store.set(storeHooks{})
			_, err = source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrNoToken)
			assertEmpty(t, store)
			assert.Equal(t, 1, server.refreshes())
		})
	}
}

func TestRevokeOfAnUnsavedPair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), newFailing()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		failNext(store, 1, 1000)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		require.NoError(t, source.Revoke(t.Context()))
		store.set(storeHooks{})
		time.Sleep(time.Minute)
		synctest.Wait()
		assertEmpty(t, store)
		assert.Contains(t, server.revoked, "rt-1")
		assert.Contains(t, server.revoked, "at-1")
		require.NoError(t, source.Close())
	})
}

// leaky is a store whose errors quote what it was given.
type leaky struct{ *tokensource.Memory }

func (l leaky) Save(_ context.Context, _ string, data []byte, _ string) (string, error) {
	return "", errors.New("cannot write " + string(data))
}

func TestNothingOfARefreshingIsPrinted(t *testing.T) {
	t.Parallel()
	const secret = "CANARY-refreshing"
	server := newRotating(3600)
	server.current = secret
	var reported error
	source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{
		Store: leaky{tokensource.NewMemory()}, Key: sessionKey,
		OnSaveError: func(_ context.Context, err error) { reported = err },
	})
	err := source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: secret, AccessToken: secret + "a", IDToken: secret + "i"})
	require.ErrorIs(t, err, tokensource.ErrStoreFailed)
	memory := tokensource.NewMemory()
	_, saveErr := memory.Save(t.Context(), "key", []byte(secret), "")
	require.NoError(t, saveErr)
	type holder struct {
		source *tokensource.Refreshing
		value  tokensource.Refreshing
		memory *tokensource.Memory
		other  tokensource.Source
		key    tokensource.SealKey
		sealed tokensource.Store
		err    error
	}
	raw := []byte("CANARY-0123456789-0123456789-012")
	key, keyErr := tokensource.NewSealKey("id", raw)
	require.NoError(t, keyErr)
	sealed, keyErr := tokensource.Sealed(memory, key)
	require.NoError(t, keyErr)
	all := []any{
		source, *source, memory, err, reported, key, sealed,
		holder{source, *source, memory, source.Source(tokensource.Target{}), key, sealed, err},
		&holder{source, *source, memory, source.Source(tokensource.Target{}), key, sealed, err},
	}
	for _, value := range all {
		assertNoSecret(t, value, "CANARY")
	}
	require.ErrorIs(t, source.Close(), tokensource.ErrStoreFailed)
}
