// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// outage is a network that is away for a while, if it is to pretend so.
type outage struct {
	begin   time.Time
	length  time.Duration
	pretend bool
}

func (o *outage) away() bool {
	since := time.Since(o.begin)
	return o.pretend && since >= 0 && since < o.length
}

func (o *outage) RoundTrip(request *http.Request) (*http.Response, error) {
	if o.away() {
		return nil, errors.New("the server is away, as this program pretends")
	}
	return http.DefaultTransport.RoundTrip(request)
}

func (o *outage) note() string {
	if o.away() {
		return "the server is away"
	}
	return ""
}

// counts is what a service would hand to its metrics.
type counts struct {
	mu                                            sync.Mutex
	answered, refused, hits, stale, tokens, fails int
	last                                          error
}

func (c *counts) add(what *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*what++
}

// hooks count what the source does.
func (c *counts) hooks() tokensource.Hooks {
	return tokensource.Hooks{
		Hit:   func(context.Context) { c.add(&c.hits) },
		Stale: func(context.Context, error) { c.add(&c.stale) },
		Fetched: func(_ context.Context, event tokensource.FetchEvent) {
			if event.Err != nil {
				c.add(&c.fails)
				return
			}
			c.add(&c.tokens)
		},
	}
}

// call calls the API once.
func (c *counts) call(ctx context.Context, service *http.Client, address string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		c.fail(err)
		return
	}
	response, err := service.Do(request)
	switch {
	case ctx.Err() != nil: // the program ends
		if err == nil {
			_ = response.Body.Close() // nobody reads it
		}
		return
	case err != nil:
		c.fail(err)
		return
	}
	defer func() { _ = response.Body.Close() }() // it has been read
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	if response.StatusCode != http.StatusOK {
		c.fail(fmt.Errorf("the API answered with status %d", response.StatusCode))
		return
	}
	c.add(&c.answered)
}

func (c *counts) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused, c.last = c.refused+1, err
}

func (c *counts) err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// String says how it goes.
func (c *counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("%d calls answered, %d failed; %d tokens from the cache, %d of them due, %d fetched, %d fetches failed",
		c.answered, c.refused, c.hits+c.stale, c.stale, c.tokens, c.fails)
}

// api is what the service calls.
type api struct {
	address, origin string
	close           func()
}

// startAPI returns the API at an address or, without one, starts one that wants a
// bearer token, whichever.
func startAPI(ctx context.Context, address string) (*api, error) {
	if address != "" {
		parsed, err := url.Parse(address)
		if err != nil || parsed.Host == "" {
			return nil, errors.New("-api must be an absolute URL")
		}
		return &api{address: address, origin: parsed.Scheme + "://" + parsed.Host, close: func() {}}, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			w.Header().Set("WWW-Authenticate", `Bearer realm="demo"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	})}
	go func() { _ = server.Serve(listener) }() // until Close
	origin := "http://" + listener.Addr().String()
	return &api{address: origin + "/orders", origin: origin, close: func() { _ = server.Close() }}, nil
}

func wait(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
