// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// patience is how long a fetch may take before callers are given a token that is
// due, but still good: a server that is silent must not stop them.
const patience = time.Second

// flight is one fetch under way. Its result may be read when done is closed.
type flight struct {
	started time.Time
	ahead   bool // nobody needs its token yet
	cancel  context.CancelFunc
	done    chan struct{}
	token   tokenclient.Token
	err     error
}

// renew returns a token when there is none, or one that is due.
func (c *cached) renew(ctx context.Context, now instant) (tokenclient.Token, error) {
	f, last, err := c.join(ctx, now)
	usable := last != nil && !now.passed(last.end)
	switch {
	case usable && !now.passed(last.fresh), usable && f != nil && f.ahead:
		c.hooks.hit(ctx)
		return last.token, nil
	case usable && f == nil: // the last renewal failed
		c.hooks.stale(ctx, err)
		return last.token, nil
	case usable:
		return c.prefer(ctx, f, last)
	case f == nil:
		return tokenclient.Token{}, err
	}
	return wait(ctx, f)
}

// join returns the fetch under way, which it starts if need be, or why there is
// none; and the token that is there.
func (c *cached) join(ctx context.Context, now instant) (*flight, *entry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.current.Load()
	switch {
	case c.closed:
		return nil, nil, ErrClosed
	case last != nil && !now.passed(last.ahead): // fetched in the meantime
		return nil, last, nil
	case c.flight != nil:
		return c.flight, last, nil
	case c.failure != nil && !now.passed(c.retry):
		return nil, last, c.failure
	case ctx.Err() != nil: // a caller who has left starts nothing
		return nil, last, ctx.Err()
	}
	ahead := last != nil && !now.passed(last.fresh)
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.fetchTimeout)
	c.flight = &flight{started: time.Now(), ahead: ahead, cancel: cancel, done: make(chan struct{})}
	go c.run(shared, c.flight)
	return c.flight, last, nil
}

// wait returns what a fetch brings, or leaves when the caller's context ends.
func wait(ctx context.Context, f *flight) (tokenclient.Token, error) {
	select {
	case <-f.done:
		return f.token, f.err
	default:
	}
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return tokenclient.Token{}, ctx.Err()
	}
}

// prefer returns what a fetch brings, or the last token when that fails or takes
// long. A caller who has less time than that does not wait.
func (c *cached) prefer(ctx context.Context, f *flight, last *entry) (tokenclient.Token, error) {
	until := f.started.Add(patience)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		until = time.Now()
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	var failed error
	select {
	case <-f.done:
		if f.err == nil {
			return f.token, nil
		}
		failed = f.err
	case <-ctx.Done():
		return tokenclient.Token{}, ctx.Err()
	case <-timer.C:
	}
	if c.current.Load() != last || c.clock().passed(last.end) { // refused or expired in the meantime
		return wait(ctx, f)
	}
	c.hooks.stale(ctx, failed)
	return last.token, nil
}

// Why a fetch brought no response that could be read.
var (
	errPanicked = errors.New("the fetch function panicked or did not return")
	errNothing  = errors.New("the fetch function returned no token and no error")
	errTooLong  = errors.New("the fetch took longer than FetchTimeout")
)

// run carries out a fetch. A panic of the caller's function must not end the
// program: nobody could recover it here.
func (c *cached) run(ctx context.Context, f *flight) {
	began := c.clock()
	var response *tokenclient.TokenResponse
	err := errPanicked
	defer func() {
		_ = recover() // what it was may hold a secret
		c.finish(ctx, f, began, response, err)
	}()
	if f.ahead {
		c.hooks.refreshAhead(ctx)
	}
	response, err = c.fetch(ctx)
	if err == nil && (response == nil || response.AccessToken == "") {
		response, err = nil, errNothing
	}
	if err != nil && ctx.Err() != nil { // the caller's context has not ended
		err = errTooLong
	}
}

// finish keeps what a fetch has brought and tells those who wait.
func (c *cached) finish(ctx context.Context, f *flight, began instant, response *tokenclient.TokenResponse, err error) {
	f.cancel()
	landed := c.land(f, began, response, err)
	event := FetchEvent{Duration: time.Since(f.started), Ahead: f.ahead, Err: ErrClosed}
	if landed {
		event.Err = f.err
	}
	c.hooks.fetched(ctx, event)
	if landed {
		close(f.done)
	}
}

// land takes the result of a fetch, unless the source was closed meanwhile.
func (c *cached) land(f *flight, began instant, response *tokenclient.TokenResponse, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != f {
		return false
	}
	c.flight = nil
	now := c.clock()
	if err != nil {
		f.err = c.remember(err, now)
		return true
	}
	c.failure, c.failures = nil, 0
	lifetime, left := c.lifetime(response, began, now)
	f.token = tokenOf(response, left)
	if left > 0 && !c.closed {
		c.current.Store(c.newEntry(f.token, lifetime, left, now))
	}
	return true
}
