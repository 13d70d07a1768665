// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the end of a session by Token Revocation (RFC 7009).

package tokensource

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Revoke ends the session: it removes it from the store, and then makes the refresh
// token and the access tokens useless at the server (RFC 7009). From the call on,
// nobody gets a token, and a refresh that is under way cannot bring the session
// back: its tokens are revoked with the others. Revoke goes on when ctx ends.
//
// The error says what has failed: with the code [ErrStoreFailed] the store has not
// been cleared, which is tried again with each call for a token; with a
// [*tokenclient.Error] a token may still be good. While the server is down, that is
// tried again in the background until the source is closed. What the server refuses,
// or has no endpoint for, is tried again by calling Revoke again. Without a session
// it does nothing.
func (r *Refreshing) Revoke(ctx context.Context) error {
	s := r.state()
	s.mu.Lock()
	s.revoking++
	s.generation++
	s.current.Store(nil)
	clear(s.failures)
	s.mu.Unlock()
	err := s.detached(ctx, func(ctx context.Context, err error) error {
		defer s.revokeDone()
		err = errors.Join(err, s.clear(ctx))
		failed := s.revokeAll(ctx)
		if isPassing(failed) {
			s.later(ctx, &s.ending, s.revokeRest)
		}
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
			s.leftover = append(s.leftover, gone)
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

// revokeAll revokes all tokens that are noted. Those that could not be revoked stay
// noted.
func (s *refreshing) revokeAll(ctx context.Context) error {
	sessions, done := s.leftover, map[string]bool{}
	s.leftover = nil
	for i, gone := range sessions {
		if err := s.revokeSession(ctx, gone, done); err != nil {
			s.leftover = sessions[i:]
			return err
		}
	}
	return nil
}

// revokeRest revokes what could not be revoked. A source that is being closed has
// tried it before, and goes. The server is told whether there is a lock or not.
func (s *refreshing) revokeRest(ctx context.Context, _ error) error {
	select {
	case <-s.closing:
		return nil
	default:
	}
	if err := s.revokeAll(ctx); isPassing(err) {
		return err
	}
	return nil
}

// isPassing reports whether a request that has failed may succeed later.
func isPassing(err error) bool {
	var failed *tokenclient.Error
	return errors.As(err, &failed) && failed.Outcome != tokenclient.Final && failed.Kind != tokenclient.KindRequest
}

// abandon gives up a session that was revoked elsewhere, with what that one did not
// know of, as far as that is possible.
func (s *refreshing) abandon(ctx context.Context, gone *session) {
	s.publish(nil)
	if gone != nil {
		_ = s.revokeSession(ctx, gone, map[string]bool{}) // nobody is there to be told
	}
}

func (s *refreshing) revokeSession(ctx context.Context, gone *session, done map[string]bool) error {
	if err := s.revokeToken(ctx, gone.refreshToken, tokenclient.TokenTypeHintRefreshToken, done); err != nil {
		return err
	}
	for _, g := range gone.grants {
		if !s.isValid(g, time.Now()) && !g.token.Expiry.IsZero() {
			continue
		}
		err := s.revokeToken(ctx, g.token.AccessToken(), tokenclient.TokenTypeHintAccessToken, done)
		if err != nil && !errors.Is(err, tokenclient.ErrUnsupportedTokenType) { // they end by themselves
			return err
		}
	}
	return nil
}

func (s *refreshing) revokeToken(ctx context.Context, token, hint string, done map[string]bool) error {
	if token == "" || done[token] {
		return nil
	}
	_, err := s.client.RevokeToken(ctx, tokenclient.TokenRevocationRequest{Token: token, TokenTypeHint: hint})
	done[token] = err == nil
	return err
}
