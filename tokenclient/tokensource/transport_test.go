// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"crypto/sha256"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// api is an API that answers in turn, the last answer again and again.
type api struct {
	*httptest.Server

	mu      sync.Mutex
	headers []http.Header
	bodies  [][sha256.Size]byte
	opened  atomic.Int64 // connections
}

func newAPI(t *testing.T, answers ...http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		digest := sha256.New()
		_, _ = io.Copy(digest, r.Body)
		a.mu.Lock()
		a.headers = append(a.headers, r.Header.Clone())
		a.bodies = append(a.bodies, [sha256.Size]byte(digest.Sum(nil)))
		answer := answers[min(len(a.headers), len(answers))-1]
		a.mu.Unlock()
		answer(w, r)
	}))
	a.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			a.opened.Add(1)
		}
	}
	a.Start()
	t.Cleanup(a.Close)
	return a
}

func (a *api) calls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.headers)
}

func (a *api) sent(name string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var values []string
	for _, header := range a.headers {
		values = append(values, strings.Join(header.Values(name), "|"))
	}
	return values
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }

// challenged answers 401 with challenges.
func challenged(challenges ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, value := range challenges {
			w.Header().Add("WWW-Authenticate", value)
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "unauthorized")
	}
}

const invalidToken = `Bearer realm="a, b", error="invalid_token"`

// newTransport returns a transport for the APIs, with connections of its own.
func newTransport(t *testing.T, source tokensource.Source, apis ...*api) *tokensource.Transport {
	t.Helper()
	base := &http.Transport{}
	t.Cleanup(base.CloseIdleConnections)
	transport := &tokensource.Transport{Source: source, Base: base}
	for _, a := range apis {
		transport.Origins = append(transport.Origins, a.URL)
	}
	return transport
}

// get sends a request and returns status and body.
func get(t *testing.T, transport http.RoundTripper, method, url string, body io.Reader) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Empty(t, response.Request.Header.Get("Authorization"), "the token is not in what the caller gets")
	return response.StatusCode, string(text)
}

func TestTransport(t *testing.T) {
	t.Parallel()
	server := &issuer{lifetime: time.Hour}
	source := server.cached()
	defer source.Close()
	a := newAPI(t, ok)
	transport := newTransport(t, source, a)
	for range 2 {
		status, body := get(t, transport, http.MethodGet, a.URL+"/path?query", nil)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "ok", body)
	}
	assert.Equal(t, []string{"Bearer token-1", "Bearer token-1"}, a.sent("Authorization"))
}

// tracked is a body that tells whether it was closed.
type tracked struct {
	io.Reader
	closed atomic.Int64
}

func (b *tracked) Close() error { b.closed.Add(1); return nil }

// broken closes the body and does nothing else.
type broken struct{}

func (broken) RoundTrip(request *http.Request) (*http.Response, error) {
	return nil, request.Body.Close()
}

func TestTransportFailsClosed(t *testing.T) {
	t.Parallel()
	a := newAPI(t, ok)
	server := &issuer{}
	server.fail(refusal(tokenclient.ErrInvalidClient))
	typed := func(tokenType, value string) tokensource.Source {
		return tokensource.SourceFunc(func(context.Context) (tokenclient.Token, error) {
			return tokenclient.NewToken(value, tokenType, time.Time{}), nil
		})
	}
	for name, test := range map[string]struct {
		transport *tokensource.Transport
		url       string
		is        error
	}{
		"no token":        {&tokensource.Transport{Source: server.cached(), Origins: []string{a.URL}}, a.URL, tokenclient.ErrInvalidClient},
		"another type":    {&tokensource.Transport{Source: typed("mac", "t"), Origins: []string{a.URL}}, a.URL, nil},
		"no prover":       {&tokensource.Transport{Source: typed("DPoP", "t"), Origins: []string{a.URL}}, a.URL, nil},
		"an empty token":  {&tokensource.Transport{Source: typed("Bearer", ""), Origins: []string{a.URL}}, a.URL, nil},
		"a broken token":  {&tokensource.Transport{Source: typed("Bearer", "a\r\nb"), Origins: []string{a.URL}}, a.URL, nil},
		"no source":       {&tokensource.Transport{Origins: []string{a.URL}}, a.URL, nil},
		"no origins":      {&tokensource.Transport{Source: typed("Bearer", "t")}, a.URL, nil},
		"a wrong origin":  {&tokensource.Transport{Source: typed("Bearer", "t"), Origins: []string{a.URL, "api"}}, a.URL, nil},
		"another origin":  {&tokensource.Transport{Source: typed("Bearer", "t"), Origins: []string{"https://api.example"}}, a.URL, tokensource.ErrOtherOrigin},
		"no response":     {&tokensource.Transport{Source: typed("Bearer", "t"), Origins: []string{a.URL}, Base: broken{}}, a.URL, nil},
		"no such address": {&tokensource.Transport{Source: typed("Bearer", "t"), Origins: []string{a.URL}}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &tracked{Reader: strings.NewReader("body")}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, test.url, body)
			require.NoError(t, err)
			if test.url == "" {
				request.URL = nil
			}
			response, err := test.transport.RoundTrip(request)
			require.Error(t, err)
			assert.Nil(t, response)
			assert.EqualValues(t, 1, body.closed.Load())
			if test.is != nil {
				assert.ErrorIs(t, err, test.is)
			}
		})
	}
	t.Cleanup(func() { assert.Zero(t, a.calls(), "nothing was sent") })
}

