// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TestNothingIsLeftRunning runs net/http's transport in a bubble, which cannot
// end before all of its goroutines have: a body that is not closed keeps two.
func TestNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]act{
		"answer":        answer(http.StatusOK, token),
		"patience":      answer(http.StatusServiceUnavailable, token),
		"redirect":      answer(http.StatusFound, token, "Location: /elsewhere"),
		"redirect, cut": hang("HTTP/1.1 302 Found\r\nContent-Length: 100\r\n\r\n"),
		"too large":     hang("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n{"),
		"endless":       endless,
		"closed":        raw(""),
		"nonsense":      raw("nonsense\r\n\r\n"),
		"cut":           cut(token),
		"silence":       hang(""),
		"half":          hang("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
	} {
		for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &server{script: []act{action}, done: make(chan struct{}), came: make(chan struct{}, 100)}
					var group sync.WaitGroup
					transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
						ours, theirs := net.Pipe()
						group.Go(func() { s.handle(theirs) })
						return ours, nil
					}}
					call := newCall(nowhere, class)
					plain := *nowhere
					plain.Scheme = "http"
					call.URL = &plain
					_, err := httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), call)
					require.Equal(t, name == "answer" || name == "patience", err == nil)
					synctest.Wait()
					// only what waits for the next call may be left
					transport.CloseIdleConnections()
					close(s.done)
					group.Wait()
				})
			})
		}
	}
}

// TestCancelledWhileDialing does not wait for the dial, which net/http goes on
// with for another call.
func TestCancelledWhileDialing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		dialed := make(chan struct{})
		defer close(dialed)
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			<-dialed
			return nil, net.ErrClosed
		}}
		start := time.Now()
		_, err := httpcall.New(&http.Client{Transport: transport}).Do(ctx, newCall(nowhere, httpcall.SingleUse))
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, failure(t, err).NotSent)
		require.Equal(t, time.Second, time.Since(start))
	})
}
