// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	documentTTL = 24 * time.Hour
	keysTTL     = 5 * time.Minute
	minTTL      = time.Minute
	// firstPause follows a failed fetch; it doubles with each failure in a row.
	firstPause = time.Second
	maxPause   = 30 * time.Second
	// patience is how long a fetch may take before callers are given the last good
	// value instead: a server that is silent must not stop them.
	patience = time.Second
)

// cached keeps one value fresh. Any number of callers share one fetch; each
// leaves on its own context, and the fetch goes on without them, within its own
// limits. A failure is never kept as a value: while it is recent, it is returned
// without another fetch; when there is an earlier value, that is returned
// instead.
type cached[T comparable] struct {
	fetch func(context.Context) (value T, lifetime time.Duration, err error)
	// stale is for how long the last good value stands in for one that cannot be
	// fetched. 0 means for ever.
	stale time.Duration

	current atomic.Pointer[entry[T]]

	mu       sync.Mutex
	flight   *flight[T]
	err      error     // of the last fetch
	retry    time.Time // not before, after a failure
	failures int       // in a row
}

type entry[T any] struct {
	value T
	fresh time.Time // until
}

// flight is one fetch under way. Its result may be read when done is closed.
type flight[T any] struct {
	started time.Time
	done    chan struct{}
	value   T
	err     error
}

// get returns the value, fetched if it is not fresh.
func (c *cached[T]) get(ctx context.Context) (T, error) {
	now := time.Now()
	last := c.current.Load()
	if last != nil && now.Before(last.fresh) {
		return last.value, nil
	}
	f := c.join(ctx, now, false)
	if last == nil {
		return c.wait(ctx, f)
	}
	patient, cancel := context.WithDeadline(ctx, f.started.Add(patience))
	defer cancel()
	value, err := c.wait(patient, f)
	if err != nil && ctx.Err() == nil && !isRefused(err) && (c.stale == 0 || now.Before(last.fresh.Add(c.stale))) {
		return last.value, nil // the last good one, while the server is down or slow
	}
	return value, err
}

// isRefused reports whether the server is there, but is no longer to be trusted.
func isRefused(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && len(failed.Violations) > 0
}

// refresh fetches the value, whether it is fresh or not. A fetch that is under way
// is joined.
func (c *cached[T]) refresh(ctx context.Context) (T, error) {
	return c.wait(ctx, c.join(ctx, time.Now(), true))
}

// join returns the fetch under way, or starts one. During the pause after a
// failure it returns a finished one, unless it is forced.
func (c *cached[T]) join(ctx context.Context, now time.Time, forced bool) *flight[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.flight != nil {
		return c.flight
	}
	if last := c.current.Load(); !forced && last != nil && now.Before(last.fresh) { // fetched in the meantime
		return finished(last.value, nil)
	}
	if !forced && c.err != nil && now.Before(c.retry) {
		var none T
		return finished(none, c.err)
	}
	return c.start(ctx)
}

// renew returns a value that is newer than the one seen: the one that came in the
// meantime, or that of a fetch under way, or of a new one if that is allowed. It is
// not ok when it is not.
func (c *cached[T]) renew(ctx context.Context, seen T, allow func(time.Time) bool) (value T, ok bool, err error) {
	f := c.newer(ctx, seen, allow)
	if f == nil {
		return value, false, nil
	}
	value, err = c.wait(ctx, f)
	return value, true, err
}

func (c *cached[T]) newer(ctx context.Context, seen T, allow func(time.Time) bool) *flight[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.current.Load()
	switch {
	case last != nil && last.value != seen:
		return finished(last.value, nil)
	case c.flight != nil:
		return c.flight
	case !allow(time.Now()):
		return nil
	}
	return c.start(ctx)
}

// start begins a fetch. The lock is held.
func (c *cached[T]) start(ctx context.Context) *flight[T] {
	c.flight = &flight[T]{started: time.Now(), done: make(chan struct{})}
	go c.run(context.WithoutCancel(ctx), c.flight)
	return c.flight
}

func finished[T any](value T, err error) *flight[T] {
	f := &flight[T]{done: make(chan struct{}), value: value, err: err}
	close(f.done)
	return f
}

// run carries out a fetch. It ends when the fetch does, which has limits.
func (c *cached[T]) run(ctx context.Context, f *flight[T]) {
	lifetime := c.fetchInto(ctx, f)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.flight, c.err = nil, f.err
	if f.err == nil {
		c.failures = 0
		c.current.Store(&entry[T]{f.value, now.Add(lifetime)})
	} else {
		c.retry = now.Add(min(maxPause, firstPause<<min(c.failures, 10)))
		c.failures++
	}
	close(f.done)
}

// fetchInto carries out a fetch. A panic of the caller's transport or policy must
// not end the program: nobody could recover it here.
func (c *cached[T]) fetchInto(ctx context.Context, f *flight[T]) (lifetime time.Duration) {
	defer func() {
		if panicked := recover(); panicked != nil {
			f.err = &Error{Kind: KindTransport, detail: "the transport or a function of the policy panicked"}
		}
	}()
	f.value, lifetime, f.err = c.fetch(ctx)
	return lifetime
}

func (c *cached[T]) wait(ctx context.Context, f *flight[T]) (T, error) {
	select {
	case <-f.done:
		return f.value, f.err
	default:
	}
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// lifetime returns how long an answer may be kept: what Cache-Control says,
// between a minute and the longest, which is also what no word means.
func lifetime(header http.Header, longest time.Duration) time.Duration {
	kept := longest
	for _, directive := range strings.Split(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return minTTL
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, "\""), 10, 32)
			if err == nil && seconds >= 0 {
				kept = min(kept, max(minTTL, time.Duration(seconds)*time.Second))
			}
		}
	}
	return kept
}
