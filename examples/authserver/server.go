// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/luikyv/go-oidc/pkg/provider"
)

// Options configure a [Server]. The zero value is a server on a free loopback
// port that approves authorization requests as alice and says nothing.
type Options struct {
	// Addr is the loopback address to listen on, such as "127.0.0.1:8080".
	// The default is "127.0.0.1:0", a free port. Optional.
	Addr string

	// Log receives one record for each request and each refusal, with
	// go-oidc's reason. The default discards them. Optional.
	Log *slog.Logger

	// Interactive makes the authorization endpoint and the device page ask for
	// a user name and a password, for a person or a browser test. The default
	// approves an authorization request at once: as the user in login_hint, or
	// else as alice; the login_hint "deny" refuses it. Optional.
	Interactive bool

	// ApproveDeviceAfter approves a device as alice once that many of its
	// polls were answered authorization_pending. The default, 0, leaves it to
	// the page at the verification URI, [Server.ApproveDevice] and
	// [Server.DenyDevice]. Optional.
	ApproveDeviceAfter int

	// ApproveBackchannelAfter decides about a CIBA request once that many of its
	// polls were answered authorization_pending: the login_hint "deny" refuses it,
	// and every user agrees. The default, 0, leaves it to
	// [Server.ApproveBackchannel] and [Server.DenyBackchannel]. Optional.
	ApproveBackchannelAfter int

	// ClientKeys are the public keys of [KeyClientID], by their key ID. Without keys
	// there is no such client. Optional.
	ClientKeys map[string]crypto.PublicKey
	// TLS adds a listener for clients that authenticate with a certificate. Optional.
	TLS *TLS
	// RequireDPoPNonce refuses DPoP proofs without a nonce of the server. Optional.
	RequireDPoPNonce bool

	// AccessTokenLifetime is the lifetime of access and ID tokens, by default
	// one hour. This and the following are rounded up to seconds. Optional.
	AccessTokenLifetime time.Duration
	// RefreshTokenLifetime is by default one day. Optional.
	RefreshTokenLifetime time.Duration
	// CodeLifetime is that of authorization codes and of pushed authorization
	// requests, by default one minute. Optional.
	CodeLifetime time.Duration
	// DeviceLifetime is that of device codes, by default five minutes. Optional.
	DeviceLifetime time.Duration
	// DeviceInterval is the time between two polls, by default five seconds. Optional.
	DeviceInterval time.Duration
	// BackchannelLifetime is that of CIBA requests, by default five minutes. Optional.
	BackchannelLifetime time.Duration
	// BackchannelInterval is the time between two polls of a CIBA request, by
	// default five seconds. Optional.
	BackchannelInterval time.Duration
}

// A Server is a running authorization server. It is safe for concurrent use
// by multiple goroutines.
type Server struct {
	issuer     string
	tlsAddress string // of the listener for clients with a certificate, or empty
	opts       Options
	log        *slog.Logger
	http       *http.Server
	served     sync.WaitGroup // the listeners

	provider   *provider.Provider
	oidc       http.Handler // go-oidc without the shims
	store      *store
	assertions *assertions

	devicePolls, backchannelPolls *polls
	deciding                      sync.Mutex // one decision about a CIBA request at a time
}

// Start listens and serves until [Server.Close]. ctx bounds only the start.
func Start(ctx context.Context, opts Options) (*Server, error) {
	listener, err := listen(ctx, opts.Addr)
	if err != nil {
		return nil, err
	}

	withTLS, tlsAddress, err := listenTLS(ctx, opts.TLS)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}

	s, err := newServer("http://"+listener.Addr().String(), tlsAddress, withDefaults(opts))
	if err != nil {
		_ = listener.Close()
		if withTLS != nil {
			_ = withTLS.Close()
		}
		return nil, fmt.Errorf("authserver: configuring go-oidc: %w", err)
	}
	s.http = &http.Server{
		Handler:           s.logRequests(s.withShims(s.oidc)),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          s.errorLog(),
	}
	s.served.Go(func() { s.serve(listener) })
	if withTLS != nil {
		s.served.Go(func() { s.serve(withTLS) })
	}
	return s, nil
}

func (s *Server) serve(listener net.Listener) {
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		s.log.Error("serve", "error", err)
	}
}

