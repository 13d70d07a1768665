// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// CachedOptions are the options of a [Cached]. The zero value is the default.
type CachedOptions struct {
	// Margin is how long before its end a token is due for renewal, but never more
	// than 20 % of its lifetime. 0 means 60 s.
	Margin time.Duration
	// DefaultLifetime is the lifetime of a token whose server does not say it. 0
	// means 5 minutes.
	DefaultLifetime time.Duration
	// FetchTimeout limits one call of Fetch. A [tokenclient.Client] has limits of
	// its own, which say more when they end. 0 means 90 s.
	FetchTimeout time.Duration
	// Hooks are called while the source works. Optional.
	Hooks Hooks
}

const (
	defaultMargin       = time.Minute
	defaultLifetime     = 5 * time.Minute
	defaultFetchTimeout = 90 * time.Second
)

// Cached is a [Source] that keeps a token, and fetches another one when it is due.
// It is safe for concurrent use by multiple goroutines; reading a token that is
// there takes no lock and does not look at the caller's context.
//
// Any number of callers share one request. Each leaves when its own context ends;
// the request goes on, and its token is kept. Between 75 and 85 % of a token's
// lifetime the first caller starts its renewal in the background; a source that
// nobody uses does nothing. A token that is due (see Margin) is still given out,
// almost to its end, while the server fails to renew it or takes over a second.
//
// A failure is shared too, and remembered: for 125 ms to 30 s, growing with each
// one in a row, but not beyond the end of a token that is still good; for 30 s when
// the server has refused the client or its request (such as
// [tokenclient.ErrInvalidClient]); in both cases for longer when the server's
// Retry-After says so, up to 5 minutes.
//
// A token has expired when the wall clock or the monotonic clock says so. One that
// has expired when it comes, because its expires_in is 0 or the answer took longer
// than it lives, is given to those who waited for it, to be used once, and not kept.
type Cached struct {
	state func() *cached // a func: fmt follows pointers where a verb does not fit
}

// cached is the state of a Cached.
type cached struct {
	fetch           Fetch
	margin          time.Duration
	defaultLifetime time.Duration
	fetchTimeout    time.Duration
	hooks           Hooks
	clock           func() instant
	random          func() float64 // from 0 to 1

	current atomic.Pointer[entry] // written under the lock

	mu       sync.Mutex
	closed   bool
	flight   *flight
	failure  *Error  // of the last fetch; nil after a success
	retry    instant // not before, after a failure
	failures int     // in a row
}

// NewCached returns a source of the tokens that fetch gets. Close it when it is no
// longer needed.
func NewCached(fetch Fetch, options CachedOptions) *Cached {
	base := time.Now()
	c := &cached{
		fetch:           fetch,
		margin:          positiveOr(options.Margin, defaultMargin),
		defaultLifetime: positiveOr(options.DefaultLifetime, defaultLifetime),
		fetchTimeout:    positiveOr(options.FetchTimeout, defaultFetchTimeout),
		hooks:           options.Hooks,
		random:          rand.Float64,
		clock: func() instant {
			now := time.Now()
			return instant{now.UnixNano(), int64(now.Sub(base))}
		},
	}
	return &Cached{func() *cached { return c }}
}

func positiveOr(value, otherwise time.Duration) time.Duration {
	if value > 0 {
		return value
	}
	return otherwise
}

// Token returns the token, fetched if there is none that is good for a while. The
// error is an [*Error], or [ErrClosed], or that of ctx.
func (c *Cached) Token(ctx context.Context) (tokenclient.Token, error) {
	s := c.state()
	now := s.clock()
	last := s.current.Load()
	if last == nil || now.passed(last.ahead) {
		return s.renew(ctx, now)
	}
	if s.hooks.Hit != nil {
		s.hooks.hit(ctx)
	}
	return last.token, nil
}

// Invalidate drops the token, because an API has refused it, so that the next
// caller gets another one. When the source has another token by now, that is kept:
// a late word about an old token does nothing.
func (c *Cached) Invalidate(_ context.Context, token tokenclient.Token) {
	s := c.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.current.Load(); last != nil && last.token.AccessToken() == token.AccessToken() {
		s.current.Store(nil)
	}
}

// Close ends the source: the request under way is cancelled, whoever waits for it
// gets [ErrClosed], and so does every later caller. It does not wait for Fetch to
// return. Closing again does nothing.
func (c *Cached) Close() {
	s := c.state()
	s.retire()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		s.flight.cancel()
		s.flight.err = ErrClosed
		close(s.flight.done)
		s.flight = nil
	}
}

// retire ends the source, except for those who wait for a fetch already. It returns
// that fetch, if there is one.
func (c *cached) retire() *flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.current.Store(nil)
	return c.flight
}

// isSpent reports whether the source has nothing to lose: no token that can be used,
// none on its way, and no failure after which the server must not be asked yet.
func (c *cached) isSpent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, now := c.current.Load(), c.clock()
	return c.flight == nil && (last == nil || now.passed(last.end)) && (c.failure == nil || now.passed(c.retry))
}
