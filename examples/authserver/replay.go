// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// replayWindow is longer than go-oidc accepts any assertion or proof.
const replayWindow = 15 * time.Minute

// seenIDs remembers the jti of assertions and DPoP proofs, each of which works
// once: go-oidc leaves that to the application.
type seenIDs struct {
	mu    sync.Mutex
	saves int
	until map[string]time.Time
}

// consume is go-oidc's callback for a jti.
func (s *seenIDs) consume(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	now := time.Now()
	if now.Before(s.until[id]) {
		return errors.New("this jti was used before")
	}
	s.until[id] = now.Add(replayWindow)
	s.saves++
	if s.saves%pruneEvery == 0 {
		maps.DeleteFunc(s.until, func(_ string, until time.Time) bool { return now.After(until) })
	}
	return nil
}
