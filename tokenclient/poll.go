// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the polling of the token endpoint (RFC 8628 section 3.5,
// CIBA Core section 11).

package tokenclient

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// PendingPoll tells a program that waits for a user how it goes.
type PendingPoll struct {
	// Wait is how long until the next poll.
	Wait time.Duration
	// Expiry is when polling ends, or the zero time.
	Expiry time.Time
	// Err is nil while the user has not decided, and what went wrong when a poll
	// brought no answer; polling goes on all the same.
	Err error
}

const (
	defaultInterval = 5 * time.Second
	slowDownStep    = 5 * time.Second
	maxFaultWait    = time.Minute // unless the interval is longer
)

// poll sends a form again and again until the answer is final.
func (c *Client) poll(ctx context.Context, f *form, pace *pace, pending func(PendingPoll)) (*TokenResponse, error) {
	ended := f.checkFor(c.settings().token)
	pace.patience = c.settings().retry.limits().MaxRetryAfter
	for ended == nil {
		if ended = pace.wait(ctx, f.operation, c.settings().token.label); ended != nil {
			break
		}
		limits := c.settings().retry.pollLimits()
		limits.TotalTime = pace.limit(limits.TotalTime)
		response, err := c.requestToken(ctx, f, httpcall.SingleUse, limits)
		if !pace.goesOn(ctx, response.err) {
			return response, err
		}
		if pending != nil {
			pending(PendingPoll{Wait: max(0, time.Until(pace.next)), Expiry: pace.expiry, Err: pace.lastFault()})
		}
	}
	return newTokenResponse(newInvalidResponse(ended), "", proofs{})
}

// pollInterval reads how long a server wants to be left alone between two polls.
func pollInterval(value gjson.Result) time.Duration {
	interval, _ := jsonfield.Seconds(value)
	return cmp.Or(interval, defaultInterval)
}

// pace says when to poll next.
type pace struct {
	interval time.Duration
	expiry   time.Time // zero = not known
	next     time.Time
	patience time.Duration // for what a server asks for beyond that
	sent     time.Time     // the last poll
	faults   int           // polls without an answer, in a row
	fault    *Error        // of the last poll; nil = it had an answer
}

func newPace(interval time.Duration, expiry time.Time) *pace {
	if interval <= 0 {
		interval = defaultInterval
	}
	return &pace{interval: interval, expiry: expiry, next: time.Now().Add(interval)}
}

// wait returns nil when it is time to poll, and an error when polling is over.
func (p *pace) wait(ctx context.Context, operation, endpoint string) *Error {
	ends := !p.expiry.IsZero() && !p.next.Before(p.expiry)
	until := p.next
	if ends {
		until = p.expiry
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return &Error{
			Kind: KindTransport, Outcome: NotProcessed, Operation: operation, Endpoint: endpoint,
			detail: "polling ended: " + ctx.Err().Error(), cause: ctx.Err(),
		}
	case <-timer.C:
	}
	if ends {
		return p.expired(operation, endpoint)
	}
	p.sent = time.Now()
	return nil
}

// expired makes the error of a code that has expired. What the user has decided is
// known only when the last poll had an answer.
func (p *pace) expired(operation, endpoint string) *Error {
	e := &Error{
		Kind: KindPolicy, Outcome: Final, Operation: operation, Endpoint: endpoint,
		Code: ErrExpiredToken, detail: "the user has not decided in time", advice: "start again",
	}
	if p.fault != nil {
		e.detail, e.cause = "no answer came before the code expired; the last poll: "+p.fault.summary(), p.fault
	}
	return e
}

// lastFault returns what went wrong with the last poll, or nil.
func (p *pace) lastFault() error {
	if p.fault == nil {
		return nil
	}
	return p.fault
}

// limit keeps a poll from lasting beyond the expiry.
func (p *pace) limit(total time.Duration) time.Duration {
	if p.expiry.IsZero() {
		return total
	}
	return min(total, time.Until(p.expiry))
}

// goesOn takes the result of a poll, decides whether another one follows, and
// sets the time for it.
func (p *pace) goesOn(ctx context.Context, err *Error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	p.fault = nil
	switch {
	case err.Code == ErrAuthorizationPending:
	case err.Code == ErrSlowDown:
		p.interval += slowDownStep
	case isFault(err):
		p.fault = err
	default:
		return false
	}
	now := time.Now()
	if p.fault == nil {
		p.faults, p.next = 0, p.sent.Add(p.interval)
	} else { // from now on, so that a poll that timed out is not followed at once
		p.faults++
		p.next = now.Add(p.faultWait())
	}
	return p.waitsFor(err.RetryAfter, now)
}

// waitsFor puts off the next poll when the server asks for more time than there is
// until then, and reports whether that is not too much to ask.
func (p *pace) waitsFor(asked time.Duration, now time.Time) bool {
	if asked <= p.next.Sub(now) || asked <= 0 {
		return true
	}
	p.next = now.Add(asked)
	return asked <= p.interval+p.patience && (p.expiry.IsZero() || p.next.Before(p.expiry))
}

// faultWait doubles the interval with each fault in a row.
func (p *pace) faultWait() time.Duration {
	limit := max(maxFaultWait, p.interval)
	wait := p.interval
	for fault := 0; fault < p.faults && wait < limit; fault++ {
		wait *= 2
	}
	return min(wait, limit)
}

// isFault reports whether a poll brought no answer about the user's decision: none at
// all, or that of a server, or of something in front of it, that is in trouble,
// whatever that says in its body (RFC 8628 section 3.5).
func isFault(err *Error) bool {
	switch err.Kind {
	case KindTransport:
		return true
	case KindHTTP, KindProtocol:
		return isTrouble(err.StatusCode) && !endsPolling(err.Code)
	default:
		return false
	}
}

func isTrouble(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= http.StatusInternalServerError
}

// endsPolling reports whether a code decides the matter, at any status.
func endsPolling(code ErrorCode) bool {
	switch code {
	case ErrAccessDenied, ErrExpiredToken, ErrInvalidGrant, ErrInvalidClient, ErrUnauthorizedClient,
		ErrUnsupportedGrantType, ErrInvalidRequest, ErrInvalidScope, ErrTransactionFailed:
		return true
	}
	return false
}
