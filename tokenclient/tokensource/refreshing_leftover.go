// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the end of a session at the server, by Token Revocation (RFC
// 7009).

package tokensource

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// revokeTime is how long an attempt to revoke goes on with the next token.
const revokeTime = 30 * time.Second

var errRevokeLate = errors.New("tokensource: not all tokens are revoked yet: it took too long")

// leftover are the tokens that are to be revoked at the server. That needs neither
// the turn nor the store, so that a server that hangs holds up nobody else.
type leftover struct {
	turn chan struct{} // full during an attempt

	mu       sync.Mutex
	tokens   []revocable
	attempts int   // that have begun
	err      error // of the last one
	retrying bool  // there is a goroutine that tries again
}

// revocable is a token that may be good yet.
type revocable struct {
	value, hint string
	end         time.Time // zero: not known
}

// note adds the tokens of a session, in front: what stays from earlier ones may be
// what the server refuses.
func (l *leftover) note(gone *session) {
	tokens := []revocable{{value: gone.refreshToken, hint: tokenclient.TokenTypeHintRefreshToken}}
	for _, key := range slices.Sorted(maps.Keys(gone.grants)) {
		token := gone.grants[key].token
		tokens = append(tokens, revocable{token.AccessToken(), tokenclient.TokenTypeHintAccessToken, token.Expiry})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = distinct(append(tokens, l.tokens...))
}

func distinct(tokens []revocable) []revocable {
	seen := map[string]bool{"": true}
	return slices.DeleteFunc(tokens, func(t revocable) bool {
		known := seen[t.value]
		seen[t.value] = true
		return known
	})
}

// revokeNoted makes an attempt to revoke all that is noted. Those who wait until it
// has ended share the next one.
func (s *refreshing) revokeNoted(ctx context.Context) error {
	l := &s.leftover
	l.mu.Lock()
	before := l.attempts
	l.mu.Unlock()
	l.turn <- struct{}{} // every attempt has time limits
	defer func() { <-l.turn }()
	l.mu.Lock()
	if l.attempts > before {
		defer l.mu.Unlock()
		return l.err
	}
	l.attempts++
	tokens := l.tokens
	l.tokens = nil
	l.mu.Unlock()
	rest, err := s.revokeEach(ctx, tokens)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens, l.err = distinct(append(l.tokens, rest...)), err
	return err
}

// revokeEach revokes one token after the other, and returns what is left. One that the
// server refuses does not keep it from the others; what may succeed later does.
func (s *refreshing) revokeEach(ctx context.Context, tokens []revocable) (left []revocable, failed error) {
	begun := time.Now()
	for i, t := range tokens {
		if !t.end.IsZero() && !isBefore(time.Now(), t.end) {
			continue
		}
		if time.Since(begun) > revokeTime {
			return append(left, tokens[i:]...), errRevokeLate
		}
		switch err := s.revokeToken(ctx, t); {
		case isPassing(err):
			return append(left, tokens[i:]...), err
		case err != nil:
			left, failed = append(left, t), cmp.Or(failed, err)
		}
	}
	return left, failed
}

func (s *refreshing) revokeToken(ctx context.Context, t revocable) error {
	err := guarded(func() error {
		_, err := s.client.RevokeToken(ctx, tokenclient.TokenRevocationRequest{Token: t.value, TokenTypeHint: t.hint})
		return err
	})
	if t.hint == tokenclient.TokenTypeHintAccessToken && errors.Is(err, tokenclient.ErrUnsupportedTokenType) {
		return nil // it ends by itself
	}
	return err
}

// revokeLater tries again in the background what is worth it.
func (s *refreshing) revokeLater(ctx context.Context) {
	l := &s.leftover
	l.mu.Lock()
	start := isPassing(l.err) && !l.retrying
	l.retrying = l.retrying || start
	l.mu.Unlock()
	if start {
		s.later(ctx, s.revokeAgain)
	}
}

// revokeAgain returns an error as long as it is to be called again. A source that is
// being closed has tried it before, and goes.
func (s *refreshing) revokeAgain(ctx context.Context, closing bool) error {
	if closing {
		return nil
	}
	_ = s.revokeNoted(ctx) // others may have made the last attempt
	l := &s.leftover
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retrying = isPassing(l.err); l.retrying {
		return l.err
	}
	return nil
}

// isPassing reports whether a request that has failed may succeed later.
func isPassing(err error) bool {
	var failed *tokenclient.Error
	if !errors.As(err, &failed) {
		return errors.Is(err, errRevokeLate)
	}
	return failed.Outcome != tokenclient.Final && failed.Kind != tokenclient.KindRequest
}
