// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"maps"
	"sync"
	"time"
)

// slowDownStep is added to the interval by each slow_down (RFC 8628 §3.5, CIBA
// Core §11).
const slowDownStep = 5 * time.Second

// polls remembers who polls how, for the slow_down shim.
type polls struct {
	interval     time.Duration
	lifetime     time.Duration
	approveAfter int

	mu    sync.Mutex
	polls map[string]*poll // by device code or auth_req_id
}

type poll struct {
	decideBy string
	interval time.Duration
	last     time.Time // of the last poll that was answered as pending
	pending  int       // polls answered authorization_pending
	expires  time.Time
}

// verdict is what to do about a poll that go-oidc would answer as pending.
type verdict struct {
	tooFast  bool
	approve  bool
	decideBy string // what the user's decision is made with
}

func newPolls(interval, lifetime time.Duration, approveAfter int) *polls {
	return &polls{interval: interval, lifetime: lifetime, approveAfter: approveAfter, polls: map[string]*poll{}}
}

// start begins to watch a code, about which the user decides by another.
func (d *polls) start(code, decideBy string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()

	maps.DeleteFunc(d.polls, func(_ string, p *poll) bool { return now.After(p.expires) })
	d.polls[code] = &poll{decideBy: decideBy, interval: d.interval, expires: now.Add(d.lifetime)}
}

// pending records a poll. The first may come at once; a later one may be early
// by a tenth of the interval, for the sake of timers and networks.
func (d *polls) pending(code string, now time.Time) verdict {
	d.mu.Lock()
	defer d.mu.Unlock()

	p, ok := d.polls[code]
	if !ok {
		return verdict{}
	}
	tooFast := !p.last.IsZero() && now.Sub(p.last) < p.interval*9/10
	p.last = now
	if tooFast {
		p.interval += slowDownStep
		return verdict{tooFast: true}
	}
	p.pending++
	return verdict{approve: p.pending == d.approveAfter, decideBy: p.decideBy}
}
