// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
)

// exchange is one request that was read whole, and has no answer yet.
type exchange struct {
	tcp  net.Conn // what carries conn
	conn net.Conn
	form url.Values
}

// answer answers a request. It reports whether the connection goes on.
type answer func(*exchange) bool

var (
	healthy = respond(200, tokenJSON)
	opened  = func(x *exchange) bool { return write(x.conn, "HTTP/1.1 200 Connection established\r\n\r\n") }
)

func write(conn net.Conn, text string) bool {
	_, err := io.WriteString(conn, text)
	return err == nil
}

// respond is a well-formed answer of type JSON unless header has another type.
func respond(status int, body string, header ...string) answer {
	text := message(status, body, header...)
	return func(x *exchange) bool { return write(x.conn, text) }
}

// refuse is an OAuth error whose description repeats what the client sent.
func refuse(status int, code string, header ...string) answer {
	return func(x *exchange) bool {
		sent := x.form.Get("code") + x.form.Get("refresh_token") + x.form.Get("device_code")
		body, err := json.Marshal(map[string]string{"error": code, "error_description": "not good: " + sent})
		return err == nil && respond(status, string(body), header...)(x)
	}
}

func message(status int, body string, header ...string) string {
	lines := strings.Join(append(header, ""), "\r\n")
	if !strings.Contains(lines, "Content-Type") {
		lines += "Content-Type: application/json\r\n"
	}
	if status == 204 || status == 304 {
		return fmt.Sprintf("HTTP/1.1 %d Status\r\n%s\r\n", status, lines)
	}
	return fmt.Sprintf("HTTP/1.1 %d Status\r\n%sContent-Length: %d\r\n\r\n%s", status, lines, len(body), body)
}

// raw writes text and ends the connection.
func raw(text string) answer {
	return func(x *exchange) bool {
		write(x.conn, text)
		return false
	}
}

// hang writes text and then nothing more.
func hang(text string) answer {
	return func(x *exchange) bool {
		write(x.conn, text)
		wait(x.conn)
		return false
	}
}

// wait waits until the client has had enough, or the server is closed.
func wait(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// resetAfter writes text and resets the connection. What was written may be lost
// to the client.
func resetAfter(text string) answer {
	return func(x *exchange) bool {
		write(x.conn, text)
		reset(x.tcp)
		return false
	}
}

// reset makes the end of a connection an error for the other side.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// endless writes head, and then tail until nobody reads it.
func endless(head, tail string) answer {
	tail = strings.Repeat(tail, 1+(32<<10)/len(tail))
	return func(x *exchange) bool {
		for on := write(x.conn, head); on; on = write(x.conn, tail) {
		}
		return false
	}
}

// zipped is 32 MiB of spaces in 32 KiB. It takes seconds where the race detector
// runs and little else can, so All makes it, and no client waits for it.
var zipped = sync.OnceValue(func() string {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range 32 {
		_, _ = writer.Write(spaces) // a Buffer takes all
	}
	_ = writer.Close()
	return packed.String()
})

func gzipBomb(status int) answer { return respond(status, zipped(), "Content-Encoding: gzip") }
