// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package faultserver is a token endpoint that misbehaves on purpose: a raw TCP,
// TLS and HTTP/2 server, and a forward proxy, on loopback, with the dialers and
// resolvers that go wrong before a connection is there. It is for tests only.
//
// [All] returns the faults. [Start] starts a server that has one of them; [Apply]
// makes a transport reach it.
//
// [Apply]: Server.Apply
package faultserver

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// What a server that works answers. No error may show the tokens.
const (
	AccessToken  = "CANARY-access-token"
	RefreshToken = "CANARY-refresh-token"
	tokenJSON    = `{"access_token":"` + AccessToken + `","token_type":"Bearer","expires_in":3600,"refresh_token":"` + RefreshToken + `"}`
)

const host = "as.example"

// Options change how a server plays its fault.
type Options struct {
	// Play reports whether the fault is played this time; otherwise the server
	// works. It is asked once for each attempt of a client. Default: always.
	Play func() bool
	// Watch is called with the form of each request that arrived whole. Default:
	// the forms are kept for Requests.
	Watch func(url.Values)
}

// Times returns a Play for a server that works again after n faults.
func Times(n int64) func() bool {
	var played atomic.Int64
	return func() bool { return played.Add(1) <= n }
}

// Server is a token endpoint with one fault. It is safe for concurrent use.
type Server struct {
	fault    Fault
	options  Options
	listener net.Listener
	backlog  *fullBacklog
	done     chan struct{}
	group    sync.WaitGroup

	mutex    sync.Mutex
	closed   bool
	dials    int // that are not over
	conns    map[net.Conn]struct{}
	requests []url.Values
}

// Start starts a server. It has to be closed.
func Start(fault Fault, options Options) (*Server, error) {
	if options.Play == nil {
		options.Play = func() bool { return true }
	}
	listener, err := listen()
	if err != nil {
		return nil, fmt.Errorf("faultserver: %w", err)
	}
	s := &Server{
		fault: fault, options: options, listener: listener,
		done: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	if fault.fullBacklog {
		if s.backlog, err = newFullBacklog(); err != nil {
			_ = listener.Close()
			return nil, err
		}
	}
	s.group.Go(s.accept)
	return s, nil
}

// listen listens on a loopback address of its own, where the system has more than
// 127.0.0.1. A port changes hands quickly, and somebody's late dial to it would
// count as an attempt of the client that the server is for.
func listen() (net.Listener, error) {
	var random [3]byte
	_, _ = rand.Read(random[:]) // never fails
	own := net.IPv4(127, random[0], random[1], 2+random[2]%253)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort(own.String(), "0"))
	if err != nil {
		return new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	}
	return listener, nil
}

// URL returns the address of the token endpoint.
func (s *Server) URL() string {
	if s.fault.Plain() {
		return "http://" + s.listener.Addr().String() + "/token"
	}
	return "https://" + host + "/token"
}

// Apply makes a transport reach the server, trust it, and meet its fault.
func (s *Server) Apply(transport *http.Transport) {
	transport.DialContext = s.dial
	config := transport.TLSClientConfig.Clone()
	if config == nil {
		config = &tls.Config{}
	}
	config.RootCAs = authority().pool
	transport.TLSClientConfig = config
	transport.Proxy = nil
	if s.fault.tunnel != nil {
		transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: s.listener.Addr().String()})
	}
}

// Requests returns the forms of the requests that arrived whole.
func (s *Server) Requests() []url.Values {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]url.Values(nil), s.requests...)
}

// Forget forgets the requests that have arrived.
func (s *Server) Forget() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = nil
}

// Connections returns how many are open. Through Apply, those that a client still
// waits for count as well.
func (s *Server) Connections() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.dials + len(s.conns)
}

// Disconnect ends all connections; the server goes on.
func (s *Server) Disconnect() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// Close ends the server and all of its connections, and waits for them.
func (s *Server) Close() {
	s.mutex.Lock()
	s.closed = true
	close(s.done)
	_ = s.listener.Close()
	s.mutex.Unlock()
	s.Disconnect()
	s.group.Wait()
	if s.backlog != nil {
		s.backlog.close()
	}
}

func (s *Server) record(form url.Values) {
	if s.options.Watch != nil {
		s.options.Watch(form)
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, form)
}

func (s *Server) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.countDial(1)
	defer s.countDial(-1)
	if s.fault.dial != nil && s.options.Play() {
		return s.fault.dial(ctx, s)
	}
	return new(net.Dialer).DialContext(ctx, "tcp", s.listener.Addr().String())
}

func (s *Server) countDial(change int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.dials += change
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mutex.Lock()
		closed := s.closed
		s.conns[conn] = struct{}{}
		s.mutex.Unlock()
		if closed {
			_ = conn.Close()
			return
		}
		s.group.Go(func() {
			s.serve(conn)
			_ = conn.Close()
			s.mutex.Lock()
			delete(s.conns, conn)
			s.mutex.Unlock()
		})
	}
}

// serve is one connection, from its first byte.
func (s *Server) serve(conn net.Conn) {
	if s.fault.tunnel != nil && !s.openTunnel(conn) {
		return
	}
	if s.fault.greet != nil && s.options.Play() {
		s.fault.greet(conn)
		return
	}
	if s.fault.Plain() {
		s.serveHTTP1(conn, conn)
		return
	}
	secured := tls.Server(conn, s.tlsConfig())
	if secured.HandshakeContext(context.Background()) != nil { // Close ends it
		return
	}
	if secured.ConnectionState().NegotiatedProtocol == "h2" {
		s.serveHTTP2(secured)
	} else {
		s.serveHTTP1(conn, secured)
	}
	_ = secured.Close()
}

func (s *Server) tlsConfig() *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{authority().good}}
	if s.fault.stream != nil {
		config.NextProtos = []string{"h2"}
	}
	if s.fault.secure != nil && s.options.Play() {
		s.fault.secure(config)
	}
	return config
}

// serveHTTP1 answers the requests of one connection; tcp is what carries it.
func (s *Server) serveHTTP1(tcp, conn net.Conn) {
	reader := bufio.NewReader(conn)
	for first := true; ; first = false {
		if s.fault.stale && !first {
			_, err := reader.Peek(1)
			if err == nil && s.options.Play() {
				reset(tcp)
				return
			}
		}
		form, err := readForm(reader)
		if err != nil {
			return
		}
		s.record(form)
		answer := healthy
		if s.fault.answer != nil && s.options.Play() {
			answer = s.fault.answer
		}
		if !answer(&exchange{tcp, conn, form}) {
			return
		}
	}
}

func readForm(reader *bufio.Reader) (url.Values, error) {
	request, err := http.ReadRequest(reader)
	if err != nil {
		return nil, err
	}
	if err := request.ParseForm(); err != nil { // with the Content-Type that token requests have
		return nil, err
	}
	return request.PostForm, nil
}

// openTunnel is the proxy. It reports whether the client has a tunnel, whose
// other end is the server itself.
func (s *Server) openTunnel(conn net.Conn) bool {
	request, err := http.ReadRequest(bufio.NewReader(conn)) // the client says no more before it has an answer
	if err != nil || request.Method != http.MethodConnect {
		return false
	}
	if s.options.Play() {
		return s.fault.tunnel(&exchange{tcp: conn, conn: conn})
	}
	return opened(&exchange{tcp: conn, conn: conn})
}

// blackHole is a dial that never ends by itself.
func blackHole(ctx context.Context, s *Server) (net.Conn, error) {
	timer := time.NewTimer(time.Minute)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.done:
		return nil, net.ErrClosed
	case <-timer.C:
		return nil, net.ErrClosed
	}
}
