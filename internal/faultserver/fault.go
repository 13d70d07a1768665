// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
)

// Fault is one way to misbehave.
type Fault struct {
	// Name is unique.
	Name string
	// Group is what the fault is about.
	Group string
	// Slow means that only a time limit ends it.
	Slow bool
	// Warm means that it meets a client whose connection has carried a request.
	Warm bool

	tls         bool
	fullBacklog bool
	stale       bool                                             // a connection is good for one request
	dial        func(context.Context, *Server) (net.Conn, error) // instead of the dial
	tunnel      func(*exchange) bool                             // of the proxy
	secure      func(*tls.Config)                                // changes the handshake
	greet       func(net.Conn)                                   // instead of reading
	answer      answer                                           // to a request over HTTP/1.1
	stream      streamAnswer                                     // to a request over HTTP/2
}

// Plain reports whether the token endpoint has no TLS and is reached without a
// dialer or a proxy of its own, so that any transport reaches it.
func (f Fault) Plain() bool { return !f.tls }

// Anywhere reports whether a transport meets the fault without Server.Apply.
func (f Fault) Anywhere() bool { return !f.tls && f.dial == nil }

// All returns the faults, group by group. The first group has none, for control.
func All() []Fault {
	return slices.Concat(
		group("no fault", works()),
		group("before a connection", dials()),
		group("TLS handshake", handshakes()),
		group("proxy", proxies()),
		group("connection lost", losses()),
		group("silence", silences()),
		group("cut or mangled", mangled()),
		group("too much", excesses()),
		group("HTTP/2", streams()),
		group("status", statuses()),
		group("OAuth error", oauthErrors()),
		group("Retry-After", retryAfters()),
		group("redirect", redirects()),
		group("odd body", oddBodies()),
	)
}

func group(name string, faults []Fault) []Fault {
	for i := range faults {
		faults[i].Group = name
	}
	return faults
}

func works() []Fault {
	return []Fault{
		{Name: "HTTP/1.1", answer: healthy},
		{Name: "TLS", tls: true, answer: healthy},
		{Name: "HTTP/2 works", tls: true, stream: healthyStream},
		{Name: "a tunnel through a proxy", tls: true, tunnel: opened, answer: healthy},
		{Name: "chunked", answer: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(tokenJSON) + "0\r\n\r\n")},
		{Name: "until the connection ends", answer: raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + tokenJSON)},
		{Name: "three 1xx first", answer: raw(repeated("HTTP/1.1 103 Early Hints\r\n\r\n", 3) + message(200, tokenJSON))},
		{Name: "JSON as text/plain", answer: respond(200, tokenJSON, "Content-Type: text/plain")},
		{Name: "no content type", answer: raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + tokenJSON)},
	}
}

func dials() []Fault {
	return []Fault{
		{Name: "no such host", dial: lookup(dnsNameError)},
		{Name: "name server fails", dial: lookup(dnsServerFailure)},
		{Name: "name server is silent", Slow: true, dial: lookup(dnsSilent)},
		{Name: "connection refused", dial: refused},
		{Name: "no route to host", dial: unreachable},
		{Name: "black hole", Slow: true, dial: blackHole},
		{Name: "backlog is full", Slow: true, fullBacklog: true, dial: toFullBacklog},
	}
}

func handshakes() []Fault {
	return []Fault{
		{Name: "unknown authority", tls: true, secure: present(func(c certificates) tls.Certificate { return c.unknown })},
		{Name: "certificate has expired", tls: true, secure: present(func(c certificates) tls.Certificate { return c.expired })},
		{Name: "certificate of another host", tls: true, secure: present(func(c certificates) tls.Certificate { return c.wrongName })},
		{Name: "TLS 1.1 at most", tls: true, secure: outdated},
		{Name: "plain HTTP on the TLS port", tls: true, greet: greeting(message(400, "no TLS here"))},
		{Name: "handshake stalls", Slow: true, tls: true, greet: wait},
		{Name: "closed in the handshake", tls: true, greet: greeting("")},
		{Name: "reset in the handshake", tls: true, greet: resetWithin(16)},
	}
}

func proxies() []Fault {
	proxy := func(name string, tunnel answer) Fault { return Fault{Name: name, tls: true, tunnel: tunnel} }
	silent := proxy("proxy is silent", hang(""))
	silent.Slow = true
	return []Fault{
		proxy("proxy says 403", respond(403, "")),
		proxy("proxy says 407", respond(407, "", "Proxy-Authenticate: Basic realm=\"proxy\"")),
		proxy("proxy says 502", respond(502, "")),
		proxy("proxy closes", raw("")),
		proxy("proxy resets", resetAfter("")),
		silent,
	}
}

func losses() []Fault {
	return []Fault{
		{Name: "stale keep-alive", Warm: true, stale: true},
		{Name: "reset before the request is read", greet: resetWithin(1)},
		{Name: "reset while the request is read", greet: resetWithin(16)},
		{Name: "reset after the request is read", answer: resetAfter("")},
		{Name: "closed after the request is read", answer: raw("")},
		{Name: "reset, TLS", tls: true, answer: resetAfter("")},
		{Name: "closed, TLS", tls: true, answer: raw("")},
		{Name: "closed in the status line", answer: raw("HTTP/1.1 20")},
		{Name: "closed in the header", answer: raw("HTTP/1.1 200 OK\r\nContent-Ty")},
	}
}

func silences() []Fault {
	return []Fault{
		{Name: "silence before the header", Slow: true, answer: hang("")},
		{Name: "silence in the header", Slow: true, answer: hang("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")},
		{Name: "silence after 100 Continue", Slow: true, answer: hang("HTTP/1.1 100 Continue\r\n\r\n")},
		{Name: "silence before the body", Slow: true, answer: hang("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")},
		{Name: "silence in the body", Slow: true, answer: hang("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + tokenJSON)},
		{Name: "silence in a body of status 400", Slow: true, answer: hang("HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n" + `{"error":"invalid_grant"}`)},
		{Name: "silence, TLS", Slow: true, tls: true, answer: hang("")},
	}
}

// greeting reads what the client says first and writes text.
func greeting(text string) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 16<<10)) // the connection ends in any case
		write(conn, text)
	}
}

// resetWithin resets a connection of which count bytes were read.
func resetWithin(count int) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, count))
		reset(conn)
	}
}
