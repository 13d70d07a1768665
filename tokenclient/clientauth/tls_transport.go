// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// presenting sends each request over a transport for the current certificate.
type presenting struct {
	method *mutualTLS
	base   *http.Transport // never used itself

	mu      sync.Mutex
	current *http.Transport
	leaf    []byte                           // of the certificate that current presents
	newest  *atomic.Pointer[tls.Certificate] // that one, with the key that was read last
}

func (p *presenting) RoundTrip(request *http.Request) (*http.Response, error) {
	certificate, err := p.method.read(request.Context())
	if err == nil {
		err = request.Context().Err() // it may have taken all the time there was
	}
	if err != nil {
		return nil, unsentError{err}
	}
	return p.transport(certificate).RoundTrip(request)
}

// unsentError comes before anything is sent.
type unsentError struct{ err error }

func (e unsentError) Error() string { return "client authentication: " + e.err.Error() }

func (e unsentError) Unwrap() error { return e.err }

// BeforeSending tells package httpcall so.
func (e unsentError) BeforeSending() {}

// SendsThrough tells package httpcall that the trace of a request is all net/http's.
func (p *presenting) SendsThrough() *http.Transport { return p.base }

// transport returns the transport for a certificate, which is the current one as
// long as the leaf is the same. The key need not be: a session with an HSM ends.
func (p *presenting) transport(certificate *tls.Certificate) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil && bytes.Equal(p.leaf, certificate.Certificate[0]) {
		p.newest.Store(certificate)
		return p.current
	}
	if p.current != nil {
		p.current.CloseIdleConnections()
	}
	p.newest = new(atomic.Pointer[tls.Certificate])
	p.newest.Store(certificate)
	p.current, p.leaf = p.newTransport(p.newest), certificate.Certificate[0]
	return p.current
}

// newTransport returns a transport that presents what the pointer holds.
func (p *presenting) newTransport(newest *atomic.Pointer[tls.Certificate]) *http.Transport {
	transport := copyOf(p.base)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	transport.TLSClientConfig.Certificates = nil
	transport.TLSClientConfig.ClientSessionCache = nil // a session that is resumed has the certificate it began with
	// Asked this way, the certificate is presented whatever authorities the server
	// names: none of them has issued a self-signed one.
	transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return newest.Load(), nil
	}
	if proxy := transport.Proxy; proxy != nil {
		transport.Proxy = func(request *http.Request) (*url.URL, error) {
			address, err := proxy(request)
			if err == nil && address != nil && address.Scheme == "https" {
				return nil, unsentError{errSecureProxy}
			}
			return address, err
		}
	}
	if transport.IdleConnTimeout == 0 { // else a connection that was in use at a rotation would stay for ever
		transport.IdleConnTimeout = idleConnTimeout
	}
	return transport
}

// idleConnTimeout is shorter than that of the usual load balancers.
const idleConnTimeout = 30 * time.Second

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
