// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBodies(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 10<<20/16)
	noAgain := errors.New("no body again")
	for name, test := range map[string]struct {
		change func(*http.Request)
		again  bool
	}{
		"10 MiB":        {func(*http.Request) {}, true},
		"no body":       {func(r *http.Request) { r.Body, r.GetBody, r.ContentLength = nil, nil, 0 }, true},
		"NoBody":        {func(r *http.Request) { r.Body, r.GetBody, r.ContentLength = http.NoBody, nil, 0 }, true},
		"no GetBody":    {func(r *http.Request) { r.GetBody = nil }, false},
		"GetBody fails": {func(r *http.Request) { r.GetBody = func() (io.ReadCloser, error) { return nil, noAgain } }, false},
		"a stream": {func(r *http.Request) {
			reader, writer := io.Pipe()
			go func() {
				_, _ = io.WriteString(writer, "streamed")
				_ = writer.Close()
			}()
			r.Body, r.GetBody, r.ContentLength = reader, nil, -1
		}, false},
		"100-continue": {func(r *http.Request) { r.Header.Set("Expect", "100-continue") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &issuer{lifetime: time.Hour}
			source := server.cached()
			defer source.Close()
			a := newAPI(t, challenged(invalidToken), ok)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL, strings.NewReader(large))
			require.NoError(t, err)
			test.change(request)
			response, err := newTransport(t, source, a).RoundTrip(request)
			require.NoError(t, err)
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			if test.again {
				assert.Equal(t, http.StatusOK, response.StatusCode)
				require.Equal(t, 2, a.calls())
				assert.Equal(t, a.bodies[0], a.bodies[1])
				return
			}
			assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
			assert.Equal(t, "unauthorized", string(text))
			assert.Equal(t, 1, a.calls())
			assert.NotEqual(t, "token-1", mustToken(t, source), "the next request has another token")
		})
	}
}

// TestNoConnectionLeaks over many renewals.
func TestNoConnectionLeaks(t *testing.T) {
	t.Parallel()
	server := &issuer{lifetime: time.Hour}
	source := server.cached()
	defer source.Close()
	var refuse atomic.Bool
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		if refuse.CompareAndSwap(true, false) {
			challenged(invalidToken)(w, r)
		}
	})
	transport := newTransport(t, source, a)
	for range cycles {
		refuse.Store(true)
		status, _ := get(t, transport, http.MethodPost, a.URL, strings.NewReader("body"))
		require.Equal(t, http.StatusOK, status)
	}
	// net/http gives up a connection whose writing goroutine has not run for 50 ms
	assert.Less(t, a.opened.Load(), int64(cycles/2), "the connections are used again")
	assert.Equal(t, "Bearer token-"+strconv.Itoa(cycles+1), a.sent("Authorization")[2*cycles-1])
}

// TestBodyThatStalls after a refusal does not keep the caller from the answer, and
// its connection is closed.
func TestBodyThatStalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ name, value, begin string }{
		"at once":    {"Content-Length", "10", ""},
		"later":      {"Content-Length", "10", "unauth"},
		"chunked":    {"Content-Type", "text/plain", "unauthorized"},
		"compressed": {"Content-Encoding", "gzip", "\x1f\x8b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := (&issuer{lifetime: time.Hour}).cached()
			defer source.Close()
			closed := make(chan struct{})
			a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", invalidToken)
				w.Header().Set(test.name, test.value)
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = io.WriteString(w, test.begin)
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				close(closed)
			}, ok)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, strings.NewReader("body"))
			require.NoError(t, err)
			response, err := newTransport(t, source, a).RoundTrip(request)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			assert.NoError(t, response.Body.Close())
			<-closed
			assert.NoError(t, ctx.Err(), "before the caller's deadline")
		})
	}
}
