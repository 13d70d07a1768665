// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// connection notes what became of the connection of one attempt. A transport of
// the caller's may trace other requests too, at any time.
type connection struct {
	own               *http.Transport // that traces this request only; nil: it is another kind of transport
	asked, got, http1 atomic.Bool
}

func traced(ctx context.Context, transport http.RoundTripper) (*connection, context.Context) {
	c := &connection{own: native(transport)}
	return c, httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) {
			c.got.Store(true)
			c.http1.Store(c.own != nil && isHTTP1(c.own, info.Conn))
		},
	})
}

// native returns the transport of net/http that another one is, or sends
// everything through, as that of clientauth.TLS does; or else nil.
func native(transport http.RoundTripper) *http.Transport {
	switch transport := transport.(type) {
	case *http.Transport:
		return transport
	case interface{ SendsThrough() *http.Transport }:
		return transport.SendsThrough()
	}
	return nil
}

// isHTTP1 reports whether net/http speaks HTTP/1.1 on a connection.
func isHTTP1(transport *http.Transport, conn net.Conn) bool {
	if secured, ok := conn.(*tls.Conn); ok {
		negotiated := secured.ConnectionState().NegotiatedProtocol
		return negotiated == "" || negotiated == "http/1.1"
	}
	return transport.Protocols == nil || !transport.Protocols.UnencryptedHTTP2()
}

// neverHad reports that net/http looked for a connection and found none: nothing
// can have been sent.
func (c *connection) neverHad() bool {
	return c != nil && c.own != nil && c.asked.Load() && !c.got.Load()
}

// neverWrote reports that net/http wanted to send a request again that it has not
// written: over HTTP/1.1 it wants so for no other reason.
func (c *connection) neverWrote(err error) bool {
	return c != nil && c.http1.Load() && errors.Is(err, errAskedAgain)
}

// had reports that there was a connection, for whatever request.
func (c *connection) had() bool { return c != nil && c.got.Load() }
