// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func transportRows() []row {
	const group = "transport"
	return []row{
		{group: group, name: "200 concurrent requests, twice, connections reused", check: checkConcurrent, alone: true},
		{group: group, name: "cancelled by the caller", check: checkCancelled},
		{group: group, name: "caller's deadline", check: checkDeadline},
		{group: group, name: "server not there: not processed", check: checkUnreachable},
	}
}

const (
	atOnce  = 200
	maxIdle = 64 // of the library's own transport, for each host
)

// checkConcurrent sends all requests at once, twice. The second time, what the
// library has kept of the connections of the first is used again. Then as many
// workers as there are connections need no new one.
func checkConcurrent(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	first := burst(t, client, atOnce)
	second := burst(t, client, atOnce)
	third := burst(t, client, min(first, maxIdle))
	for range 5 { // a connection is given back a moment after its answer was read
		if third == 0 {
			break
		}
		third = burst(t, client, min(first, maxIdle))
	}
	t.Logf("new connections of %d requests at once: %d, then %d; of %d requests by %d workers: %d",
		atOnce, first, second, atOnce, min(first, maxIdle), third)

	assert.LessOrEqual(t, first, atOnce)
	assert.LessOrEqual(t, second, atOnce-min(first, maxIdle))
	assert.Zero(t, third)
}

// burst sends the requests from so many goroutines and returns how many
// connections were made for it.
func burst(t *testing.T, client *tokenclient.Client, workers int) int {
	t.Helper()
	var connections, next atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		ConnectDone: func(string, string, error) { connections.Add(1) },
	})
	failures := make([]error, atOnce)
	start := make(chan struct{})
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			<-start
			for i := next.Add(1) - 1; i < atOnce; i = next.Add(1) - 1 {
				_, failures[i] = client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: scope})
			}
		})
	}
	close(start)
	group.Wait()
	for i, err := range failures {
		assert.NoError(t, err, "request %d", i)
	}
	return int(connections.Load())
}

// checkCancelled cancels when the header has been written, so that an answer
// cannot have come.
func checkCancelled(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: cancel})

	got, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	var failure *tokenclient.Error
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, tokenclient.KindTransport, failure.Kind)
	assert.Equal(t, tokenclient.Unknown, failure.Outcome)
	assert.True(t, got.IsError())

	_, err = client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, tokenclient.NotProcessed, failure.Outcome)

	checkCredentials(t, s, s.basic)
}

func checkDeadline(t *testing.T, s *server) {
	client := s.client(t, s.public)
	device := startDevice(t, client)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()

	_, err := client.PollDeviceToken(ctx, device.TokenRequest())
	var failure *tokenclient.Error
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.True(t, failure.Timeout())

	require.NoError(t, s.approveDevice(t.Context(), device))
	got, err := client.RequestDeviceToken(t.Context(), device.TokenRequest())
	requireToken(t, got, err)
}

func checkUnreachable(t *testing.T, s *server) {
	gone := s.another(t, options{})
	client := gone.client(t, gone.basic)
	refreshToken := gone.refreshToken(t, client)
	require.NoError(t, gone.stop())
	waitUntilRefused(t, gone.metadata.TokenEndpoint)

	_, err := refresh(t, client, refreshToken)
	requireNotProcessed(t, gone, err)
	_, err = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	requireNotProcessed(t, gone, err)
}

// waitUntilRefused waits until nobody listens: a process that is just being started
// has the listeners of this one for a moment.
func waitUntilRefused(t *testing.T, address string) {
	t.Helper()
	endpoint, err := url.Parse(address)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", endpoint.Host)
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	}, 10*time.Second, 10*time.Millisecond)
}

func requireNotProcessed(t *testing.T, s *server, err error) {
	t.Helper()
	var failure *tokenclient.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, tokenclient.KindTransport, failure.Kind, failure)
	assert.Equal(t, tokenclient.NotProcessed, failure.Outcome, "%v: %v", failure, failure.Unwrap())
	assert.Contains(t, failure.Error(), s.metadata.TokenEndpoint)
}
