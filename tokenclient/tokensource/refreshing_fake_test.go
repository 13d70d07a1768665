// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const sessionKey = "session 1"

// rotating is an authorization server in memory, for tests on a clock of their own:
// refresh tokens work once, and one that comes again ends the session.
type rotating struct {
	lifetime int  // of access tokens, in seconds
	keep     bool // refresh tokens work for ever
	idToken  string
	// fault answers a request, by its number from 1, in place of the server, or after
	// it with lost.
	fault func(n int) (answer *http.Response, err error, lost bool)
	// revocation answers a revocation in place of the server.
	revocation func() *http.Response
	// delay keeps a request on its way.
	delay func(*http.Request) error

	mu      sync.Mutex
	count   int // of refreshes
	next    int
	current string // refresh token
	family  bool   // it was ended
	seen    []url.Values
	revoked []string

	revocations int
}

func (r *rotating) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if r.delay != nil {
		if err := r.delay(request); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if strings.HasSuffix(request.URL.Path, "/revoke") {
		r.revocations++
		if r.revocation != nil {
			if answer := r.revocation(); answer != nil {
				return answer, nil
			}
		}
		r.revoked = append(r.revoked, form.Get("token"))
		r.family = r.family || form.Get("token") == r.current
		return answer(http.StatusOK, nil), nil
	}
	r.count++
	r.seen = append(r.seen, form)
	if r.fault != nil {
		if answer, err, lost := r.fault(r.count); answer != nil || err != nil {
			if lost {
				r.refresh(form)
			}
			return answer, err
		}
	}
	return r.refresh(form), nil
}

func (r *rotating) refresh(form url.Values) *http.Response {
	if form.Get("refresh_token") != r.current || r.family {
		r.family = true
		return answer(http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
	}
	r.next++
	body := map[string]any{"access_token": fmt.Sprint("at-", r.next), "token_type": "Bearer", "expires_in": r.lifetime}
	if !r.keep {
		r.current = fmt.Sprint("rt-", r.next)
		body["refresh_token"] = r.current
	}
	if r.idToken != "" {
		body["id_token"] = r.idToken
	}
	return answer(http.StatusOK, body)
}

func (r *rotating) refreshes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

func (r *rotating) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.revocations
}

func answer(status int, body any) *http.Response {
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte(err.Error())
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(text))), ContentLength: int64(len(text)),
	}
}

func newRotating(lifetime int) *rotating { return &rotating{lifetime: lifetime, current: "rt-0"} }

func (r *rotating) client(t testing.TB) *tokenclient.Client {
	t.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: "https://as.example/token", Revocation: "https://as.example/revoke"},
		ClientID:   "client",
		HTTPClient: &http.Client{Transport: r},
		Retry:      tokenclient.Retry{MaxAttempts: 1},
	})
	require.NoError(t, err)
	return client
}

// login returns what the user has after a login.
func (r *rotating) login() *tokenclient.TokenResponse {
	return &tokenclient.TokenResponse{RefreshToken: r.current, IDToken: r.idToken}
}

func newRefreshing(t testing.TB, client *tokenclient.Client, config tokensource.RefreshingConfig) *tokensource.Refreshing {
	t.Helper()
	if config.Store != nil && config.Key == "" {
		config.Key = sessionKey
	}
	source, err := tokensource.NewRefreshing(client, config)
	require.NoError(t, err)
	return source
}

// loggedIn is a Refreshing after a login.
func loggedIn(t testing.TB, server *rotating, config tokensource.RefreshingConfig) *tokensource.Refreshing {
	t.Helper()
	source := newRefreshing(t, server.client(t), config)
	require.NoError(t, source.SetToken(t.Context(), server.login()))
	return source
}

// socketClient is a client of a server on a real socket.
func socketClient(t testing.TB, server *tokentest.Server, transport http.RoundTripper) *tokenclient.Client {
	t.Helper()
	if transport == nil {
		transport = server.HTTPClient().Transport
	}
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: server.TokenURL(), Revocation: server.URL() + "/revoke"},
		ClientID:   "client",
		HTTPClient: &http.Client{Transport: transport},
	})
	require.NoError(t, err)
	return client
}

func startServer(t testing.TB) *tokentest.Server {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	server.Handle("/revoke", func(r tokentest.Request) tokentest.Answer {
		server.RevokeToken(r.Form.Get("token"))
		return tokentest.Answer{}
	})
	return server
}

// failing is a store that fails on demand. It is a Locker.
type failing struct {
	*tokensource.Memory
	mu    sync.Mutex
	hooks storeHooks
	saved []string // what was saved, in order
}

type storeHooks struct {
	load, save, remove, lock func() error
}

func newFailing() *failing { return &failing{Memory: tokensource.NewMemory()} }

func (f *failing) set(hooks storeHooks) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks = hooks
}

func (f *failing) call(pick func(storeHooks) func() error) error {
	f.mu.Lock()
	hook := pick(f.hooks)
	f.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook()
}

func (f *failing) Load(ctx context.Context, key string) ([]byte, string, error) {
	if err := f.call(func(h storeHooks) func() error { return h.load }); err != nil {
		return nil, "", err
	}
	return f.Memory.Load(ctx, key)
}

func (f *failing) Save(ctx context.Context, key string, data []byte, version string) (string, error) {
	if err := f.call(func(h storeHooks) func() error { return h.save }); err != nil {
		return "", err
	}
	saved, err := f.Memory.Save(ctx, key, data, version)
	if err == nil {
		f.mu.Lock()
		f.saved = append(f.saved, string(data))
		f.mu.Unlock()
	}
	return saved, err
}

func (f *failing) Delete(ctx context.Context, key, version string) error {
	if err := f.call(func(h storeHooks) func() error { return h.remove }); err != nil {
		return err
	}
	return f.Memory.Delete(ctx, key, version)
}

func (f *failing) Lock(ctx context.Context, key string) (func(), error) {
	if err := f.call(func(h storeHooks) func() error { return h.lock }); err != nil {
		return nil, err
	}
	return f.Memory.Lock(ctx, key)
}

var errStore = errors.New("the disk is full")

func always(err error) func() error { return func() error { return err } }

// storedToken returns a member of what a store has.
func stored(t testing.TB, store tokensource.Store, member string) any {
	t.Helper()
	data, _, err := store.Load(context.WithoutCancel(t.Context()), sessionKey)
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, json.Unmarshal(data, &all))
	return all[member]
}

func accessToken(t testing.TB, token tokenclient.Token, err error) string {
	t.Helper()
	require.NoError(t, err)
	return token.AccessToken()
}
