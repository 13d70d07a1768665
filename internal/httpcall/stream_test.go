// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// startFault starts the server with the fault of a name, and returns a transport
// that reaches it.
func startFault(t *testing.T, name string) (*faultserver.Server, *http.Transport, *url.URL) {
	t.Helper()
	faults := faultserver.All()
	at := slices.IndexFunc(faults, func(fault faultserver.Fault) bool { return fault.Name == name })
	require.GreaterOrEqual(t, at, 0)
	server, err := faultserver.Start(faults[at], faultserver.Options{})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	transport := httpcall.NewTransport()
	server.Apply(transport)
	t.Cleanup(transport.CloseIdleConnections)
	target, err := url.Parse(server.URL())
	require.NoError(t, err)
	return server, transport, target
}

// attemptsSeen returns the attempts whose body arrived.
func attemptsSeen(server *faultserver.Server) []string {
	var seen []string
	for _, request := range server.Requests() {
		seen = append(seen, request.Get("attempt"))
	}
	return seen
}

// TestEndedStream has what net/http sends again by itself over HTTP/2, up to six
// times: not here, where each sending is an attempt with a body of its own.
func TestEndedStream(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"REFUSED_STREAM", "PROTOCOL_ERROR", "GOAWAY, stream disowned", "INTERNAL_ERROR"} {
		for _, test := range []struct {
			class    httpcall.Class
			attempts int
			want     []string
		}{
			{httpcall.SingleUse, 3, []string{"1"}},
			{httpcall.Repeatable, 3, []string{"1", "2", "3"}},
			{httpcall.Repeatable, 1, []string{"1"}},
		} {
			t.Run(fmt.Sprint(fault, test.class, test.attempts), func(t *testing.T) {
				t.Parallel()
				server, transport, target := startFault(t, fault)
				call := newCall(target, test.class)
				call.Limits.Attempts = test.attempts
				_, err := httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), call)
				assert.Equal(t, httpcall.Broken, failure(t, err).Reason)
				assert.False(t, failure(t, err).NotSent)
				assert.Equal(t, test.want, attemptsSeen(server))
			})
		}
	}
}

// TestEndedStreamWithoutTLS has HTTP/2 without a TLS connection that says so.
func TestEndedStreamWithoutTLS(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"REFUSED_STREAM", "PROTOCOL_ERROR", "GOAWAY, stream disowned"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			server, transport, target := startFault(t, fault)
			config, dial := transport.TLSClientConfig.Clone(), transport.DialContext
			config.ServerName, config.NextProtos = target.Hostname(), []string{"h2"}
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dial(ctx, network, address)
				return struct{ net.Conn }{tls.Client(conn, config)}, err // TLS that net/http does not see
			}
			transport.Protocols = new(http.Protocols)
			transport.Protocols.SetUnencryptedHTTP2(true)
			target.Scheme = "http"
			_, err := httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), newCall(target, httpcall.SingleUse))
			assert.Equal(t, httpcall.Broken, failure(t, err).Reason)
			assert.False(t, failure(t, err).NotSent)
			assert.Equal(t, []string{"1"}, attemptsSeen(server))
		})
	}
}
