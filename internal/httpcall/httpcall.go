// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package httpcall carries out one logical HTTP call: go-retryablehttp's loop
// decides whether the call is sent again, and below the loop every attempt is
// prepared anew, bounded in time and size, never redirected, and read to its
// end.
package httpcall

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// UserAgent is how the library calls itself, unless its user calls it otherwise.
const UserAgent = "identitymodel-go/0.1"

// MaxBody is how many bytes of a decompressed response body are accepted.
const MaxBody = 1 << 20

// Class says when a call may be sent again.
type Class int

const (
	// SingleUse calls carry something that works once. They are sent again only
	// when provably nothing was sent.
	SingleUse Class = iota
	// Repeatable calls are also sent again after a lost connection, and after a
	// status that says the server was not able to answer.
	Repeatable
)

// Limits bound a call. All of them are positive.
type Limits struct {
	Attempts      int           // how often the call is sent at most
	MinWait       time.Duration // upper end of the first pause; doubles with each attempt
	MaxWait       time.Duration // upper end of every pause
	MaxRetryAfter time.Duration // a server that asks for more is not waited for
	AttemptTime   time.Duration // one attempt, from preparing it to the end of its body
	TotalTime     time.Duration // all attempts and the pauses between them
}

// Call is what is to be sent.
type Call struct {
	Method string
	URL    *url.URL // is not written to
	Class  Class
	Limits Limits

	// Prepare makes the header and the body of one attempt, numbered from 1. It
	// runs once for each attempt, so that nothing signed is ever sent twice.
	// The header must be new each time; neither is changed afterwards. ctx ends
	// with the attempt.
	Prepare func(ctx context.Context, attempt int) (http.Header, []byte, error)
	// Observe sees the header of each answer, also of one that is followed by
	// another attempt. Optional.
	Observe func(http.Header)
}

// Answer is a complete response.
type Answer struct {
	StatusCode int
	Header     http.Header
	Body       string
	Sent       time.Time // just before the attempt was sent
}

// Caller sends calls. It is safe for concurrent use.
type Caller struct {
	pooled, fresh  http.RoundTripper
	ownConnections bool          // single-use calls have connections of their own: fresh is not pooled
	attemptTime    time.Duration // the Timeout of the caller's client; 0 = none
}

// New returns a Caller that sends through client, which is not written to: its
// Transport and Timeout are used, its CheckRedirect and Jar are not. With nil a
// transport with limits is used, shared by all Callers, which sends single-use
// calls on connections of their own.
func New(client *http.Client) *Caller {
	if client == nil {
		return &Caller{pooled: pooledTransport(), fresh: freshTransport(), ownConnections: true}
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Caller{pooled: transport, fresh: transport, attemptTime: client.Timeout}
}

// Over returns a Caller that sends through what wrap makes of the transports of
// this one.
func (c *Caller) Over(wrap func(http.RoundTripper) (http.RoundTripper, error)) (*Caller, error) {
	pooled, err := wrap(c.pooled)
	if err != nil {
		return nil, err
	}
	fresh := pooled
	if c.ownConnections {
		if fresh, err = wrap(c.fresh); err != nil {
			return nil, err
		}
	}
	return &Caller{pooled: pooled, fresh: fresh, ownConnections: c.ownConnections, attemptTime: c.attemptTime}, nil
}

// Do carries out the call. The error is nil or a [*Failure]; the Answer is
// filled as far as it came, so that a refused redirect has a status.
func (c *Caller) Do(ctx context.Context, call Call) (Answer, error) {
	f := newFlight(c, call)
	request := new(http.Request).WithContext(ctx)
	request.Method, request.URL, request.Header = call.Method, call.URL, http.Header{}
	response, err := f.loop.Do(&retryablehttp.Request{Request: request})
	if err == nil {
		err = response.Body.Close() // http.NoBody: the attempt has read the real one
	}
	if err != nil && f.failure == nil || f.failure != nil && f.failure.Reason != Ended && ended(ctx) != nil {
		return f.answer, interrupted(ctx, f.failure, err)
	}
	if f.failure != nil {
		return f.answer, f.failure
	}
	return f.answer, nil
}
