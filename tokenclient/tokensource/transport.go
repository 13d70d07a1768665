// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the use of tokens at an API (RFC 6750, RFC 9449 section 7).

package tokensource

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// Transport is an [http.RoundTripper] that adds a token to the requests to an API.
// It is safe for concurrent use by multiple goroutines once its fields are set; do
// not change them, and do not copy it, after its first use.
//
// It fails closed: without a token nothing is sent, and the error is that of the
// Source. The token goes to the listed origins only, also when a server redirects.
//
// When the API refuses the token with 401 and a challenge for the scheme that was
// used, with the error invalid_token or none, the token is renewed and the request
// sent again, once. When the API asks for another DPoP nonce, it is sent again with
// that, once. So a request is sent three times at most, and nothing else is ever
// sent again. A body is sent again only when the request has GetBody, as
// [http.NewRequest] sets it for bytes and strings; otherwise the token is dropped
// and the caller gets the 401.
//
// The caller's request is not changed: a copy is sent.
type Transport struct {
	// Source gives the tokens. Required.
	Source Source

	// Origins are where the token may go: scheme, host and port, such as
	// https://api.example or https://api.example:8443, exactly. Plain http is for
	// loopback hosts, unless AllowInsecureHTTP. Required.
	Origins []string

	// Base sends the requests. Default: [http.DefaultTransport].
	Base http.RoundTripper

	// Prover makes the proofs for tokens that are bound to a DPoP key: the one that
	// the tokens were requested with. Optional.
	Prover *dpop.Prover

	// Renew narrows when a token is renewed: it is asked after a refusal as above,
	// and must not read the body. Default: always.
	Renew func(refused *http.Response) bool

	// AllowOtherOrigins sends requests to origins that are not listed as they are,
	// without a token. By default they are an error, [ErrOtherOrigin], and nothing
	// is sent: a program that forgets an origin, and a redirect to a stranger, are
	// noticed.
	AllowOtherOrigins bool

	// AllowInsecureHTTP accepts http origins that are no loopback hosts. Everybody
	// on the way can read, and use, the token.
	AllowInsecureHTTP bool

	once  sync.Once
	state func() *transport // a func: fmt follows pointers where a verb does not fit
}

// transport is what a Transport has prepared.
type transport struct {
	origins []origin
	err     error // what is wrong with the fields
	bearer  atomic.Pointer[bearer]
}

// bearer is the finished header of the last token.
type bearer struct {
	token  string
	header []string
}

// RoundTrip sends a request with the token.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	t.once.Do(t.prepare)
	s := t.state()
	switch {
	case s.err != nil:
		return refuse(request, s.err)
	case request.URL == nil:
		return refuse(request, errors.New("tokensource: the request has no URL"))
	case s.lists(request.URL):
		return t.send(request)
	case t.AllowOtherOrigins:
		return t.base().RoundTrip(request)
	}
	return refuse(request, &originError{request.URL.Scheme, request.URL.Host})
}

// CloseIdleConnections closes those of Base, if it can.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

func (t *Transport) prepare() {
	s := &transport{}
	if t.Source == nil {
		s.err = errors.New("tokensource: Transport.Source is missing")
	} else {
		s.origins, s.err = parseOrigins(t.Origins, t.AllowInsecureHTTP)
	}
	t.state = func() *transport { return s }
}

// refuse ends a request that is not sent: a RoundTripper closes the body in any
// case.
func refuse(request *http.Request, err error) (*http.Response, error) {
	if request.Body != nil {
		_ = request.Body.Close() // nobody has read it
	}
	return nil, err
}

// attempt is a request that is ready to be sent.
type attempt struct {
	*http.Request

	token tokenclient.Token
	nonce string // that was known before the proof was made
}

// authorize returns a copy of the request with the token.
func (t *Transport) authorize(request *http.Request, token tokenclient.Token) (attempt, error) {
	ready := attempt{Request: request.WithContext(request.Context()), token: token}
	ready.Header = make(http.Header, len(request.Header)+2)
	maps.Copy(ready.Header, request.Header) // the values are shared, and only replaced
	if t.Prover != nil && isBound(token) {
		ready.nonce = t.Prover.Nonce(request.URL)
	}
	s := t.state()
	if isBound(token) {
		return ready, token.Authorize(ready.Request, t.Prover)
	}
	if last := s.bearer.Load(); last != nil && last.token == token.AccessToken() && isBearer(token) {
		delete(ready.Header, "Dpop")
		ready.Header["Authorization"] = last.header
		return ready, nil
	}
	if err := token.Authorize(ready.Request, nil); err != nil {
		return ready, err
	}
	header := ready.Header["Authorization"]
	s.bearer.Store(&bearer{token.AccessToken(), header[:len(header):len(header)]})
	return ready, nil
}

func isBearer(token tokenclient.Token) bool {
	return strings.EqualFold(token.Type, tokenclient.TokenTypeBearer)
}

func isBound(token tokenclient.Token) bool {
	return strings.EqualFold(token.Type, tokenclient.TokenTypeDPoP)
}

var errNoResponse = errors.New("tokensource: Transport.Base has returned no response and no error")

// sendOnce sends an attempt. The response names the caller's request: the copy has
// the token.
func (t *Transport) sendOnce(request *http.Request, ready attempt) (*http.Response, error) {
	response, err := t.base().RoundTrip(ready.Request)
	if response == nil {
		return nil, cmp.Or(err, errNoResponse)
	}
	if t.Prover != nil {
		t.Prover.Remember(request.URL, response.Header)
	}
	response.Request = request
	return response, err
}

const (
	// maxDrain and drainTime are how much of an answer that nobody wants is read, so
	// that its connection can be used again: more would take more than it saves.
	maxDrain  = 64 << 10
	drainTime = 250 * time.Millisecond
)

// discard reads and closes the body of a response. The caller does not wait for a
// server that stalls.
func discard(response *http.Response) {
	if response.Uncompressed { // net/http would not close it while it is being read
		_ = response.Body.Close()
		return
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		defer ignorePanic()
		_, _ = io.CopyN(io.Discard, response.Body, maxDrain) // what went wrong closes the connection
		_ = response.Body.Close()
	}()
	select {
	case <-drained:
	case <-time.After(drainTime):
		go func() {
			defer ignorePanic()
			_ = response.Body.Close() // and with it the connection, which ends the read
		}()
	}
}

// invalidator is a Source that can drop a token.
type invalidator interface {
	Invalidate(ctx context.Context, token tokenclient.Token)
}

var (
	_ http.RoundTripper = (*Transport)(nil)
	_ invalidator       = (*Cached)(nil)
)
