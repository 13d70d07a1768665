// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
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

// audiences notes for which resource each access token was asked.
type audiences struct {
	base http.RoundTripper
	mu   sync.Mutex
	of   map[string]string
}

func (a *audiences) RoundTrip(request *http.Request) (*http.Response, error) {
	form := url.Values{}
	if request.GetBody != nil {
		body, _ := request.GetBody()
		sent, _ := io.ReadAll(body)
		form, _ = url.ParseQuery(string(sent))
	}
	response, err := a.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.Unmarshal(body, &token)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[token.AccessToken] = form.Get("resource")
	return response, err
}

func TestTwoResourcesAreTwoRefreshes(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	watch := &audiences{base: server.HTTPClient().Transport, of: map[string]string{}}
	source := newRefreshing(t, socketClient(t, server, watch), tokensource.RefreshingConfig{})
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
		RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
	}))
	resources := []string{"https://a.example", "https://b.example"}
	var group sync.WaitGroup
	var mu sync.Mutex
	got := map[string]map[string]bool{}
	for i := range 100 {
		group.Go(func() {
			resource := resources[i%2]
			token, err := source.TokenFor(t.Context(), tokensource.Target{Resource: []string{resource}})
			mu.Lock()
			defer mu.Unlock()
			if assert.NoError(t, err) {
				if got[resource] == nil {
					got[resource] = map[string]bool{}
				}
				got[resource][token.AccessToken()] = true
			}
		})
	}
	group.Wait()
	assert.Equal(t, 2, server.Count(tokentest.TokenPath))
	for _, resource := range resources {
		assert.Len(t, got[resource], 1)
		for token := range got[resource] {
			assert.Equal(t, resource, watch.of[token])
			assert.True(t, server.TokenActive(token), "the family was revoked")
		}
	}
	require.NoError(t, source.Close())
}

func TestCallersOfOneTargetShareARefresh(t *testing.T) {
	t.Parallel()
	server := newRotating(3600)
	source := loggedIn(t, server, tokensource.RefreshingConfig{})
	for _, target := range []tokensource.Target{
		{Scope: "b a", Resource: []string{"https://b.example", "https://a.example"}},
		{Scope: " a  b a", Resource: []string{"https://a.example", "https://b.example", "https://a.example"}},
	} {
		token, err := source.TokenFor(t.Context(), target)
		assert.Equal(t, "at-1", accessToken(t, token, err))
	}
	token, err := source.Source(tokensource.Target{Scope: "a"}).Token(t.Context())
	assert.Equal(t, "at-2", accessToken(t, token, err))
	assert.Equal(t, "a b", server.seen[0].Get("scope"))
}

func TestTokenOfALoginIsUsedToItsMargin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(100)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		for range 3 {
			token, err := source.Token(t.Context())
			assert.Equal(t, "at-1", accessToken(t, token, err))
			time.Sleep(26 * time.Second) // 52, then 78 of 80 s
		}
		time.Sleep(3 * time.Second)
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-2", accessToken(t, token, err))
		require.NoError(t, source.Close())
	})
}

func TestEmptyStoreHasNoToken(t *testing.T) {
	t.Parallel()
	server, store := newRotating(3600), tokensource.NewMemory()
	source := newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrNoToken)
	another := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
	token, err := source.Token(t.Context()) // at once: another process has logged in
	assert.Equal(t, "at-1", accessToken(t, token, err))
	token, err = another.Token(t.Context())
	assert.Equal(t, "at-1", accessToken(t, token, err))

	_, err = store.Save(t.Context(), "other", []byte("not a session"), "")
	require.NoError(t, err)
	source = newRefreshing(t, server.client(t), tokensource.RefreshingConfig{Store: store, Key: "other"})
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrNoToken)
	require.NoError(t, source.SetToken(t.Context(), server.login()))
	assert.Equal(t, 1, server.refreshes())
}

func TestNewRefreshingChecksItsConfig(t *testing.T) {
	t.Parallel()
	_, err := tokensource.NewRefreshing(nil, tokensource.RefreshingConfig{})
	require.Error(t, err)
	_, err = tokensource.NewRefreshing(newRotating(1).client(t), tokensource.RefreshingConfig{Store: tokensource.NewMemory()})
	require.Error(t, err)
	source := newRefreshing(t, newRotating(1).client(t), tokensource.RefreshingConfig{})
	require.Error(t, source.SetToken(t.Context(), nil))
	require.Error(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{}))
	require.Error(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: "\n"}))
}

func TestWhatTheAnswerLacksStays(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"rotating": false, "not rotating": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, store := newRotating(0), tokensource.NewMemory()
			server.keep, server.idToken = keep, jwt("user")
			source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
			server.idToken = ""
			for range 3 {
				_, err := source.Token(t.Context()) // an expires_in of 0: each is used once
				require.NoError(t, err)
			}
			assert.Equal(t, 3, server.refreshes())
			assert.Equal(t, jwt("user"), stored(t, store, "id_token"))
			assert.Equal(t, server.current, stored(t, store, "refresh_token"))
		})
	}
}

// jwt is an ID token of that user.
func jwt(subject string) string {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://as.example","sub":"` + subject + `"}`))
	return "eyJhbGciOiJub25lIn0." + claims + ".c2ln"
}

func TestAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	server, store := newRotating(3600), tokensource.NewMemory()
	server.idToken = jwt("user")
	source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
	server.idToken = jwt("somebody else")
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrOtherIdentity)
	assert.Equal(t, "rt-0", stored(t, store, "refresh_token"))
	assert.Equal(t, jwt("user"), stored(t, store, "id_token"))
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrOtherIdentity)
	assert.Equal(t, 1, server.refreshes())
}

func TestLargeAndOddTokens(t *testing.T) {
	t.Parallel()
	server, store := startServer(t), newFile(t, t.TempDir())
	source := newRefreshing(t, socketClient(t, server, nil), tokensource.RefreshingConfig{Store: store, Key: sessionKey})
	idToken, refreshToken := strings.Repeat("i", 300<<10), strings.Repeat("r", 10<<10)
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: "first"}))
	server.Enqueue(tokentest.TokenPath, tokentest.JSON(http.StatusOK, map[string]any{
		"access_token": "at", "token_type": "N_A", "id_token": idToken, "refresh_token": refreshToken,
	}))
	token, err := source.Token(t.Context())
	assert.Equal(t, "at", accessToken(t, token, err))
	assert.Equal(t, "N_A", token.Type)
	assert.Equal(t, idToken, stored(t, store, "id_token"))
	assert.Equal(t, refreshToken, stored(t, store, "refresh_token"))
}

func TestStillValidTokenIsServedWhileTheServerIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		server.fault = func(int) (*http.Response, error, bool) {
			down := answer(http.StatusServiceUnavailable, nil)
			down.Header.Set("Retry-After", "10")
			return down, nil, false
		}
		time.Sleep(3600*time.Second - 40*time.Second)
		for range 39 {
			token, err := source.Token(t.Context())
			assert.Equal(t, "at-1", accessToken(t, token, err))
			time.Sleep(time.Second)
		}
		assert.Equal(t, 1+4, server.refreshes(), "one each 10 s")
		time.Sleep(time.Second)
		_, err = source.Token(t.Context())
		require.ErrorIs(t, err, tokensource.ErrRefreshFailed)
		var failed *tokensource.RefreshError
		require.ErrorAs(t, err, &failed)
		assert.True(t, failed.RetryAt.After(time.Now()))
		server.fault = nil
		time.Sleep(time.Until(failed.RetryAt))
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-2", accessToken(t, token, err), "the refresh token is still good")
		require.NoError(t, source.Close())
	})
}

func TestSlowServerDoesNotHoldUpAValidToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newRotating(3600)
		source := loggedIn(t, server, tokensource.RefreshingConfig{})
		_, err := source.Token(t.Context())
		require.NoError(t, err)
		server.fault = func(int) (*http.Response, error, bool) {
			time.Sleep(20 * time.Second)
			return nil, nil, false
		}
		time.Sleep(3600*time.Second - 50*time.Second)
		begun := time.Now()
		token, err := source.Token(t.Context())
		assert.Equal(t, "at-1", accessToken(t, token, err))
		assert.Equal(t, time.Second, time.Since(begun))
		time.Sleep(25 * time.Second)
		token, err = source.Token(t.Context())
		assert.Equal(t, "at-2", accessToken(t, token, err))
		require.NoError(t, source.Close())
	})
}

func TestInvalidateDropsOnlyThatToken(t *testing.T) {
	t.Parallel()
	server, store := newRotating(3600), tokensource.NewMemory()
	source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
	first, err := source.Token(t.Context())
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			source.Invalidate(t.Context(), first)
			token, err := source.Token(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "at-2", token.AccessToken())
		})
	}
	group.Wait()
	source.Invalidate(t.Context(), tokenclient.Token{})
	token, err := source.Token(t.Context())
	assert.Equal(t, "at-2", accessToken(t, token, err))
	assert.Equal(t, 2, server.refreshes())
}

func TestPanicsOfTheCallerAreErrors(t *testing.T) {
	t.Parallel()
	for name, hooks := range map[string]storeHooks{
		"load": {load: func() error { panic("load") }},
		"lock": {lock: func() error { panic("lock") }},
		"save": {save: func() error { panic("save") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, store := newRotating(3600), newFailing()
			source := loggedIn(t, server, tokensource.RefreshingConfig{Store: store})
			store.set(hooks)
			_, err := source.Token(t.Context())
			require.ErrorIs(t, err, tokensource.ErrStoreFailed)
			assert.Equal(t, 0, server.refreshes())
			store.set(storeHooks{})
			require.NoError(t, source.SetToken(t.Context(), server.login())) // and the pause is over
			_, err = source.Token(t.Context())
			require.NoError(t, err)
			require.NoError(t, source.Close())
		})
	}
	server := newRotating(3600)
	source := loggedIn(t, server, tokensource.RefreshingConfig{})
	server.fault = func(int) (*http.Response, error, bool) { panic("transport") }
	_, err := source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
	require.NoError(t, source.Close())
	_, err = source.Token(t.Context())
	require.ErrorIs(t, err, tokensource.ErrClosed)
	require.ErrorIs(t, source.SetToken(t.Context(), server.login()), tokensource.ErrClosed)
	require.ErrorIs(t, source.Revoke(t.Context()), tokensource.ErrClosed)
	require.NoError(t, source.Close())
}
