// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"slices"
	"sync"
)

// presenting sends each request over a transport for the current certificate.
type presenting struct {
	method *mutualTLS
	base   *http.Transport // never used itself

	mu      sync.Mutex
	leaf    []byte // of the certificate that current presents
	current *http.Transport
}

func (p *presenting) RoundTrip(request *http.Request) (*http.Response, error) {
	certificate, err := p.method.read(request.Context())
	if err != nil {
		return nil, err
	}
	return p.transport(certificate).RoundTrip(request)
}

// SendsThrough tells package httpcall that the trace of a request is all net/http's.
func (p *presenting) SendsThrough() *http.Transport { return p.base }

func (p *presenting) transport(certificate *tls.Certificate) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && bytes.Equal(p.leaf, certificate.Certificate[0]) {
		return p.current
	}
	if p.current != nil {
		p.current.CloseIdleConnections()
	}
	transport := copyOf(p.base)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.Certificates = nil
	transport.TLSClientConfig.ClientSessionCache = nil // a session that is resumed has the certificate it began with
	// Asked this way, the certificate is presented whatever authorities the server
	// names: none of them has issued a self-signed one.
	transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return certificate, nil
	}
	p.current, p.leaf = transport, certificate.Certificate[0]
	return transport
}

// copyOf returns a copy of a transport, with connections of its own. Clone alone
// keeps the HTTP/2 that golang.org/x/net may have installed, and all copies would
// share its connections; and the clone of a transport that speaks HTTP/2 unasked
// agrees on it with servers, and then speaks HTTP/1.1.
func copyOf(transport *http.Transport) *http.Transport {
	made := transport.Clone()
	agrees := made.TLSClientConfig != nil && slices.Contains(made.TLSClientConfig.NextProtos, "h2")
	if made.TLSNextProto["h2"] != nil || made.TLSNextProto == nil && agrees {
		made.TLSNextProto, made.ForceAttemptHTTP2 = nil, true
	}
	return made
}
