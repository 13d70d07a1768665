// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
)

// The frames, flags and errors of HTTP/2 that the server needs (RFC 9113).
const (
	frameData     = 0x0
	frameHeaders  = 0x1
	frameReset    = 0x3
	frameSettings = 0x4
	framePing     = 0x6
	frameGoAway   = 0x7

	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4

	errorNone            = 0x0
	errorProtocol        = 0x1
	errorInternal        = 0x2
	errorRefusedStream   = 0x7
	errorCancel          = 0x8
	errorEnhanceYourCalm = 0xb

	preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
)

type frame struct {
	kind, flags byte
	stream      uint32
	payload     []byte
}

func readFrame(reader io.Reader) (frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(reader, head[:]); err != nil {
		return frame{}, err
	}
	f := frame{kind: head[3], flags: head[4], stream: binary.BigEndian.Uint32(head[5:])}
	f.payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err := io.ReadFull(reader, f.payload)
	return f, err
}

func (f frame) encode() []byte {
	n := len(f.payload)
	head := []byte{byte(n >> 16), byte(n >> 8), byte(n), f.kind, f.flags}
	return append(binary.BigEndian.AppendUint32(head, f.stream), f.payload...)
}

// stream is one request that was read whole, and has no answer yet.
type stream struct {
	conn net.Conn
	id   uint32
}

// streamAnswer answers a request. It reports whether the connection goes on.
type streamAnswer func(*stream) bool

// serveHTTP2 answers the requests of one connection. What a client says in its
// header is not read; bodies are.
func (s *Server) serveHTTP2(conn net.Conn) {
	if _, err := io.ReadFull(conn, make([]byte, len(preface))); err != nil {
		return
	}
	on := send(conn, frame{kind: frameSettings})
	bodies := map[uint32][]byte{}
	for on {
		f, err := readFrame(conn)
		if err != nil {
			return
		}
		switch {
		case f.kind == frameSettings && f.flags&flagAck == 0:
			on = send(conn, frame{kind: frameSettings, flags: flagAck})
		case f.kind == framePing && f.flags&flagAck == 0:
			on = send(conn, frame{kind: framePing, flags: flagAck, payload: f.payload})
		case f.kind == frameReset:
			delete(bodies, f.stream)
		case f.kind == frameData:
			bodies[f.stream] = append(bodies[f.stream], f.payload...)
		}
		if (f.kind == frameData || f.kind == frameHeaders) && f.flags&flagEndStream != 0 {
			on = s.answerStream(&stream{conn, f.stream}, bodies[f.stream])
			delete(bodies, f.stream)
		}
	}
}

func (s *Server) answerStream(x *stream, body []byte) bool {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return false
	}
	s.record(form)
	if s.options.Play() {
		return s.fault.stream(x)
	}
	return healthyStream(x)
}

func send(conn net.Conn, frames ...frame) bool {
	var all []byte
	for _, f := range frames {
		all = append(all, f.encode()...)
	}
	_, err := conn.Write(all)
	return err == nil
}

// headers is a response header of status 200. Its fields are literals without
// indexing (RFC 7541 section 6.2.2); 0x88 is :status 200 in the static table.
func (x *stream) headers(fields ...string) frame {
	block := []byte{0x88}
	for i := 0; i < len(fields); i += 2 {
		block = append(block, 0)
		block = append(append(block, byte(len(fields[i]))), fields[i]...)
		block = append(append(block, byte(len(fields[i+1]))), fields[i+1]...)
	}
	return frame{kind: frameHeaders, flags: flagEndHeaders, stream: x.id, payload: block}
}

func (x *stream) data(flags byte, text string) frame {
	return frame{kind: frameData, flags: flags, stream: x.id, payload: []byte(text)}
}

func (x *stream) reset(code uint32) frame {
	return frame{kind: frameReset, stream: x.id, payload: binary.BigEndian.AppendUint32(nil, code)}
}

func (x *stream) goAway(last, code uint32) frame {
	payload := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)
	return frame{kind: frameGoAway, payload: payload}
}

var jsonType = []string{"content-type", "application/json"}

func healthyStream(x *stream) bool {
	return send(x.conn, x.headers(jsonType...), x.data(flagEndStream, tokenJSON))
}

// resetStream ends the stream with an error; the connection goes on.
func resetStream(code uint32) streamAnswer {
	return func(x *stream) bool { return send(x.conn, x.reset(code)) }
}

// partStream answers with half a body and whatever comes then.
func partStream(then func(x *stream) bool) streamAnswer {
	return func(x *stream) bool {
		return send(x.conn, x.headers(jsonType...), x.data(0, tokenJSON[:40])) && then(x)
	}
}

// disown says that the stream was not processed, and ends the connection once
// the client has.
func disown(code uint32) streamAnswer {
	return func(x *stream) bool {
		send(x.conn, x.goAway(0, code))
		wait(x.conn)
		return false
	}
}

// hangStream never answers; the connection goes on for other streams.
func hangStream(*stream) bool { return true }

func closeStream(*stream) bool { return false }
