// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import (
	"crypto/rand"
	"time"
)

// family is everything that came from one authorization; it is revoked as a
// whole.
type family struct {
	clientID string // "" is any client
	scope    string
	revoked  bool
}

type accessToken struct {
	family *family
	expiry time.Time // zero is never
}

type refreshToken struct {
	family *family
	used   bool
}

// ledger knows every credential that was issued. Its user holds the lock.
type ledger struct {
	access  map[string]accessToken
	refresh map[string]*refreshToken
	codes   map[string]*code
}

func newLedger() ledger {
	return ledger{
		access:  map[string]accessToken{},
		refresh: map[string]*refreshToken{},
		codes:   map[string]*code{},
	}
}

func (l *ledger) issueAccessToken(f *family, now time.Time, lifetime time.Duration) string {
	token := accessToken{family: f}
	if lifetime > 0 {
		token.expiry = now.Add(lifetime)
	}
	value := "at-" + rand.Text()
	l.access[value] = token
	return value
}

func (l *ledger) issueRefreshToken(f *family) string {
	value := "rt-" + rand.Text()
	l.refresh[value] = &refreshToken{family: f}
	return value
}

// TokenActive reports whether an access or refresh token would be accepted now:
// issued by this server, not expired, not replaced by rotation, not revoked.
func (s *Server) TokenActive(token string) bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens.refresh[token]; ok {
		return !t.used && !t.family.revoked
	}
	t, ok := s.tokens.access[token]
	return ok && !t.family.revoked && (t.expiry.IsZero() || now.Before(t.expiry))
}

// RevokeToken revokes an access or refresh token and everything else that came
// from the same authorization, and reports whether the token was issued here.
func (s *Server) RevokeToken(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens.refresh[token]; ok {
		t.family.revoked = true
		return true
	}
	t, ok := s.tokens.access[token]
	if ok {
		t.family.revoked = true
	}
	return ok
}

// belongsTo reports whether the client may use the family's credentials.
func (f *family) belongsTo(clientID string) bool {
	return f.clientID == "" || f.clientID == clientID
}
