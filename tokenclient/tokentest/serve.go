// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import (
	"context"
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Enqueue scripts the answers to the next requests to a path, in order, such as
// [TokenPath]; after the last one the server answers by itself again.
//
// They follow those that are still queued for the path. Any path will do, and any
// request to it takes the next answer, whatever its method and content.
func (s *Server) Enqueue(path string, answers ...Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range answers {
		s.script[path] = append(s.script[path], a.clone())
	}
}

// Handle answers requests to a path with a function, in place of what the server
// does there by itself. A nil function undoes it.
//
// The function runs in the goroutine of the request, several at a time if
// requests are. Answers from [Server.Enqueue] come first. [Answer.Default] gives
// the request back to the server.
func (s *Server) Handle(path string, answer func(Request) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths[path] = answer
}

// serve is the server's only HTTP handler: read, record, answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		dropConnection(w)
		return
	}
	defer s.handlers.Done()

	request, err := readRequest(r)
	tooLarge := errors.Is(err, errBodyTooLarge)
	if err != nil && !tooLarge {
		dropConnection(w)
		return
	}
	request.Time = s.now()
	answer := s.record(request)
	switch {
	case tooLarge:
		answer = OAuthError(http.StatusRequestEntityTooLarge, "invalid_request", "the body is over 1 MiB")
	case answer.Default:
		answer = answer.over(s.handled(request))
	}
	s.send(w, r, answer)
}

// begin counts a request in, unless the server is closing.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.handlers.Add(1)
	return true
}

// record keeps the request and takes its scripted answer, in one step so that the
// order of the one is the order of the other.
func (s *Server) record(request Request) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, request)
	queue := s.script[request.Path]
	if len(queue) == 0 {
		return Answer{Default: true}
	}
	s.script[request.Path] = queue[1:]
	return queue[0]
}

// handled answers without the script: the test's function, else the server.
func (s *Server) handled(request Request) Answer {
	s.mu.Lock()
	handle := s.paths[request.Path]
	s.mu.Unlock()
	if handle == nil {
		return s.builtIn(request)
	}
	answer := handle(request.clone())
	if answer.Default {
		return answer.over(s.builtIn(request))
	}
	return answer
}

func (s *Server) builtIn(request Request) Answer {
	switch request.Path {
	case TokenPath:
		return s.answerToken(request)
	case AuthorizationPath:
		return s.answerAuthorization(request)
	case DeviceAuthorizationPath:
		return s.answerDeviceAuthorization(request)
	default:
		return Answer{Status: http.StatusNotFound}
	}
}

// send waits, then writes or breaks the answer.
func (s *Server) send(w http.ResponseWriter, r *http.Request, answer Answer) {
	if !s.wait(r.Context(), answer.Delay) {
		dropConnection(w)
		return
	}
	switch answer.Fault {
	case ResetBeforeAnswer:
		resetConnection(w)
	case CloseBeforeAnswer:
		dropConnection(w)
	case TruncateBody:
		// A handler that writes less than it announced makes net/http close the
		// connection.
		writeAnswer(w, answer, max(len(answer.Body), 1), answer.Body[:len(answer.Body)/2])
	default:
		writeAnswer(w, answer, len(answer.Body), answer.Body)
	}
}

// wait reports whether the whole delay has passed.
func (s *Server) wait(ctx context.Context, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.closing:
		return false
	}
}

func writeAnswer(w http.ResponseWriter, answer Answer, length int, body string) {
	header := w.Header()
	if answer.Body != "" {
		header.Set("Content-Type", "application/json")
	}
	maps.Copy(header, canonical(answer.Header))
	if answer.ContentType != "" {
		header.Set("Content-Type", answer.ContentType)
	}
	if answer.RetryAfter != "" {
		header.Set("Retry-After", answer.RetryAfter)
	}
	status := answer.Status
	if status < http.StatusOK || status > 999 {
		status = http.StatusOK
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(status)
	// The client may be gone: nobody is left to tell.
	_, _ = w.Write([]byte(body))
	// Close waits for handlers, not for net/http's buffers.
	_ = http.NewResponseController(w).Flush()
}

func canonical(header http.Header) http.Header {
	out := make(http.Header, len(header))
	for name, values := range header {
		out[http.CanonicalHeaderKey(name)] = values
	}
	return out
}

// dropConnection closes the connection in good order, without an answer.
func dropConnection(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// resetConnection makes the kernel send RST, below TLS if there is any.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