func TestTransportDoesNotChangeTheRequest(t *testing.T) {
	t.Parallel()
	a := newAPI(t, ok)
	source := (&issuer{lifetime: time.Hour}).cached()
	defer source.Close()
	transport := newTransport(t, source, a)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Basic own")
	request.Header.Set("X-Own", "own")
	var group sync.WaitGroup
	for range 20 { // the race detector watches
		group.Go(func() {
			response, err := transport.RoundTrip(request)
			if assert.NoError(t, err) {
				_ = response.Body.Close()
				assert.Same(t, request, response.Request)
			}
		})
	}
	group.Wait()
	assert.Equal(t, http.Header{"Authorization": {"Basic own"}, "X-Own": {"own"}}, request.Header)
	assert.Equal(t, "Bearer token-1", a.sent("Authorization")[0])
	assert.Equal(t, "own", a.sent("X-Own")[0])
}

func TestRenewal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		again  bool
	}{
		"invalid_token":        {challenged(invalidToken), true},
		"no error":             {challenged(`Bearer realm="x"`), true},
		"another case":         {challenged(`bEARER error=invalid_token`), true},
		"the second of two":    {challenged(`Basic realm="x", Bearer error="invalid_token"`), true},
		"in another header":    {challenged(`Basic realm="x"`, invalidToken), true},
		"insufficient_scope":   {challenged(`Bearer error="insufficient_scope"`), false},
		"invalid_request":      {challenged(`Bearer error="invalid_request"`), false},
		"Basic":                {challenged(`Basic realm="x"`), false},
		"DPoP":                 {challenged(`DPoP error="invalid_token"`), false},
		"a nonce for a bearer": {challenged(`Bearer error="use_dpop_nonce"`), false},
		"no challenge":         {challenged(), false},
		"junk":                 {challenged(`"`), false},
		"forbidden": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", invalidToken)
			w.WriteHeader(http.StatusForbidden)
		}, false},
		"server error": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", invalidToken)
			w.WriteHeader(http.StatusInternalServerError)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &issuer{lifetime: time.Hour}
			source := server.cached()
			defer source.Close()
			a := newAPI(t, test.answer, ok)
			status, body := get(t, newTransport(t, source, a), http.MethodPost, a.URL, strings.NewReader("body"))
			if !test.again {
				assert.NotEqual(t, http.StatusOK, status)
				assert.Equal(t, 1, a.calls())
				assert.EqualValues(t, 1, server.calls.Load())
				return
			}
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, "ok", body)
			assert.Equal(t, []string{"Bearer token-1", "Bearer token-2"}, a.sent("Authorization"))
			assert.Equal(t, a.bodies[0], a.bodies[1])
			assert.EqualValues(t, 2, server.calls.Load())
			assert.EqualValues(t, 1, a.opened.Load(), "the connection is used again")
		})
	}
}

// TestRenewalThatDoesNotHelp: the caller gets the second answer.
func TestRenewalThatDoesNotHelp(t *testing.T) {
	t.Parallel()
	server := &issuer{lifetime: time.Hour}
	source := server.cached()
	defer source.Close()
	a := newAPI(t, challenged(invalidToken))
	status, body := get(t, newTransport(t, source, a), http.MethodGet, a.URL, nil)
	assert.Equal(t, http.StatusUnauthorized, status)
	assert.Equal(t, "unauthorized", body)
	assert.Equal(t, 2, a.calls())
	assert.EqualValues(t, 2, server.calls.Load())
}

// TestNoOtherToken: nothing is sent again without another token, and the caller gets
// the first answer.
func TestNoOtherToken(t *testing.T) {
	t.Parallel()
	same := tokensource.SourceFunc(func(context.Context) (tokenclient.Token, error) {
		return tokenclient.NewToken("same", "Bearer", time.Time{}), nil
	})
	var calls atomic.Int64
	failing := tokensource.SourceFunc(func(ctx context.Context) (tokenclient.Token, error) {
		if calls.Add(1) > 1 {
			return tokenclient.Token{}, errDown
		}
		return same(ctx)
	})
	refusing := (&issuer{lifetime: time.Hour}).cached()
	t.Cleanup(refusing.Close)
	for name, transport := range map[string]*tokensource.Transport{
		"identical": {Source: same}, "none": {Source: failing},
		"not wanted": {Source: refusing, Renew: func(response *http.Response) bool { return response.StatusCode != http.StatusUnauthorized }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, challenged(invalidToken), ok)
			transport.Origins = []string{a.URL}
			status, body := get(t, transport, http.MethodGet, a.URL, nil)
			assert.Equal(t, http.StatusUnauthorized, status)
			assert.Equal(t, "unauthorized", body)
			assert.Equal(t, 1, a.calls())
		})
	}
}

// TestManyAreRefused: 100 requests under way are refused the same token.
func TestManyAreRefused(t *testing.T) {
	t.Parallel()
	server := &issuer{lifetime: time.Hour, latency: 10 * time.Millisecond}
	source := server.cached()
	defer source.Close()
	var arrived sync.WaitGroup
	arrived.Add(100)
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token-1" {
			arrived.Done()
			arrived.Wait()
			challenged(invalidToken)(w, r)
		}
	})
	transport := newTransport(t, source, a)
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			response, err := (&http.Client{Transport: transport}).Get(a.URL)
			if assert.NoError(t, err) {
				assert.Equal(t, http.StatusOK, response.StatusCode)
				_ = response.Body.Close()
			}
		})
	}
	group.Wait()
	assert.EqualValues(t, 2, server.calls.Load())
}
