// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// instant is a reading of both clocks, in nanoseconds. The monotonic clock stands
// still while a computer is suspended, the wall clock can be set back: whichever
// says that time is up is believed.
type instant struct {
	wall      int64 // since 1970
	monotonic int64 // since the source was made
}

func (i instant) passed(limit instant) bool {
	return i.wall >= limit.wall || i.monotonic >= limit.monotonic
}

func (i instant) add(d time.Duration) instant {
	return instant{i.wall + int64(d), i.monotonic + int64(d)}
}

// until returns how long it is to the limit, by the clock that says less.
func (i instant) until(limit instant) time.Duration {
	return time.Duration(min(limit.wall-i.wall, limit.monotonic-i.monotonic))
}

// suspended returns by how much more the wall clock has gone on than the other.
func (i instant) suspended(since instant) time.Duration {
	return time.Duration(max(0, (i.wall-since.wall)-(i.monotonic-since.monotonic)))
}

// entry is a token that is kept, with the three times of its life.
type entry struct {
	token tokenclient.Token
	ahead instant // from then on it is renewed in the background
	fresh instant // until then it is good enough not to wait for another
	end   instant // until then it can be used at all
}

// maxSafety is how long before its end a token is no longer used, at most: a
// request takes time to arrive, and clocks differ.
const maxSafety = 5 * time.Second

// newEntry returns the entry of a token that had that lifetime when it was
// requested, and of which there is something left.
func (c *cached) newEntry(token tokenclient.Token, lifetime, left time.Duration, now instant) *entry {
	born := now.add(left - lifetime)
	fresh := lifetime - min(c.margin, lifetime/5)
	jitter := time.Duration(c.random() * float64(lifetime/10))
	ahead := min(lifetime/4*3+jitter, fresh-lifetime/50)
	return &entry{
		token: token,
		ahead: born.add(ahead),
		fresh: born.add(fresh),
		end:   born.add(lifetime - min(maxSafety, lifetime/20)),
	}
}

// lifetime returns how long the token of a response lives, counted from its
// request, and how much of that is left.
func (c *cached) lifetime(response *tokenclient.TokenResponse, began, now instant) (lifetime, left time.Duration) {
	lifetime = response.ExpiresIn
	age := time.Duration(now.monotonic - began.monotonic)
	expiry := response.Token().Expiry
	switch {
	case !expiry.IsZero(): // the client knows when it has sent the request
		age = time.Since(expiry.Add(-lifetime))
	case lifetime <= 0:
		lifetime = c.defaultLifetime
	}
	return lifetime, lifetime - max(0, age) - now.suspended(began)
}

// tokenOf returns the token of a response without what else the response has: a
// token is kept for long.
func tokenOf(response *tokenclient.TokenResponse, left time.Duration) tokenclient.Token {
	token := response.Token()
	expiry := token.Expiry
	if expiry.IsZero() && response.ExpiresIn > 0 {
		expiry = time.Now().Add(left)
	}
	return tokenclient.NewToken(strings.Clone(token.AccessToken()), token.Type, expiry)
}
