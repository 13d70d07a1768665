// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"errors"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	// firstPause follows a failure; it doubles with each one in a row. The pause
	// itself is random, half of it at least.
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second
	// permanentPause follows a refusal that only a change of configuration ends.
	permanentPause = 30 * time.Second
	// maxRetryAfter is how long a server may keep the source from asking again.
	maxRetryAfter = 5 * time.Minute
)

// remember keeps why a fetch has failed, and until when nobody asks again. The lock
// is held.
func (c *cached) remember(err error, now instant) *Error {
	pause := c.pause(err, now)
	c.failures++
	c.retry = now.add(pause)
	c.failure = &Error{RetryAt: time.Unix(0, c.retry.wall), cause: err}
	return c.failure
}

// pause returns how long not to ask after a failure: for a while, or as long as the
// server says.
func (c *cached) pause(err error, now instant) time.Duration {
	var failed *tokenclient.Error
	if !errors.As(err, &failed) {
		return c.transientPause(now)
	}
	wait := min(failed.RetryAfter, maxRetryAfter)
	if isPermanent(failed.Code) {
		return max(permanentPause, wait)
	}
	return max(c.transientPause(now), wait)
}

// transientPause grows with each failure in a row. It ends with the token that is
// there, if that is still good: who comes then has no other.
func (c *cached) transientPause(now instant) time.Duration {
	step := min(maxPause, firstPause<<min(c.failures, 10))
	pause := step/2 + time.Duration(c.random()*float64(step/2))
	if last := c.current.Load(); last != nil && !now.passed(last.end) {
		pause = min(pause, max(firstPause/2, now.until(last.end)))
	}
	return pause
}

func isPermanent(code tokenclient.ErrorCode) bool {
	switch code {
	case tokenclient.ErrInvalidClient, tokenclient.ErrUnauthorizedClient, tokenclient.ErrInvalidScope,
		tokenclient.ErrUnsupportedGrantType, tokenclient.ErrInvalidGrant, tokenclient.ErrInvalidTarget,
		tokenclient.ErrInvalidRequest:
		return true
	}
	return false
}
