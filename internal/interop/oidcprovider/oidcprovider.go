// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package oidcprovider runs npm's oidc-provider, an OpenID certified
// authorization server that no one here wrote, as a process on 127.0.0.1.
//
// [Start] installs it by its lockfile when it is missing, runs server.mjs with
// Node, and waits until it answers. [New] does the same for a test and cleans up
// after it. The users, clients and scopes are in accounts.go.
package oidcprovider

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Options says how a server is set up. The zero value is a server on free ports
// that logs in alice and grants everything without asking.
type Options struct {
	// Port is the port of the HTTP listener. Zero takes a free one. Optional.
	Port int

	// HTTPSPort is the port of the HTTPS listener. Zero takes a free one.
	// Optional.
	HTTPSPort int

	// HTTPSIssuer makes the HTTPS listener the issuer. The HTTP listener is by
	// default. Both answer at all times. Optional.
	HTTPSIssuer bool

	// Interactive shows a login and a consent page instead of answering them
	// automatically. [Server.Login], [Server.ApproveDevice] and
	// [Server.DenyDevice] need it to be false. Optional.
	Interactive bool

	// Interval is the polling interval that device and CIBA answers state, in
	// whole seconds. By default they state none, as oidc-provider does. Optional.
	Interval time.Duration

	// CIBADelay is how long a CIBA request stays pending. By default the first
	// poll finds it answered. Optional.
	CIBADelay time.Duration

	// RequireDPoPNonce refuses DPoP proofs without a nonce of the server.
	// Optional.
	RequireDPoPNonce bool

	// RequirePushedAuthorization refuses authorization requests that were not
	// pushed. Optional.
	RequirePushedAuthorization bool

	// Lifetimes of what the server issues, in whole seconds. The defaults are an
	// hour for access and ID tokens, a day for refresh tokens, a minute for
	// authorization codes and ten minutes for device codes. Optional.
	AccessTokenLifetime       time.Duration
	IDTokenLifetime           time.Duration
	RefreshTokenLifetime      time.Duration
	AuthorizationCodeLifetime time.Duration
	DeviceCodeLifetime        time.Duration

	// ClientJWKS is the JWK set of the client [PrivateKeyJWTClientID]. By
	// default it holds the public half of [Server.ClientKey]. Optional.
	ClientJWKS json.RawMessage

	// Environment is added to the environment of the process, as "NAME=value".
	// Optional.
	Environment []string

	// ReadyTimeout is how long the first process may take to answer before it is
	// killed and a second one gets three times as long. The default is five
	// seconds. Optional.
	ReadyTimeout time.Duration
}

// Server is a running oidc-provider. It is safe for concurrent use by multiple
// goroutines.
type Server struct {
	process  *process
	metadata Metadata
	keys     *keyMaterial
	log      string

	closeOnce sync.Once
	closeErr  error
}

// Start installs oidc-provider if need be, starts it and returns when it
// answers. The context bounds the start and not the life of the server, which
// lasts until [Server.Close]. A missing node or npm is an error.
func Start(ctx context.Context, options Options) (*Server, error) {
	source, err := sourceDirectory()
	if err != nil {
		return nil, err
	}
	if err := install(ctx, source); err != nil {
		return nil, err
	}

	server := &Server{}
	if err := server.start(ctx, source, options); err != nil {
		return nil, err
	}
	return server, nil
}

func (s *Server) start(ctx context.Context, source string, options Options) error {
	directory, err := os.MkdirTemp("", "oidcprovider-*")
	if err != nil {
		return fmt.Errorf("oidcprovider: %w", err)
	}
	defer func() { _ = os.RemoveAll(directory) }() // the process has read it when it is ready
	s.keys, err = newKeyMaterial(directory)
	if err != nil {
		return fmt.Errorf("oidcprovider: make keys: %w", err)
	}

	settings, err := options.settings(s.keys)
	if err != nil {
		return err
	}
	log, err := createLog(filepath.Join(source, "..", ".run"))
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own handle
	s.log = log.Name()

	start := launch{
		directory:   source,
		settings:    settings,
		environment: options.Environment,
		log:         log,
		client:      s.HTTPClient(),
	}
	timeout := options.ReadyTimeout
	if timeout == 0 {
		timeout = 5 * time.Second
	}
	s.process, s.metadata, err = start.untilReady(ctx, timeout)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, logTail(s.log))
	}
	return nil
}

// Issuer returns the issuer identifier, which is also the base URL of one of the
// listeners.
func (s *Server) Issuer() string { return s.metadata.Issuer }

// HTTPS returns the base URL of the listener that asks for client certificates.
func (s *Server) HTTPS() string { return s.process.announced.HTTPS }

// Metadata returns the discovery document as the server served it when it
// started.
func (s *Server) Metadata() Metadata { return s.metadata }

// CA returns a new pool with the certificate authority that signed the
// certificate of the HTTPS listener and [Server.TLSClientCertificate].
func (s *Server) CA() *x509.CertPool { return s.keys.pool() }

// HTTPClient returns a new client that trusts [Server.CA] and no other.
func (s *Server) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.CA(), MinVersion: tls.VersionTLS12},
	}}
}

// ClientKey returns the P-256 key of the client [PrivateKeyJWTClientID]. Its key
// ID is [ClientKeyID].
func (s *Server) ClientKey() crypto.Signer { return s.keys.clientKey }

// TLSClientCertificate returns the certificate of the client [TLSClientID].
func (s *Server) TLSClientCertificate() tls.Certificate { return s.keys.tlsClient }

// NewTLSClientCertificate makes another certificate of the client [TLSClientID],
// with another key, which is as good as the first one.
func (s *Server) NewTLSClientCertificate() (tls.Certificate, error) {
	return issue(certificateTemplate(TLSClientID), &s.keys.authority)
}

// SelfSignedTLSClientCertificate returns the certificate of the client
// [SelfSignedTLSClientID]. The server names [Server.CA] as the one authority it
// accepts, so that crypto/tls sends this certificate only by GetClientCertificate.
func (s *Server) SelfSignedTLSClientCertificate() tls.Certificate {
	return s.keys.selfSignedTLSClient
}

// PID returns the identifier of the process.
func (s *Server) PID() int { return s.process.command.Process.Pid }

// Log returns the path of the file with all that the process printed, and the
// reasons of all errors it answered. It stays after [Server.Close].
func (s *Server) Log() string { return s.log }

// Close ends the process and waits for it. It returns an error if the process
// had already ended by itself. Calls after the first return the same.
func (s *Server) Close() error {
	s.closeOnce.Do(func() { s.closeErr = s.process.stop() })
	return s.closeErr
}

// sourceDirectory finds server.mjs beside this file.
func sourceDirectory() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	directory := filepath.Dir(file)
	if _, err := os.Stat(filepath.Join(directory, "server.mjs")); err != nil {
		return "", fmt.Errorf("oidcprovider: find the server's source (was this built with -trimpath?): %w", err)
	}
	return directory, nil
}
