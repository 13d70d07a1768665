// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const callbackPath = "/callback"

// Loopback waits for the user's browser to come back to a program on the same
// machine (RFC 8252 section 7.3).
type Loopback struct{ listener net.Listener }

// Listen listens on a loopback address; port 0 takes a free one.
func Listen(ctx context.Context, address string) (*Loopback, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the redirect: %w", err)
	}
	if tcp, ok := listener.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		_ = listener.Close() // the error below is the one to tell
		return nil, errors.New("-listen must be a loopback address")
	}
	return &Loopback{listener}, nil
}

// RedirectURI is where the browser comes back to.
func (l *Loopback) RedirectURI() string {
	return "http://" + l.listener.Addr().String() + callbackPath
}

// Close stops listening.
func (l *Loopback) Close() { _ = l.listener.Close() }

// Receive waits for the redirect, hands its parameters to handle, and shows in
// the browser whether handle succeeded. It returns the error of handle.
func (l *Loopback) Receive(ctx context.Context, handle func(url.Values) error) error {
	first := make(chan struct{}, 1)
	result := make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc(callbackPath, func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil || len(r.Form) == 0 || r.Method != http.MethodGet && r.Method != http.MethodPost {
			http.Error(w, "this is not the answer to a login", http.StatusBadRequest)
			return
		}
		select {
		case first <- struct{}{}:
			err := handle(r.Form)
			showResult(w, err)
			result <- err
		default: // a reload; what came first decides
			http.Error(w, "the login was already answered", http.StatusConflict)
		}
	})
	server := &http.Server{Handler: mux, ReadTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l.listener) }()
	defer shutdown(server)
	select {
	case err := <-result:
		return err
	case err := <-failed:
		return fmt.Errorf("listening for the redirect: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("waiting for the login: %w", ctx.Err())
	}
}

// shutdown lets the page reach the browser. A connection that the browser opened
// and did not use would keep it waiting for longer.
func shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close()
	}
}

// showResult tells the user in the browser how the login ended. The reason of a
// failure is for the terminal: it holds text that others chose.
func showResult(w http.ResponseWriter, err error) {
	title, text, status := "Logged in", "You can close this page and go back to the program.", http.StatusOK
	if err != nil {
		title, text, status = "Not logged in", "The program says why.", http.StatusBadRequest
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer") // the address has the code in it
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>%[1]s</title></head>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 3rem auto">
<h1 id="result">%[1]s</h1>
<p>%[2]s</p>
</body></html>
`, title, text)
}