// newServer configures a server that does not listen yet.
func newServer(issuer, tlsAddress string, opts Options) (*Server, error) {
	s := &Server{issuer: issuer, tlsAddress: tlsAddress, opts: opts, log: opts.Log, store: newStore(opts)}
	s.devicePolls = newPolls(opts.DeviceInterval, opts.DeviceLifetime, opts.ApproveDeviceAfter)
	s.backchannelPolls = newPolls(opts.BackchannelInterval, opts.BackchannelLifetime, opts.ApproveBackchannelAfter)
	var err error
	if s.assertions, err = newAssertions(issuer); err != nil {
		return nil, err
	}
	if s.provider, err = s.newProvider(); err != nil {
		return nil, err
	}
	s.oidc = s.provider.Handler()
	return s, nil
}

// Close stops the server and closes its connections.
func (s *Server) Close() error {
	err := s.http.Close()
	s.served.Wait()
	if err != nil {
		return fmt.Errorf("authserver: closing: %w", err)
	}
	return nil
}

// Issuer returns the issuer identifier. The discovery documents are at its
// /.well-known/openid-configuration and /.well-known/oauth-authorization-server.
func (s *Server) Issuer() string { return s.issuer }

// TokenEndpoint returns the URL of the token endpoint.
func (s *Server) TokenEndpoint() string { return s.issuer + tokenPath }

// AuthorizationEndpoint returns the URL of the authorization endpoint.
func (s *Server) AuthorizationEndpoint() string { return s.issuer + authorizePath }

// DeviceAuthorizationEndpoint returns the URL of the device authorization endpoint.
func (s *Server) DeviceAuthorizationEndpoint() string { return s.issuer + deviceAuthorizationPath }

// BackchannelAuthenticationEndpoint returns the URL of the CIBA endpoint.
func (s *Server) BackchannelAuthenticationEndpoint() string { return s.issuer + backchannelPath }

// PushedAuthorizationEndpoint returns the URL of the pushed authorization request endpoint.
func (s *Server) PushedAuthorizationEndpoint() string { return s.issuer + pushedAuthorizationPath }

// IntrospectionEndpoint returns the URL of the introspection endpoint.
func (s *Server) IntrospectionEndpoint() string { return s.issuer + introspectionPath }

// RevocationEndpoint returns the URL of the revocation endpoint.
func (s *Server) RevocationEndpoint() string { return s.issuer + revocationPath }

// UserInfoEndpoint returns the URL of the UserInfo endpoint.
func (s *Server) UserInfoEndpoint() string { return s.issuer + userInfoPath }

// RegistrationEndpoint returns the URL of the client registration endpoint.
func (s *Server) RegistrationEndpoint() string { return s.issuer + registrationPath }

// listen opens the listener and refuses an address that others could reach.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("authserver: address: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("authserver: address: %q is not a loopback address", host)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("authserver: listening: %w", err)
	}
	return listener, nil
}

// withDefaults returns opts with every zero value replaced.
func withDefaults(opts Options) Options {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		field    *time.Duration
		fallback time.Duration
	}{
		{&opts.AccessTokenLifetime, time.Hour},
		{&opts.RefreshTokenLifetime, 24 * time.Hour},
		{&opts.CodeLifetime, time.Minute},
		{&opts.DeviceLifetime, 5 * time.Minute},
		{&opts.DeviceInterval, 5 * time.Second},
		{&opts.BackchannelLifetime, 5 * time.Minute},
		{&opts.BackchannelInterval, 5 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.fallback
		}
		*d.field = time.Duration(seconds(*d.field)) * time.Second
	}
	return opts
}

// seconds rounds up, because go-oidc and the wire count whole seconds.
func seconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}

// errorLog returns the logger of net/http, which is silent unless asked.
func (s *Server) errorLog() *log.Logger {
	if s.log.Handler() == slog.DiscardHandler {
		return log.New(io.Discard, "", 0)
	}
	return slog.NewLogLogger(s.log.Handler(), slog.LevelError)
}

// logRequests writes one record for each request. The query is left out: it
// can hold codes.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		status := http.StatusOK
		next.ServeHTTP(&headerHook{ResponseWriter: w, hook: func(code int) { status = code }}, r)
		s.log.Info("request", "method", r.Method, "path", r.URL.Path,
			"status", status, "took", time.Since(start))
	})
}
