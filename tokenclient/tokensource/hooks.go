// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"time"
)

// Hooks are called while a source works, for metrics. Each is optional. They run
// in the goroutine of what they report and must return quickly; several run at a
// time. A hook that panics is ignored.
type Hooks struct {
	// Hit is called when a caller is given a token that was there.
	Hit func(ctx context.Context)
	// Stale is called when a caller is given a token that is due for renewal,
	// because the renewal fails or takes long. The error is that of the last
	// renewal, or nil while it is under way.
	Stale func(ctx context.Context, err error)
	// RefreshAhead is called when a renewal in the background begins.
	RefreshAhead func(ctx context.Context)
	// Fetched is called when a request for a token has ended.
	Fetched func(ctx context.Context, event FetchEvent)
}

// FetchEvent is a request for a token that has ended.
type FetchEvent struct {
	// Duration is how long it took.
	Duration time.Duration
	// Ahead says that it was a renewal in the background.
	Ahead bool
	// Err is why it failed: an [*Error], or [ErrClosed] when the source was closed
	// meanwhile. It is nil after a success.
	Err error
}

func (h *Hooks) hit(ctx context.Context) {
	if h.Hit != nil {
		defer ignorePanic()
		h.Hit(ctx)
	}
}

func (h *Hooks) stale(ctx context.Context, err error) {
	if h.Stale != nil {
		defer ignorePanic()
		h.Stale(ctx, err)
	}
}

func (h *Hooks) refreshAhead(ctx context.Context) {
	if h.RefreshAhead != nil {
		defer ignorePanic()
		h.RefreshAhead(ctx)
	}
}

func (h *Hooks) fetched(ctx context.Context, event FetchEvent) {
	if h.Fetched != nil {
		defer ignorePanic()
		h.Fetched(ctx, event)
	}
}

func ignorePanic() { _ = recover() }
