// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// pooledTransport returns the transport for repeatable calls when the caller
// has none. Its idle connections are closed before the usual load balancers do.
var pooledTransport = sync.OnceValue(func() http.RoundTripper { return NewTransport() })

// freshTransport returns the transport for single-use calls: a new connection
// each, which cannot turn out to be one that the server has just given up.
var freshTransport = sync.OnceValue(func() http.RoundTripper {
	t := NewTransport()
	t.DisableKeepAlives = true
	t.HTTP2 = nil // a connection that is used once is watched by the limit of the attempt
	return t
})

// NewTransport returns a transport with limits, of its own connections. A server
// that stops answering on an HTTP/2 connection is noticed before a balancer in
// between, or the system, would notice.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
	}
}
