// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TestUpgradeEndsTheCall: of a 101 net/http gives the connection as the body, which
// has no end and knows no context.
func TestUpgradeEndsTheCall(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		reader := bufio.NewReader(conn)
		if _, err := http.ReadRequest(reader); err != nil {
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		_, _ = reader.ReadByte() // until the client closes
	}()
	target, err := url.Parse("http://" + listener.Addr().String())
	require.NoError(t, err)
	answer, err := httpcall.New(nil).Do(t.Context(), newCall(target, httpcall.SingleUse))
	require.NoError(t, err)
	assert.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
	<-closed // at once: the connection is not kept
}
