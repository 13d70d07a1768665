// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// The paths of the endpoints that every [Server] serves. Other paths answer 404
// until [Server.Handle] or [Server.Enqueue] says otherwise.
const (
	// TokenPath is the path of [Server.TokenURL].
	TokenPath = "/token"

	// AuthorizationPath is the path of [Server.AuthorizationURL].
	AuthorizationPath = "/authorize"

	// DeviceAuthorizationPath is the path of [Server.DeviceAuthorizationURL].
	DeviceAuthorizationPath = "/device_authorization"
)

// closeGrace is how long Close lets answers under way finish.
const closeGrace = time.Second

// Server is a fake authorization server on a loopback socket.
//
// [Start] and [StartTLS] make one; the zero value is not usable. All methods are
// safe for concurrent use by multiple goroutines, and may be called from the
// functions given to [Server.Handle] and [Server.HandleGrant], except Close.
type Server struct {
	http      *httptest.Server
	transport *http.Transport
	closing   chan struct{} // closed when Close begins
	closeOnce sync.Once
	handlers  sync.WaitGroup

	mu       sync.Mutex // guards everything below
	closed   bool
	settings Settings
	requests []Request
	script   map[string][]Answer
	paths    map[string]func(Request) Answer
	grants   map[string]func(Request) Answer
	clients  map[string]string // id to secret
	users    map[string]string // name to password
	tokens   ledger
	devices  []*device
}

// Start starts a server that speaks plain HTTP on a free loopback port.
//
// Like [httptest.NewServer] it needs no configuration and the caller must call
// [Server.Close] when done.
func Start() *Server {
	s := newServer()
	s.http.Start()
	s.transport = &http.Transport{}
	return s
}

// StartTLS starts a server that speaks HTTPS on a free loopback port.
//
// Its certificate is trusted by [Server.HTTPClient] and returned by
// [Server.Certificate]. It does not offer HTTP/2, so that a connection that is
// reset is the request's own. The caller must call [Server.Close] when done.
func StartTLS() *Server {
	s := newServer()
	s.http.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(s.http.Certificate())
	s.transport = &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}
	return s
}

func newServer() *Server {
	s := &Server{
		closing: make(chan struct{}),
		script:  map[string][]Answer{},
		paths:   map[string]func(Request) Answer{},
		grants:  map[string]func(Request) Answer{},
		clients: map[string]string{},
		users:   map[string]string{},
		tokens:  newLedger(),
	}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	return s
}

// Close stops the server and waits until its last request has ended.
//
// Delays end at once and their clients see a closed connection; answers under way
// get one second, then every connection is cut. Close may be called more than
// once and from several goroutines: each call returns when the server is down.
// What was recorded can still be read.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		close(s.closing)

		idle := make(chan struct{})
		go func() {
			s.handlers.Wait()
			close(idle)
		}()
		grace := time.NewTimer(closeGrace)
		defer grace.Stop()
		select {
		case <-idle:
		case <-grace.C:
		}
		s.http.CloseClientConnections()
		<-idle
		s.http.Close()
		s.transport.CloseIdleConnections()
	})
}

// HTTPClient returns an HTTP client that reaches this server.
//
// It trusts the certificate of a [StartTLS] server, follows redirects, and has no
// cookie jar, no proxy and no time limit. Each call returns a client of its own
// that the caller may change; they share one [http.Transport], so that they
// share connections.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: s.transport}
}

// Certificate returns the certificate of a server made by [StartTLS], and nil for
// one made by [Start].
func (s *Server) Certificate() *x509.Certificate {
	return s.http.Certificate()
}

// URL returns the issuer identifier and base of all endpoints, such as
// "http://127.0.0.1:40123", without a slash at the end.
func (s *Server) URL() string {
	return s.http.URL
}

// TokenURL returns the address of the token endpoint, [RFC 6749 §3.2].
//
// [RFC 6749 §3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2
func (s *Server) TokenURL() string {
	return s.URL() + TokenPath
}

// AuthorizationURL returns the address of the authorization endpoint,
// [RFC 6749 §3.1].
//
// [RFC 6749 §3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-3.1
func (s *Server) AuthorizationURL() string {
	return s.URL() + AuthorizationPath
}

// DeviceAuthorizationURL returns the address of the device authorization
// endpoint, [RFC 8628 §3.1].
//
// [RFC 8628 §3.1]: https://www.rfc-editor.org/rfc/rfc8628#section-3.1
func (s *Server) DeviceAuthorizationURL() string {
	return s.URL() + DeviceAuthorizationPath
}
