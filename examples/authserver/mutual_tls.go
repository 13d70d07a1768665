// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"

	"github.com/luikyv/go-oidc/pkg/provider"
)

// TLS describes a second listener: https, for clients that authenticate with a
// certificate. mtls_endpoint_aliases in the metadata leads to it.
type TLS struct {
	// Certificate is that of the server, for 127.0.0.1. Required.
	Certificate tls.Certificate
	// ClientCAs have issued the certificates of [TLSClientID]. Optional.
	ClientCAs *x509.CertPool
	// SelfSigned is the certificate of [SelfSignedTLSClientID]. Optional.
	SelfSigned *x509.Certificate
}

// TLSAddress returns the base URL of the listener for clients with a certificate,
// or "" when there is none.
func (s *Server) TLSAddress() string { return s.tlsAddress }

// listenTLS opens the second listener, if there is to be one, and returns its base
// URL. A certificate is asked for and not insisted on: it depends on the client
// which one is needed.
func listenTLS(ctx context.Context, options *TLS) (listener net.Listener, address string, err error) {
	if options == nil {
		return nil, "", nil
	}
	if listener, err = listen(ctx, ""); err != nil {
		return nil, "", err
	}
	address = "https://" + listener.Addr().String()
	return tls.NewListener(listener, &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{options.Certificate},
		ClientAuth:   tls.RequestClientCert,
	}), address, nil
}

// tlsOptions are the ways to authenticate with a certificate.
func (s *Server) tlsOptions() []provider.Option {
	if s.opts.TLS == nil {
		return nil
	}
	return []provider.Option{
		provider.WithMTLS(s.tlsAddress, clientCertificate),
		provider.WithTLSAuthn(), provider.WithSelfSignedTLSAuthn(),
		provider.WithTLSTokenBinding(),
	}
}

type certificateKey struct{}

// withCertificate tells go-oidc which certificate the client has presented, if it
// is one that the server knows: the self-signed one, or one from the authority.
func (s *Server) withCertificate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 && s.opts.TLS.knows(r.TLS.PeerCertificates) {
			r = r.WithContext(context.WithValue(r.Context(), certificateKey{}, r.TLS.PeerCertificates[0]))
		}
		next.ServeHTTP(w, r)
	})
}

func (t *TLS) knows(chain []*x509.Certificate) bool {
	if t.SelfSigned != nil && chain[0].Equal(t.SelfSigned) {
		return true
	}
	if t.ClientCAs == nil { // nil would mean the roots of the system
		return false
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: t.ClientCAs, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err == nil
}

// clientCertificate is go-oidc's callback for the certificate.
func clientCertificate(ctx context.Context) (*x509.Certificate, error) {
	certificate, ok := ctx.Value(certificateKey{}).(*x509.Certificate)
	if !ok {
		return nil, errors.New("the client has presented no certificate that is known")
	}
	return certificate, nil
}
