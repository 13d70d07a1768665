// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	server := start(t)
	issuer, err := url.Parse(server.URL())
	require.NoError(t, err)
	assert.Equal(t, "http", issuer.Scheme)
	assert.Equal(t, "127.0.0.1", issuer.Hostname())
	assert.Empty(t, issuer.Path)
	assert.Equal(t, server.URL()+tokentest.TokenPath, server.TokenURL())
	assert.Equal(t, server.URL()+tokentest.AuthorizationPath, server.AuthorizationURL())
	assert.Equal(t, server.URL()+tokentest.DeviceAuthorizationPath, server.DeviceAuthorizationURL())
	assert.Nil(t, server.Certificate())
	assert.NotEqual(t, server.URL(), start(t).URL())
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := tokentest.StartTLS()
	t.Cleanup(server.Close)
	require.True(t, strings.HasPrefix(server.URL(), "https://127.0.0.1:"), server.URL())
	requireTokens(t, token(t, server, "grant_type", "client_credentials"))
	require.NoError(t, server.Certificate().VerifyHostname("127.0.0.1"))

	stranger := &http.Client{Transport: &http.Transport{}}
	_, err := stranger.PostForm(server.TokenURL(), url.Values{"grant_type": {"client_credentials"}})
	require.ErrorContains(t, err, "certificate")
	assert.Equal(t, 1, server.Count(tokentest.TokenPath), "a refused certificate must not cost a request")
}

func TestTLSReset(t *testing.T) {
	t.Parallel()
	server := tokentest.StartTLS()
	t.Cleanup(server.Close)
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Fault: tokentest.ResetBeforeAnswer})
	_, err := server.HTTPClient().PostForm(server.TokenURL(), url.Values{"a": {"1"}})
	require.ErrorContains(t, err, "connection reset by peer")
	assert.Equal(t, 1, server.Count(tokentest.TokenPath))
}

func TestHTTPClient(t *testing.T) {
	t.Parallel()
	server := start(t)
	first, second := server.HTTPClient(), server.HTTPClient()
	assert.NotSame(t, first, second)
	assert.Same(t, first.Transport, second.Transport)
	assert.NotSame(t, http.DefaultTransport, first.Transport)
	assert.Nil(t, first.Jar)
	assert.Zero(t, first.Timeout)
}

func TestCloseRefusesAndKeepsTheRecord(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	token(t, server, "grant_type", "client_credentials")
	var all sync.WaitGroup
	for range 3 {
		all.Go(server.Close)
	}
	all.Wait()
	server.Close()

	_, err := net.DialTimeout("tcp", strings.TrimPrefix(server.URL(), "http://"), time.Second)
	require.Error(t, err)
	assert.Len(t, server.Requests(), 1)
}

func TestCloseEndsDelays(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	arrived := make(chan struct{})
	server.Handle("/slow", func(tokentest.Request) tokentest.Answer {
		close(arrived)
		return tokentest.Answer{Delay: time.Hour}
	})
	failed := make(chan error, 1)
	go func() {
		_, err := server.HTTPClient().Post(server.URL()+"/slow", "text/plain", strings.NewReader("x"))
		failed <- err
	}()
	<-arrived
	begin := time.Now()
	server.Close()
	require.Error(t, <-failed)
	assert.Less(t, time.Since(begin), time.Second, "a delay must not cost Close its grace")
}

func TestCloseCutsWhatNeverEnds(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write([]byte("POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"))
	require.NoError(t, err)
	// The server asks for the body once its handler reads it.
	_, err = conn.Read(make([]byte, 256))
	require.NoError(t, err)
	server.Close()
	assert.Empty(t, server.Requests(), "half a request is not a request")
}

func TestCloseDeliversAnswersUnderWay(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	arrived, goOn := make(chan struct{}), make(chan struct{})
	server.Handle("/busy", func(tokentest.Request) tokentest.Answer {
		close(arrived)
		<-goOn
		return tokentest.Answer{Body: "done"}
	})
	got := make(chan error, 1)
	go func() {
		response, err := server.HTTPClient().Post(server.URL()+"/busy", "text/plain", nil)
		if err == nil {
			err = response.Body.Close()
		}
		got <- err
	}()
	<-arrived
	var closing sync.WaitGroup
	closing.Go(server.Close)
	for { // until the server refuses others: Close has begun
		response, err := server.HTTPClient().Post(server.URL()+"/other", "text/plain", strings.NewReader("x"))
		if err != nil {
			break
		}
		require.NoError(t, response.Body.Close())
	}
	close(goOn)
	closing.Wait()
	require.NoError(t, <-got)
}

func TestDelayEndsWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	server := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.Handle("/slow", func(tokentest.Request) tokentest.Answer {
		cancel()
		return tokentest.Answer{Delay: time.Hour}
	})
	request := newForm(t, server.URL()+"/slow", url.Values{"a": {"1"}}).WithContext(ctx)
	_, err := server.HTTPClient().Do(request)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 1, server.Count("/slow"))
}

// Half a close tells the server that the client leaves, and lets the test see
// what the server does about it.
func TestDelayIsNotKeptForNobody(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Enqueue("/slow", tokentest.Answer{Delay: time.Hour})
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"))
	require.NoError(t, err)
	socket, ok := conn.(*net.TCPConn)
	require.True(t, ok)
	require.NoError(t, socket.CloseWrite())
	got, err := io.ReadAll(conn)
	require.NoError(t, err, "the server must close the connection")
	assert.Empty(t, got)
	assert.Equal(t, 1, server.Count("/slow"))
}

func TestDelayPasses(t *testing.T) {
	t.Parallel()
	server := start(t)
	const delay = 30 * time.Millisecond
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Default: true, Delay: delay})
	begin := time.Now()
	requireTokens(t, token(t, server, "grant_type", "client_credentials"))
	assert.GreaterOrEqual(t, time.Since(begin), delay)
}
