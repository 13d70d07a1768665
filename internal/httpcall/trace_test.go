// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

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
