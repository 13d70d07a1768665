// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the end of a session: in the store, and for those who use it.

package tokensource

import (
	"context"
	"errors"
	"slices"
)

// Revoke ends the session: it removes it from the store, and then makes the refresh
// token and the access tokens useless at the server (RFC 7009). From the call on,
// nobody gets a token, and a refresh that is under way cannot bring the session
// back: its tokens are revoked with the others. Revoke goes on when ctx ends.
//
// The error says what has failed: with the code [ErrStoreFailed] the store has not
// been cleared, which is tried again with each call for a token; with any other,
// most often a [*tokenclient.Error], a token may still be good. While the server is
// down or slow, that is tried again in the background until the source is closed; a
// new login need not wait for it. What the server refuses, or has no endpoint for, is
// tried again by calling Revoke again. Without a session it does nothing.
func (r *Refreshing) Revoke(ctx context.Context) error {
	s := r.state()
	s.mu.Lock()
	s.revoking++
	s.generation++
	s.current.Store(nil)
	clear(s.failures)
	s.mu.Unlock()
	err := s.detached(ctx, func(ctx context.Context) error {
		err := s.alone(ctx, func(ctx context.Context, err error) error {
			defer s.revokeDone()
			return errors.Join(err, s.clear(ctx))
		})
		failed := s.revokeNoted(ctx)
		s.revokeLater(ctx)
		return errors.Join(err, failed)
	})
	if errors.Is(err, ErrClosed) {
		s.revokeDone()
	}
	return err
}

// revokeDone lets callers in again.
func (s *refreshing) revokeDone() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoking--
	s.current.Store(nil)
}

// clear removes the session from the store and from memory, and notes its tokens to
// be revoked.
func (s *refreshing) clear(ctx context.Context) error {
	sessions := []*session{s.last}
	if s.unsaved != nil {
		sessions = append(sessions, s.unsaved.session)
	}
	s.last, s.unsaved, s.untold, s.dead = nil, nil, nil, nil
	var err error
	for range maxSaves {
		var h held
		h, err = s.fetch(ctx)
		if err == nil {
			sessions = append(sessions, h.session)
		}
		if err == nil || errors.Is(err, ErrNoToken) {
			err = s.remove(ctx, h.version)
		}
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	for _, gone := range sessions {
		if gone != nil {
			s.leftover.note(gone)
			s.revoked = append(s.revoked, gone.refreshToken)
		}
	}
	if err == nil {
		s.revoked = nil
	}
	return err
}

// remove clears the store.
func (s *refreshing) remove(ctx context.Context, version string) error {
	err := s.ask(ctx, func(ctx context.Context) error { return s.config.Store.Delete(ctx, s.config.Key, version) })
	if err != nil {
		return storeFailed("delete", err, s.last)
	}
	return nil
}

// isRevoked reports whether a stored session is one that should have been removed.
func (s *refreshing) isRevoked(stored *session) bool {
	return slices.Contains(s.revoked, stored.refreshToken)
}

// abandon gives up a session that was revoked elsewhere, with what that one did not
// know of, as far as that is possible: nobody is there to be told. The caller has
// the turn.
func (s *refreshing) abandon(ctx context.Context, gone *session) {
	s.publish(nil)
	if gone == nil {
		return
	}
	s.leftover.note(gone)
	s.work.Go(func() {
		_ = s.revokeNoted(ctx)
		s.revokeLater(ctx)
	})
}
