// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// jar is a cookie jar that must not be opened.
type jar struct{ t *testing.T }

func (j jar) SetCookies(*url.URL, []*http.Cookie) { j.t.Error("a cookie was kept") }

func (j jar) Cookies(*url.URL) []*http.Cookie {
	j.t.Error("a cookie was asked for")
	return []*http.Cookie{{Name: "a", Value: "b"}}
}

// TestCallersClient has a client with settings of its own, which are neither
// changed nor, but for Transport and Timeout, heeded.
func TestCallersClient(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusServiceUnavailable, "", "Set-Cookie: c=d"), answer(http.StatusOK, token, "Set-Cookie: a=b"),
		answer(http.StatusFound, "", "Location: /elsewhere", "Set-Cookie: e=f"))
	mine := client(t)
	transport := mine.Transport
	mine.Jar, mine.Timeout = jar{t}, time.Minute
	errMine := errors.New("mine")
	mine.CheckRedirect = func(*http.Request, []*http.Request) error {
		t.Error("asked about a redirect")
		return errMine
	}
	caller := httpcall.New(mine)
	_, err := caller.Do(t.Context(), newCall(s.url, httpcall.Repeatable))
	require.NoError(t, err)
	_, err = caller.Do(t.Context(), newCall(s.url, httpcall.Repeatable))
	require.Error(t, err)

	requests, _ := s.seen()
	require.Len(t, requests, 3)
	for _, request := range requests {
		assert.Empty(t, request.Header["Cookie"])
	}
	assert.Same(t, transport, mine.Transport)
	assert.Equal(t, jar{t}, mine.Jar)
	assert.Equal(t, time.Minute, mine.Timeout)
	assert.NotNil(t, mine.CheckRedirect)
}

// TestCallIsNotWrittenTo has what the caller gave as it was.
func TestCallIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusServiceUnavailable, ""), answer(http.StatusOK, token))
	call := newCall(s.url, httpcall.Repeatable)
	before := *call.URL
	header, body := http.Header{"A": {"b"}}, []byte("c=d")
	call.Prepare = func(context.Context, int) (http.Header, []byte, error) { return header, body, nil }
	_, err := httpcall.New(client(t)).Do(t.Context(), call)
	require.NoError(t, err)
	assert.Equal(t, before, *call.URL)
	assert.Equal(t, http.Header{"A": {"b"}}, header)
	assert.Equal(t, "c=d", string(body))
}

// TestIdleConnectionsSurvive has failures that leave the caller's pool alone.
func TestIdleConnectionsSurvive(t *testing.T) {
	t.Parallel()
	bad := serve(t, reset)
	failures := map[string]func(t *testing.T, caller *httpcall.Caller){
		"refused": func(t *testing.T, caller *httpcall.Caller) {
			_, err := caller.Do(t.Context(), newCall(refused(t), httpcall.Repeatable))
			require.Error(t, err)
		},
		"reset": func(t *testing.T, caller *httpcall.Caller) {
			_, err := caller.Do(t.Context(), newCall(bad.url, httpcall.SingleUse))
			require.Error(t, err)
		},
		"cancelled": func(t *testing.T, caller *httpcall.Caller) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := caller.Do(ctx, newCall(bad.url, httpcall.SingleUse))
			require.Error(t, err)
		},
	}
	for name, fail := range failures {
		for kind, mine := range map[string]*http.Client{"client": client(t), "package default": nil} {
			t.Run(name+" with "+kind, func(t *testing.T) {
				t.Parallel()
				good := serve(t, answer(http.StatusOK, token))
				caller := httpcall.New(mine)
				for range 3 {
					_, err := caller.Do(t.Context(), newCall(good.url, httpcall.Repeatable))
					require.NoError(t, err)
					fail(t, caller)
				}
				assert.Equal(t, 3, good.count())
				assert.Equal(t, 1, good.connections())
			})
		}
	}
}

// TestConnections counts them: single-use calls have their own, unless the
// caller has a transport.
func TestConnections(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		client *http.Client
		class  httpcall.Class
		want   int
	}{
		"default, single use":  {nil, httpcall.SingleUse, 4},
		"default, repeatable":  {nil, httpcall.Repeatable, 1},
		"caller's, single use": {client(t), httpcall.SingleUse, 1},
		"caller's, repeatable": {client(t), httpcall.Repeatable, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// errors keep the connection too: their bodies are read to the end
			s := serve(t, answer(200, token), answer(400, strings.Repeat("a", 100_000)), answer(500, ""), answer(200, token))
			for range 4 {
				_, err := httpcall.New(test.client).Do(t.Context(), newCall(s.url, test.class))
				require.NoError(t, err)
			}
			assert.Equal(t, 4, s.count())
			assert.Equal(t, test.want, s.connections())
		})
	}
}

