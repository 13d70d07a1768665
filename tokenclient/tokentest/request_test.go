// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestRequestIsRecorded(t *testing.T) {
	t.Parallel()
	server, clock := start(t), newClock()
	server.Configure(tokentest.Settings{Now: clock.Now})
	const body = "scope=b+a&grant_type=client_credentials&resource=one&resource=two"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		server.TokenURL()+"?tenant=x", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	request.Header.Set("X-Trace", "7")
	requireTokens(t, send(t, server, request))

	require.Len(t, server.Requests(), 1)
	got := server.Requests()[0]
	assert.Equal(t, http.MethodPost, got.Method)
	assert.Equal(t, tokentest.TokenPath, got.Path)
	assert.Equal(t, url.Values{"tenant": {"x"}}, got.Query)
	assert.Equal(t, request.URL.Host, got.Host)
	assert.Equal(t, "7", got.Header.Get("X-Trace"))
	assert.Equal(t, body, got.RawBody)
	assert.Equal(t, url.Values{
		"grant_type": {"client_credentials"}, "scope": {"b a"}, "resource": {"one", "two"},
	}, got.Form)
	assert.Equal(t, "client_credentials", got.GrantType())
	assert.True(t, strings.HasPrefix(got.Connection, "127.0.0.1:"), got.Connection)
	assert.Equal(t, clock.Now(), got.Time)
}

func TestRecordsAreCopies(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Handle("/x", func(r tokentest.Request) tokentest.Answer {
		r.Form["a"][0], r.Header["Content-Type"][0] = "changed", "changed"
		return tokentest.Answer{}
	})
	post(t, server, server.URL()+"/x?q=1", url.Values{"a": {"1"}})
	first := server.Requests()[0]
	assert.Equal(t, "1", first.Form.Get("a"), "a handler must not reach the record")
	first.Form["a"][0], first.Query["q"][0], first.Header["Content-Type"][0] = "changed", "changed", "changed"
	first.Form.Set("b", "2")

	second := server.Requests()[0]
	assert.Equal(t, url.Values{"a": {"1"}}, second.Form)
	assert.Equal(t, "1", second.Query.Get("q"))
	assert.Equal(t, "application/x-www-form-urlencoded", second.Header.Get("Content-Type"))
}

func TestFormNeedsItsContentType(t *testing.T) {
	t.Parallel()
	server := start(t)
	response, err := server.HTTPClient().Post(server.URL()+"/x", "application/json", strings.NewReader("a=1"))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	got := server.Requests()[0]
	assert.Empty(t, got.Form)
	assert.NotNil(t, got.Form)
	assert.Equal(t, "a=1", got.RawBody)
}

func TestBasicAuth(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set        func(*http.Request)
		id, secret string
		ok         bool
	}{
		"absent":        {set: func(*http.Request) {}},
		"plain":         {set: func(r *http.Request) { r.SetBasicAuth("client", "secret") }, id: "client", secret: "secret", ok: true},
		"form-encoded":  {set: func(r *http.Request) { r.SetBasicAuth("a%3Ab", "p+q%25%2B") }, id: "a:b", secret: "p q%+", ok: true},
		"empty secret":  {set: func(r *http.Request) { r.SetBasicAuth("client", "") }, id: "client", ok: true},
		"bad escape":    {set: func(r *http.Request) { r.SetBasicAuth("client", "100%") }},
		"not base64":    {set: func(r *http.Request) { r.Header.Set("Authorization", "Basic ???") }},
		"other scheme":  {set: func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }},
		"escape in id":  {set: func(r *http.Request) { r.SetBasicAuth("%zz", "secret") }},
		"colon in code": {set: func(r *http.Request) { r.SetBasicAuth("client", "a:b") }, id: "client", secret: "a:b", ok: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := &http.Request{Header: http.Header{}}
			test.set(request)
			id, secret, ok := tokentest.Request{Header: request.Header}.BasicAuth()
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.id, id)
			assert.Equal(t, test.secret, secret)
		})
	}
}

func TestClientID(t *testing.T) {
	t.Parallel()
	basic := &http.Request{Header: http.Header{}}
	basic.SetBasicAuth("basic", "x")
	form := url.Values{"client_id": {"form"}}
	assert.Equal(t, "basic", tokentest.Request{Header: basic.Header, Form: form}.ClientID())
	assert.Equal(t, "form", tokentest.Request{Form: form}.ClientID())
	assert.Empty(t, tokentest.Request{}.ClientID())
}

func TestCountUnderConcurrency(t *testing.T) {
	t.Parallel()
	server := start(t)
	const n = 100
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			response, err := server.HTTPClient().PostForm(server.TokenURL(), url.Values{
				"grant_type": {"client_credentials"}, "number": {strconv.Itoa(i)},
			})
			if assert.NoError(t, err) {
				assert.Equal(t, http.StatusOK, response.StatusCode)
				assert.NoError(t, response.Body.Close())
			}
		})
	}
	all.Wait()
	get(t, server, server.URL()+"/elsewhere")

	assert.Equal(t, n, server.Count(tokentest.TokenPath))
	assert.Equal(t, 1, server.Count("/elsewhere"))
	assert.Len(t, server.Requests(), n+1)
	seen := map[string]bool{}
	for _, r := range server.TokenRequests() {
		seen[r.Form.Get("number")] = true
	}
	assert.Len(t, seen, n)
}

func TestConnectionShowsReuse(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Enqueue("/x", tokentest.Answer{}, tokentest.Answer{}, tokentest.Answer{Header: http.Header{"connection": {"close"}}})
	for range 4 {
		get(t, server, server.URL()+"/x")
	}
	r := server.Requests()
	assert.Equal(t, r[0].Connection, r[1].Connection)
	assert.Equal(t, r[0].Connection, r[2].Connection)
	assert.NotEqual(t, r[0].Connection, r[3].Connection)
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	tests := map[string]struct {
		size, status int
	}{
		"at the limit": {size: limit, status: http.StatusOK},
		"over it":      {size: limit + 1, status: http.StatusRequestEntityTooLarge},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.Enqueue("/x", tokentest.Answer{})
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+"/x",
				strings.NewReader(strings.Repeat("a", test.size)))
			require.NoError(t, err)
			assert.Equal(t, test.status, send(t, server, request).status)
			assert.Len(t, server.Requests()[0].RawBody, limit)
		})
	}
}

func TestTimeIsRealByDefault(t *testing.T) {
	t.Parallel()
	server := start(t)
	before := time.Now()
	get(t, server, server.URL())
	assert.WithinRange(t, server.Requests()[0].Time, before, time.Now())
}
