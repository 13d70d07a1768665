// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"maps"
	"sync"
	"time"
)

// slowDownStep is added to the interval by each slow_down (RFC 8628 §3.5).
const slowDownStep = 5 * time.Second

// devicePolls remembers how each device polls, for the slow_down shim.
type devicePolls struct {
	interval     time.Duration
	lifetime     time.Duration
	approveAfter int

	mu    sync.Mutex
	polls map[string]*devicePoll // by device code
}

type devicePoll struct {
	userCode string
	interval time.Duration
	last     time.Time // of the last poll that was answered as pending
	pending  int       // polls answered authorization_pending
	expires  time.Time
}

// verdict is what to do about a poll that go-oidc would answer as pending.
type verdict struct {
	tooFast  bool
	approve  bool
	userCode string
}

func newDevicePolls(opts Options) *devicePolls {
	return &devicePolls{
		interval:     opts.DeviceInterval,
		lifetime:     opts.DeviceLifetime,
		approveAfter: opts.ApproveDeviceAfter,
		polls:        map[string]*devicePoll{},
	}
}

// start begins to watch a device code.
func (d *devicePolls) start(deviceCode, userCode string, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()

	maps.DeleteFunc(d.polls, func(_ string, p *devicePoll) bool { return now.After(p.expires) })
	d.polls[deviceCode] = &devicePoll{userCode: userCode, interval: d.interval, expires: now.Add(d.lifetime)}
}

// pending records a poll. The first may come at once; a later one may be early
// by a tenth of the interval, for the sake of timers and networks.
func (d *devicePolls) pending(deviceCode string, now time.Time) verdict {
	d.mu.Lock()
	defer d.mu.Unlock()

	p, ok := d.polls[deviceCode]
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
	return verdict{approve: p.pending == d.approveAfter, userCode: p.userCode}
}
