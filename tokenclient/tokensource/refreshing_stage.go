// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import "time"

// stage is how far a token is in its life.
type stage int

const (
	over  stage = iota // it cannot be used, or there is none
	due                // callers rather wait a moment for another one
	fresh              // it is renewed in the background, and nobody waits
	young              // there is nothing to do
)

// stage returns how far a token is, by the times that Cached has, too.
func (s *refreshing) stage(g *grant, now time.Time) stage {
	if g == nil {
		return over
	}
	end := g.end(s.config.DefaultLifetime)
	lifetime := max(0, end.Sub(g.issued))
	margin := min(s.config.Margin, lifetime/5)
	ahead := max(lifetime/4-time.Duration(g.jitter*float64(lifetime/10)), margin+lifetime/50)
	switch {
	case isBefore(now, end.Add(-ahead)):
		return young
	case isBefore(now, end.Add(-margin)):
		return fresh
	case isBefore(now, end):
		return due
	}
	return over
}
