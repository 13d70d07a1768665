// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// reply is one answer as the client saw it.
type reply struct {
	status int
	header http.Header
	body   string
	fields map[string]any // nil unless the body is a JSON object
}

func (r reply) field(name string) string {
	value, _ := r.fields[name].(string)
	return value
}

func start(t *testing.T) *tokentest.Server {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	return server
}

// send sends the request with the server's client, which follows no redirect.
func send(t *testing.T, server *tokentest.Server, request *http.Request) reply {
	t.Helper()
	client := server.HTTPClient()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	out := reply{status: response.StatusCode, header: response.Header, body: string(body)}
	_ = json.Unmarshal(body, &out.fields)
	return out
}

func newForm(t *testing.T, target string, form url.Values) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request
}

func post(t *testing.T, server *tokentest.Server, target string, form url.Values) reply {
	t.Helper()
	return send(t, server, newForm(t, target, form))
}

// token posts pairs of names and values to the token endpoint.
func token(t *testing.T, server *tokentest.Server, pairs ...string) reply {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return post(t, server, server.TokenURL(), form)
}

func get(t *testing.T, server *tokentest.Server, target string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	return send(t, server, request)
}

func requireOAuthError(t *testing.T, got reply, status int, code string) {
	t.Helper()
	require.Equal(t, status, got.status, got.body)
	require.Equal(t, code, got.field("error"), got.body)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
}

func requireTokens(t *testing.T, got reply) (accessToken, refreshToken string) {
	t.Helper()
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NotEmpty(t, got.field("access_token"))
	require.Equal(t, "Bearer", got.field("token_type"))
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	return got.field("access_token"), got.field("refresh_token")
}

// clock is a clock that moves when it is told to.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func newClock() *clock {
	return &clock{time: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}
