// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	firstLaterPause = 250 * time.Millisecond
	maxLaterPause   = 30 * time.Second
)

// later does something in the background, again and again, until it succeeds or the
// source is closed, and then, with closing, for the last time. Nothing is held
// meanwhile. The caller is a goroutine of the source.
func (s *refreshing) later(ctx context.Context, do func(ctx context.Context, closing bool) error) {
	ctx = context.WithoutCancel(ctx)
	s.work.Go(func() {
		for pause, wait := firstLaterPause, firstLaterPause; ; {
			closing := s.waitForClose(wait)
			err := do(ctx, closing)
			if err == nil || closing {
				return
			}
			pause = min(2*pause, maxLaterPause)
			wait = max(pause, retryAfter(err))
		}
	})
}

// waitForClose reports whether the source was closed during that time.
func (s *refreshing) waitForClose(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-s.closing:
		return true
	}
}

// retryAfter returns for how long the server does not want to be asked again.
func retryAfter(err error) time.Duration {
	var refused *tokenclient.Error
	if !errors.As(err, &refused) {
		return 0
	}
	return min(refused.RetryAfter, maxRefreshAfter)
}
