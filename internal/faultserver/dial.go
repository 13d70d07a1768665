// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"syscall"
	"time"
)

// The response codes of DNS (RFC 1035 section 4.1.1).
const (
	dnsServerFailure = 2
	dnsNameError     = 3
	dnsSilent        = -1
)

// lookup is a dial that fails while it looks up a name, at a name server in
// memory that answers with code.
func lookup(code int) func(context.Context, *Server) (net.Conn, error) {
	return func(ctx context.Context, _ *Server) (net.Conn, error) {
		resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			context.AfterFunc(ctx, func() { _ = theirs.Close() }) // resolvers go on when nobody waits any more
			go serveDNS(theirs, code)
			return ours, nil
		}}
		return (&net.Dialer{Resolver: resolver}).DialContext(ctx, "tcp", host+".:443")
	}
}

// serveDNS answers the queries of one connection, which are framed as over TCP,
// until the resolver closes it.
func serveDNS(conn net.Conn, code int) {
	defer func() { _ = conn.Close() }()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil || len(query) < 12 {
			return
		}
		if code == dnsSilent {
			continue
		}
		end := 12 // of the question: a name, then type and class
		for end < len(query) && query[end] != 0 {
			end += 1 + int(query[end])
		}
		end = min(end+5, len(query))
		reply := append([]byte{byte(end >> 8), byte(end)}, query[:end]...)
		reply[4], reply[5] = 0x81, 0x80|byte(code)        // an answer, recursion available
		copy(reply[6:14], []byte{0, 1, 0, 0, 0, 0, 0, 0}) // one question and nothing else
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

// refused is a dial to a port where nobody listens.
func refused(ctx context.Context, _ *Server) (net.Conn, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	_ = listener.Close()
	return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
}

// unreachable is what the system says when there is no way.
func unreachable(context.Context, *Server) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}
}

// fullBacklog is a listener that accepts nothing any more: the system lets
// connections to it hang.
type fullBacklog struct {
	listener *net.TCPListener
	fillers  []net.Conn
}

// newFullBacklog fills a backlog of the smallest size.
func newFullBacklog() (*fullBacklog, error) {
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	b := &fullBacklog{listener: listener.(*net.TCPListener)} //nolint:errcheck // a tcp listener is one
	control, err := b.listener.SyscallConn()
	if err == nil {
		err = control.Control(shrinkBacklog)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	for range 16 {
		conn, err := net.DialTimeout("tcp", listener.Addr().String(), 100*time.Millisecond)
		if err != nil {
			return b, nil // full
		}
		b.fillers = append(b.fillers, conn)
	}
	return b, nil
}

func (b *fullBacklog) close() {
	for _, conn := range b.fillers {
		_ = conn.Close()
	}
	_ = b.listener.Close()
}

func toFullBacklog(ctx context.Context, s *Server) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return new(net.Dialer).DialContext(ctx, "tcp", s.backlog.listener.Addr().String())
}
