// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"context"
	"crypto/rand"
	"math/big"
	"net/http"
	"time"

	"github.com/seed-df263610/identitymodel/internal/challenge"
)

// again decides whether the loop sends the call once more, and after which
// pause. It never returns an error, which would replace the answer.
func (f *flight) again(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	if ended(ctx) != nil || !f.mayRepeat() {
		return false, nil
	}
	wait, ok := f.wait()
	if !ok || !f.allows(ctx, wait) {
		return false, nil
	}
	f.pause = wait
	return true, nil
}

// allows reports whether time is left after a pause.
func (f *flight) allows(ctx context.Context, pause time.Duration) bool {
	then := time.Now().Add(pause)
	callers, limited := ctx.Deadline()
	return then.Before(f.deadline) && (!limited || then.Before(callers))
}

func (f *flight) backoff(time.Duration, time.Duration, int, *http.Response) time.Duration {
	return f.pause
}

func (f *flight) mayRepeat() bool {
	if f.failure == nil {
		return f.call.Class == Repeatable && asksForPatience(f.answer.StatusCode)
	}
	switch f.failure.Reason {
	case Broken, TimedOut:
		return f.call.Class == Repeatable || f.failure.NotSent
	default:
		return false
	}
}

// asksForPatience reports whether the same request may fare better later.
func asksForPatience(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// wait returns the pause before the next attempt: what the server asks for, plus
// a spread so that its clients do not come back all at once; or else full
// jitter. It is not ok when the server asks for too much.
func (f *flight) wait() (time.Duration, bool) {
	limits := f.call.Limits
	if asked, ok := challenge.RetryAfter(f.answer.Header, time.Now()); ok {
		if asked > limits.MaxRetryAfter {
			return 0, false
		}
		return asked + below(limits.MinWait), true
	}
	ceiling := limits.MinWait
	for attempt := 1; attempt < f.attempts && ceiling < limits.MaxWait; attempt++ {
		ceiling *= 2
	}
	return below(min(ceiling, limits.MaxWait)), true
}

// below returns a random duration in [0, ceiling).
func below(ceiling time.Duration) time.Duration {
	random, err := rand.Int(rand.Reader, big.NewInt(int64(max(1, ceiling))))
	if err != nil { // never, since Go 1.24
		return ceiling
	}
	return time.Duration(random.Int64())
}
