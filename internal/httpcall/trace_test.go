// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// aside makes side calls with the context of a request, as an audit log or a mesh
// does, and then sends the request through then.
func aside(target *url.URL, then roundTripper) roundTripper {
	return func(request *http.Request) (*http.Response, error) {
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				side, _ := http.NewRequestWithContext(request.Context(), http.MethodGet, target.String(), nil)
				if response, err := http.DefaultTransport.RoundTrip(side); err == nil {
					_ = response.Body.Close()
				}
			})
		}
		group.Wait()
		return then(request)
	}
}

// TestTraceOfOthers has transports whose trace is not that of the request: it
// proves nothing.
func TestTraceOfOthers(t *testing.T) {
	t.Parallel()
	lost := func(request *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, request.Body)
		return nil, io.ErrUnexpectedEOF
	}
	dial := func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	answers := serve(t, answer(http.StatusOK, token))
	for name, test := range map[string]struct {
		transport roundTripper
		attempts  int
	}{
		"side call is refused, request is lost":    {aside(refused(t), lost), 1},
		"side call is refused, request is refused": {aside(refused(t), dial), 3},
		"side call works, request is refused":      {aside(answers.url, dial), 1}, // or was that the request, sent before?
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			call := newCall(nowhere, httpcall.SingleUse)
			prepare := call.Prepare
			call.Prepare = func(ctx context.Context, attempt int) (http.Header, []byte, error) {
				attempts++
				return prepare(ctx, attempt)
			}
			_, err := httpcall.New(&http.Client{Transport: test.transport}).Do(t.Context(), call)
			assert.Equal(t, test.attempts > 1, failure(t, err).NotSent)
			assert.Equal(t, test.attempts, attempts)
		})
	}
}

// throughTransport is a transport that says what it sends through.
type throughTransport struct{ *http.Transport }

func (o throughTransport) SendsThrough() *http.Transport { return o.Transport }

// TestTraceOfOwn has what clientauth.TLS sends through: its trace proves as much as
// that of net/http itself.
func TestTraceOfOwn(t *testing.T) {
	t.Parallel()
	proxy := serve(t, raw("HTTP/1.1 403 No\r\n\r\n")) // an error without a type
	caller, err := httpcall.New(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy.url)}}).Over(
		func(base http.RoundTripper) (http.RoundTripper, error) {
			transport, _ := base.(*http.Transport)
			return throughTransport{transport}, nil
		})
	require.NoError(t, err)
	_, err = caller.Do(t.Context(), newCall(nowhere, httpcall.SingleUse))
	assert.True(t, failure(t, err).NotSent)
	assert.Len(t, proxy.came, 3)
}

// deafConn fails to write anything, after its first write.
type deafConn struct {
	net.Conn
	writes atomic.Int64
}

func (c *deafConn) Write(data []byte) (int, error) {
	if c.writes.Add(1) > 1 {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(data)
}

// TestNothingWritten has an idle connection that turns out to be gone before
// anything is written to it: net/http would send the same body again, the loop
// sends another one.
func TestNothingWritten(t *testing.T) {
	t.Parallel()
	for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
		s := serve(t, answer(http.StatusOK, token))
		transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return &deafConn{Conn: conn}, err
		}}
		t.Cleanup(transport.CloseIdleConnections)
		caller := httpcall.New(&http.Client{Transport: transport})
		for range 2 {
			_, err := caller.Do(t.Context(), newCall(s.url, class))
			require.NoError(t, err)
		}
		_, bodies := s.seen()
		assert.Equal(t, []string{"grant_type=x&attempt=1", "grant_type=x&attempt=2"}, bodies)
	}
}