// TestEmptyClient has no transport: that of net/http is meant.
func TestEmptyClient(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusOK, token))
	got, err := httpcall.New(&http.Client{}).Do(t.Context(), newCall(s.url, httpcall.SingleUse))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, 1, s.count())
}

// TestStaleConnection has a server that has given up the idle connection: a
// single-use call on the package's own transport never meets one.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, func(s *server, conn net.Conn) bool {
		_ = answer(http.StatusOK, token)(s, conn)
		return false // without a word about it
	})
	for range 20 {
		_, err := httpcall.New(nil).Do(t.Context(), newCall(s.url, httpcall.SingleUse))
		require.NoError(t, err)
	}
	assert.Equal(t, 20, s.count())
}

// countingConn counts the writes on a connection.
type countingConn struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingConn) Write(data []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(data)
}

// TestOneWrite has header and body leave together.
func TestOneWrite(t *testing.T) {
	t.Parallel()
	for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
		s := serve(t, answer(http.StatusOK, token))
		var writes atomic.Int64
		transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return countingConn{conn, &writes}, err
		}}
		t.Cleanup(transport.CloseIdleConnections)
		for i := range int64(3) {
			_, err := httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), newCall(s.url, class))
			require.NoError(t, err)
			assert.Equal(t, i+1, writes.Load())
		}
		_, bodies := s.seen()
		assert.Len(t, bodies, 3)
		assert.NotContains(t, bodies, "")
	}
}

// TestHTTP2 has a stream that ends after the request was read: not "not sent".
func TestHTTP2(t *testing.T) {
	t.Parallel()
	for class, want := range map[httpcall.Class]int64{httpcall.SingleUse: 1, httpcall.Repeatable: 3} {
		var requests atomic.Int64
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			assert.Equal(t, "HTTP/2.0", r.Proto)
			assert.Equal(t, fmt.Sprintf("grant_type=x&attempt=%d", requests.Add(1)), string(body))
			panic(http.ErrAbortHandler)
		}))
		s.EnableHTTP2 = true
		s.StartTLS()
		t.Cleanup(s.Close)
		target, err := url.Parse(s.URL)
		require.NoError(t, err)
		_, err = httpcall.New(s.Client()).Do(t.Context(), newCall(target, class))
		assert.Equal(t, httpcall.Broken, failure(t, err).Reason)
		assert.False(t, failure(t, err).NotSent)
		assert.Equal(t, want, requests.Load())
	}
}

// TestNotSent has what fails before a request can be written.
func TestNotSent(t *testing.T) {
	t.Parallel()
	plain := serve(t, answer(http.StatusOK, token))
	proxy := serve(t, raw("HTTP/1.1 407 canary\r\n\r\n"))
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	secure.StartTLS()
	t.Cleanup(secure.Close)
	lookup := &net.DNSError{Err: "no such host", Name: "as.example", IsNotFound: true}
	address := func(text string) *url.URL {
		parsed, err := url.Parse(text)
		require.NoError(t, err)
		return parsed
	}
	tests := map[string]struct {
		target    *url.URL
		transport http.RoundTripper
		want      string
	}{
		"unknown certificate": {address(secure.URL), client(t).Transport, "certificate"},
		"no TLS":              {address("https://" + plain.url.Host), client(t).Transport, "before a complete answer came"},
		"proxy says no":       {nowhere, &http.Transport{Proxy: http.ProxyURL(proxy.url)}, "before a complete answer came"},
		"proxy is away":       {nowhere, &http.Transport{Proxy: http.ProxyURL(refused(t))}, "proxyconnect"},
		"no such host":        {nowhere, roundTripper(func(*http.Request) (*http.Response, error) { return nil, lookup }), "no such host"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			call := newCall(test.target, httpcall.SingleUse)
			call.Prepare = func(context.Context, int) (http.Header, []byte, error) {
				attempts++
				return http.Header{}, []byte("code=canary"), nil
			}
			_, err := httpcall.New(&http.Client{Transport: test.transport}).Do(t.Context(), call)
			failed := failure(t, err)
			assert.Equal(t, httpcall.Broken, failed.Reason)
			assert.True(t, failed.NotSent)
			assert.Equal(t, 3, attempts, "even a single-use call is safe to send again")
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
