// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// act answers one request on a raw connection; false ends the connection.
type act func(s *server, conn net.Conn) bool

// server is a raw HTTP/1.1 server that follows a script.
type server struct {
	url    *url.URL
	script []act // the last one goes on for ever
	done   chan struct{}
	came   chan struct{} // one value for each request that was read whole

	mutex    sync.Mutex
	conns    int
	requests []*http.Request
	bodies   []string
}

// serve starts a server that ends with the test.
func serve(t *testing.T, script ...act) *server {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{script: script, done: make(chan struct{}), came: make(chan struct{}, 100)}
	s.url = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/token"}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				<-s.done
				_ = conn.Close()
			}()
			group.Go(func() { s.handle(conn) })
		}
	})
	t.Cleanup(func() {
		close(s.done)
		_ = listener.Close()
		group.Wait()
	})
	return s
}

func (s *server) handle(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	s.mutex.Lock()
	s.conns++
	s.mutex.Unlock()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		s.mutex.Lock()
		s.requests = append(s.requests, request)
		s.bodies = append(s.bodies, string(body))
		next := s.script[min(len(s.requests), len(s.script))-1]
		s.mutex.Unlock()
		s.came <- struct{}{}
		if !next(s, conn) {
			return
		}
	}
}

// seen returns the requests that were read whole, and their bodies.
func (s *server) seen() ([]*http.Request, []string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.requests), slices.Clone(s.bodies)
}

func (s *server) count() int {
	requests, _ := s.seen()
	return len(requests)
}

func (s *server) connections() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.conns
}

// raw writes bytes as they are and ends the connection.
func raw(text string) act {
	return func(_ *server, conn net.Conn) bool {
		_, _ = io.WriteString(conn, text)
		return false
	}
}

// answer is a well-formed response, after which the connection goes on.
func answer(status int, body string, header ...string) act {
	return func(_ *server, conn net.Conn) bool {
		text := fmt.Sprintf("HTTP/1.1 %d Whatever\r\n", status)
		for _, line := range header {
			text += line + "\r\n"
		}
		_, err := fmt.Fprintf(conn, "%sContent-Length: %d\r\n\r\n%s", text, len(body), body)
		return err == nil
	}
}

// cut announces more than it sends.
func cut(body string) act {
	return raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body)+10, body))
}

// cutChunk ends a chunked body without its last chunk.
func cutChunk(body string) act {
	return raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(body), body))
}

// reset makes the connection end with a RST.
func reset(_ *server, conn net.Conn) bool {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	return false
}

// hang writes text and then nothing more until the test is over.
func hang(text string) act {
	return func(s *server, conn net.Conn) bool {
		_, _ = io.WriteString(conn, text)
		<-s.done
		return false
	}
}

// refused returns an address where nobody listens.
func refused(t *testing.T) *url.URL {
	t.Helper()
	// An address of its own, where there are more than one: the port of 127.0.0.1 goes
	// to another test at once.
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.98.76.54:0")
	if err != nil {
		listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	}
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/token"}
}

// newCall returns a call with short pauses and generous limits.
func newCall(target *url.URL, class httpcall.Class) httpcall.Call {
	return httpcall.Call{
		Method: http.MethodPost, URL: target, Class: class,
		Limits: httpcall.Limits{
			Attempts: 3, MinWait: time.Millisecond, MaxWait: 2 * time.Millisecond, MaxRetryAfter: 30 * time.Second,
			AttemptTime: time.Minute, TotalTime: 2 * time.Minute,
		},
		Prepare: func(_ context.Context, attempt int) (http.Header, []byte, error) {
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Attempt": {fmt.Sprint(attempt)}}
			return header, fmt.Appendf(nil, "grant_type=x&attempt=%d", attempt), nil
		},
	}
}

// client returns a client with connections of its own, closed with the test.
func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// failure returns the Failure that err has to be.
func failure(t *testing.T, err error) *httpcall.Failure {
	t.Helper()
	var failure *httpcall.Failure
	require.ErrorAs(t, err, &failure)
	return failure
}

// roundTripper is a transport for what needs no connection.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// response is one of a roundTripper; header are pairs of name and value.
func response(status int, body string, header ...string) *http.Response {
	made := &http.Response{
		StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1,
	}
	for i := 0; i < len(header); i += 2 {
		made.Header.Add(header[i], header[i+1])
	}
	return made
}
