// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements client authentication by mutual TLS (RFC 8705 section 2).

package clientauth

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
)

// TLS proves who the client is by the certificate of its connection, which a
// certificate authority has issued: tls_client_auth (RFC 8705 section 2.1).
// client_id goes into the body. The Client uses the endpoints that the server has
// for such clients (mtls_endpoint_aliases), and presents the certificate there
// only: to the endpoints of the Client, nowhere else.
//
// The function returns the certificate with its key. It is called once for each
// attempt, and should have it at hand. When the certificate is another one than
// before, new connections are made, and idle ones of the old one are closed; when
// only the key is another value, say in a new session with an HSM, new connections
// are made with that one. An error keeps the attempt from being sent.
//
// The Client's transport must be an *http.Transport, of which a copy is used, with
// an IdleConnTimeout of 30 s unless it has one. A proxy that is itself reached by
// https is an error: net/http would present the certificate to it too. A proxy that
// is reached by http is not, and sees no certificate.
//
// With nil the transport that the Client was given presents a certificate by
// itself, and only the rest is done.
func TLS(certificate func(context.Context) (*tls.Certificate, error)) Method {
	return &mutualTLS{"tls_client_auth", certificate}
}

// SelfSignedTLS is [TLS] for a certificate that the client has signed itself and
// the server knows: self_signed_tls_client_auth (RFC 8705 section 2.2).
func SelfSignedTLS(certificate func(context.Context) (*tls.Certificate, error)) Method {
	return &mutualTLS{"self_signed_tls_client_auth", certificate}
}

// CertificateThumbprint returns the SHA-256 thumbprint of a certificate,
// base64url-encoded: the x5t#S256 that a bound token has in its cnf (RFC 8705
// section 3.1). Of no certificate it is empty.
func CertificateThumbprint(certificate *x509.Certificate) string {
	if certificate == nil {
		return ""
	}
	digest := sha256.Sum256(certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

type mutualTLS struct {
	name        string
	certificate func(context.Context) (*tls.Certificate, error)
}

var (
	errNoCertificate = errors.New("clientauth: there is no certificate, or it has no key")
	errTransport     = errors.New("clientauth: TLS needs an *http.Transport to present a certificate with; " +
		"with another one use TLS(nil), and present it there")
	errDialer = errors.New("clientauth: TLS cannot present a certificate over a transport that has its own TLS dialer; " +
		"use TLS(nil), and present it there")
	errSecureProxy = errors.New("clientauth: TLS would present the certificate also to the proxy, which is reached by https; " +
		"use a proxy that is reached by http, or TLS(nil) with a transport that tells them apart")
)

func (m *mutualTLS) Name() string { return m.name }

// Credentials has no certificate: the transport reads it, once for each attempt.
func (m *mutualTLS) Credentials(_ context.Context, attempt Attempt) (Credentials, error) {
	return Credentials{Parameters: []Parameter{{"client_id", attempt.ClientID}}}, nil
}

func (m *mutualTLS) read(ctx context.Context) (*tls.Certificate, error) {
	certificate, err := m.certificate(ctx)
	if err != nil {
		return nil, err
	}
	if certificate == nil || len(certificate.Certificate) == 0 || certificate.PrivateKey == nil {
		return nil, errNoCertificate
	}
	return certificate, nil
}

// Transport returns a RoundTripper that presents the certificate over a copy of
// base, which tokenclient.New then uses.
func (m *mutualTLS) Transport(base http.RoundTripper) (http.RoundTripper, error) {
	if m.certificate == nil {
		return base, nil
	}
	transport, ok := base.(*http.Transport)
	if !ok {
		return nil, errTransport
	}
	if transport.DialTLSContext != nil || transport.DialTLS != nil { //nolint:staticcheck // it is deprecated, and counts
		return nil, errDialer
	}
	return &presenting{method: m, base: copyOf(transport)}, nil
}
