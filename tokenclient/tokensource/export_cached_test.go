// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import "time"

// Shift sets the wall clock of a source off by the offset that the function
// returns, as setting it or suspending the computer does; the monotonic clock goes
// on as it is.
func Shift(c *Cached, offset func() time.Duration) {
	s := c.state()
	clock := s.clock
	s.clock = func() instant {
		now := clock()
		now.wall += int64(offset())
		return now
	}
}

// Randomize replaces what jitter is made from.
func Randomize(c *Cached, random func() float64) { c.state().random = random }

// RefreshAt returns when the renewal of the token begins, from now.
func RefreshAt(c *Cached) time.Duration {
	s := c.state()
	return time.Duration(s.current.Load().ahead.monotonic - s.clock().monotonic)
}

// Leaving returns how many sources were dropped whose fetch is still under way.
func Leaving[K comparable](k *Keyed[K]) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.leaving)
}
