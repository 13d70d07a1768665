// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// users are the programs, in processes of their own, of a user whose server replaces refresh tokens, and ends
// the session when it sees one again. The clock of a Refreshing cannot be set off
// here: it has no other than the bubble's.
type users struct {
	*rotating
	*ledger

	latency  func(limit time.Duration) time.Duration
	store    *tokensource.Memory
	programs []*program
}

// program is one that logs in again when its session is lost.
type program struct {
	*tokensource.Refreshing

	t     *testing.T
	users *users
	turn  chan struct{} // to log in, among all programs
}

func newUsers(t *testing.T, hour *weather, latency func(time.Duration) time.Duration, lifetime time.Duration) *users {
	t.Helper()
	u := &users{
		rotating: newRotating(int(lifetime / time.Second)), ledger: newLedger(),
		latency: latency, store: tokensource.NewMemory(),
	}
	u.fault = badWeather(hour)
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: "https://as.example/token"},
		ClientID:   "client",
		HTTPClient: &http.Client{Transport: roundTripper(u.answer)},
		Retry:      tokenclient.Retry{MaxAttempts: 1},
	})
	require.NoError(t, err)
	turn := make(chan struct{}, 1)
	for range 2 {
		source := newRefreshing(t, client, tokensource.RefreshingConfig{Store: u.store})
		u.programs = append(u.programs, &program{source, t, u, turn})
	}
	require.NoError(t, u.programs[0].SetToken(t.Context(), u.login()))
	return u
}

func (u *users) of(number uint64) *program { return u.programs[number%uint64(len(u.programs))] }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// answer answers as the server does, later.
func (u *users) answer(request *http.Request) (*http.Response, error) {
	response, err := u.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusOK {
		var body []byte
		if body, err = io.ReadAll(response.Body); err != nil {
			return nil, err
		}
		var fields struct {
			AccessToken string `json:"access_token"`
		}
		if err = json.Unmarshal(body, &fields); err != nil {
			return nil, err
		}
		u.issue(fields.AccessToken, time.Duration(u.lifetime)*time.Second)
		response.Body = io.NopCloser(bytes.NewReader(body))
	}
	time.Sleep(u.latency(2 * time.Second))
	return response, err
}

// badWeather answers in place of the server: in an outage nothing, or that it is
// busy.
func badWeather(w *weather) func(int) (*http.Response, error, bool) {
	return func(int) (*http.Response, error, bool) {
		switch {
		case w.down.Load() && w.busy.Load():
			busy := answer(http.StatusServiceUnavailable, map[string]any{"error": "temporarily_unavailable"})
			busy.Header.Set("Retry-After", "20")
			return busy, nil, false
		case w.down.Load():
			return nil, &net.OpError{Op: "dial", Err: errDown}, false
		case w.lose.CompareAndSwap(true, false):
			return nil, io.ErrUnexpectedEOF, true
		}
		return nil, nil, false
	}
}

// Token returns a token. When the session is lost, a login follows.
func (p *program) Token(ctx context.Context) (tokenclient.Token, error) {
	token, err := p.Refreshing.Token(ctx)
	if errors.Is(err, tokensource.ErrRefreshUnknown) {
		p.logIn(context.WithoutCancel(ctx))
	}
	return token, err
}

func (p *program) logIn(ctx context.Context) {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	time.Sleep(2 * time.Second) // until another login is seen
	if _, err := p.Refreshing.Token(ctx); !errors.Is(err, tokensource.ErrRefreshUnknown) {
		return
	}
	p.users.rotating.mu.Lock()
	login := p.users.login() // with the refresh token that nobody has seen
	p.users.rotating.mu.Unlock()
	assert.NoError(p.t, p.SetToken(ctx, login))
}

// end ends the programs. No refresh token was used twice, and what is stored is
// good.
func (u *users) end(t *testing.T) {
	t.Helper()
	for _, p := range u.programs {
		_, err := p.Token(t.Context())
		if errors.Is(err, tokensource.ErrRefreshUnknown) { // the last answer was lost, there was a login
			_, err = p.Token(t.Context())
		}
		assert.NoError(t, err, "the server is up again")
		assert.NoError(t, p.Close())
	}
	assert.False(t, u.family, "a refresh token was used twice")
	assert.Equal(t, u.current, stored(t, u.store, "refresh_token"))
}
