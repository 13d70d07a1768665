// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// lose makes the answers to some requests get lost.
func lose(from, to int) func(int) (*http.Response, error, bool) {
	return func(n int) (*http.Response, error, bool) {
		if n < from || n > to {
			return nil, nil, false
		}
		return nil, errors.New("connection reset by peer"), true
	}
}

func TestReuseWindow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lost      int // answers
		wait      time.Duration
		want      error
		refreshes int
	}{
		"one answer is lost":        {1, 0, nil, 2},
		"many answers are lost":     {4, 8 * time.Second, nil, 5},
		"lost until the window end": {1000, 40 * time.Second, tokensource.ErrRefreshUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, store := newRotating(3600), tokensource.NewMemory()
				server.keep = true // it takes the old one again
				source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store, ReuseWindow: 30 * time.Second})
				server.fault = lose(1, test.lost)
				_, err := source.Token(t.Context())
				for begun := time.Now(); time.Since(begun) < test.wait; time.Sleep(time.Second) {
					_, err = source.Token(t.Context())
				}
				require.ErrorIs(t, err, test.want)
				if test.refreshes != 0 {
					assert.Equal(t, test.refreshes, server.refreshes())
				}
				count := server.refreshes()
				time.Sleep(5 * time.Second)
				_, err = source.Token(t.Context())
				require.ErrorIs(t, err, test.want)
				assert.Equal(t, count, server.refreshes())
				require.NoError(t, source.Close())
			})
		})
	}
}

// TestServerThatReplacesSometimes: an answer without a refresh token says nothing
// about the next one.
func TestServerThatReplacesSometimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(60), tokensource.NewMemory()
		server.keep = true
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		server.keep = false
		server.fault = lose(2, 2)
		for range 5 {
			time.Sleep(time.Minute)
			_, err = source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
		}
		assert.NotNil(t, stored(t, store, "claim"), "others know it, too")
		assert.Equal(t, 2, server.refreshes())
		assert.False(t, server.family, "a refresh token was sent twice")
		require.NoError(t, source.Close())
	})
}

// TestServerThatNeverReplaces: whoever says so survives an outage.
func TestServerThatNeverReplaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(60), tokensource.NewMemory()
		server.keep = true
		config := tokensource.RefreshingConfig{Store: store, ReuseWindow: 365 * 24 * time.Hour}
		source := loggedIn(t, server, config)
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		server.fault = func(int) (*http.Response, error, bool) {
			return answer(http.StatusInternalServerError, nil), nil, false
		}
		time.Sleep(time.Minute)
		for range 600 {
			_, err = source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
			require.NotErrorIs(t, err, tokensource.ErrRefreshUnknown, "the user need not log in")
			time.Sleep(time.Second)
		}
		assert.LessOrEqual(t, server.refreshes(), 1+2*(5+20), "the pauses grow")
		server.fault = nil
		another := newRefreshing(t, server.client(t), config) // after a crash, say
		token, err := another.Token(t.Context())
		assert.Equal(t, "at-2", accessToken(t, token, err))
		time.Sleep(30 * time.Second)
		token, err = source.Token(t.Context())
		assert.Equal(t, "at-2", accessToken(t, token, err))
		require.NoError(t, source.Close())
		require.NoError(t, another.Close())
	})
}

// TestClaimOfAClockThatWasSetBack: a process has died during a refresh, at a time
// that is still to come.
func TestClaimOfAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ahead, window time.Duration
		noLock        bool
		refreshes     int
		wait          time.Duration // at most
	}{
		"no window":               {ahead: time.Hour},
		"after the window":        {ahead: time.Hour, window: time.Minute},
		"within the window":       {ahead: 30 * time.Second, window: time.Minute, refreshes: 1},
		"a store without a lock":  {ahead: time.Hour, noLock: true},
		"it may be under way yet": {ahead: 30 * time.Second, noLock: true, wait: 100 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, memory := newRotating(3600), tokensource.NewMemory()
				store := tokensource.Store(memory)
				if test.noLock {
					store = onlyStore{memory}
				}
				_, err := store.Save(t.Context(), sessionKey, []byte(`{"format":1,"refresh_token":"rt-0","claim":"c","claimed":"`+
					time.Now().Add(test.ahead).UTC().Format(time.RFC3339)+`"}`), "")
				require.NoError(t, err)
				source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store, ReuseWindow: test.window})
				begun := time.Now()
				_, err = source.Token(t.Context())
				if test.refreshes == 0 {
					require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
				} else {
					require.NoError(t, err)
				}
				assert.LessOrEqual(t, time.Since(begun), test.wait)
				assert.Equal(t, test.refreshes, server.refreshes())
				require.NoError(t, source.Close())
			})
		})
	}
}

// TestRepetitionThatIsNotProcessed: the answer before it is lost all the same, and
// the refresh token is not sent when the window is over.
func TestRepetitionThatIsNotProcessed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, store := newRotating(3600), tokensource.NewMemory()
		source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store, ReuseWindow: 30 * time.Second})
		server.fault = func(n int) (*http.Response, error, bool) {
			switch n {
			case 1:
				return nil, errors.New("connection reset by peer"), true
			case 2:
				return answer(http.StatusTooManyRequests, nil), nil, false
			}
			return nil, nil, false
		}
		_, err := source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
		time.Sleep(time.Minute)
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
		assert.Equal(t, 2, server.refreshes())
		assert.False(t, server.family)
		require.NoError(t, source.Close())
	})
}

// TestAnswerThatSaysNothing: whether the refresh token is spent, that is.
func TestAnswerThatSaysNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		retryAfter string
		window     time.Duration
		refreshes  int
		want       error
	}{
		"500":                   {500, "", 0, 1, tokensource.ErrRefreshUnknown},
		"502":                   {502, "", 0, 1, tokensource.ErrRefreshUnknown},
		"503":                   {503, "", 0, 1, tokensource.ErrRefreshUnknown},
		"504":                   {504, "", 0, 1, tokensource.ErrRefreshUnknown},
		"503 with a window":     {503, "", time.Hour, 2, tokensource.ErrRefreshFailed},
		"503 and a Retry-After": {503, "10", 0, 1, tokensource.ErrRefreshFailed},
		"429":                   {429, "", 0, 1, tokensource.ErrRefreshFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newRotating(3600)
			server.fault = func(int) (*http.Response, error, bool) {
				refused := answer(test.status, nil)
				refused.Header.Set("Retry-After", test.retryAfter)
				return refused, nil, false
			}
			source := loggedIn(t, server, tokensource.RefreshingConfig{ReuseWindow: test.window})
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, test.want)
			assert.Equal(t, test.refreshes, server.refreshes())
			require.NoError(t, source.Close())
		})
	}
}
