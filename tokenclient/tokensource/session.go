// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// session is what a login has brought, as it is now: one refresh token, and an
// access token for each Target. It does not change; its methods return another
// one.
type session struct {
	refreshToken string
	idToken      string
	// claim names the refresh for which the refresh token was sent, or is about to
	// be, as long as it is not known what became of it. Empty when there is none.
	claim   string
	claimed time.Time
	grants  map[string]*grant // by the key of the Target
}

// grant is one access token.
type grant struct {
	target Target
	scope  string // that was granted, if the server said it
	token  tokenclient.Token
	issued time.Time
	jitter float64 // from 0 to 1: when it is renewed
}

// maxGrants is how many access tokens a session keeps; the oldest go.
const maxGrants = 64

// newSession returns the session that a login begins.
func newSession(response *tokenclient.TokenResponse, now time.Time) *session {
	s := &session{refreshToken: response.RefreshToken, idToken: response.IDToken, grants: map[string]*grant{}}
	if response.AccessToken != "" {
		s.grants[""] = newGrant(Target{}, response, now)
	}
	return s
}

func newGrant(target Target, response *tokenclient.TokenResponse, now time.Time) *grant {
	g := &grant{target: target.normal(), scope: response.Scope, token: response.Token(), issued: now, jitter: newJitter()}
	switch end := g.token.Expiry; {
	case !end.IsZero(): // the client knows when it has sent the request
		g.issued = end.Add(-response.ExpiresIn)
	case response.ExpiresIn > 0: // a response that the program has made by itself
		g.token.Expiry = now.Add(response.ExpiresIn)
	}
	return g
}

func newJitter() float64 {
	return rand.Float64() //nolint:gosec // it spreads requests, and guards nothing
}

// refreshed returns the session after a refresh. What the answer does not have
// stays as it was.
func (s *session) refreshed(target Target, response *tokenclient.TokenResponse, now time.Time) *session {
	next := s.unclaimed()
	if response.RefreshToken != "" {
		next.refreshToken = response.RefreshToken
	}
	if response.IDToken != "" {
		next.idToken = response.IDToken
	}
	key := target.key()
	next.grants[key] = newGrant(target, response, now)
	next.prune(key, now)
	return next
}

func (s *session) copied() *session {
	next := *s
	next.grants = maps.Clone(s.grants)
	return &next
}

func (s *session) unclaimed() *session {
	next := s.copied()
	next.claim, next.claimed = "", time.Time{}
	return next
}

func (s *session) claimedAs(claim string, at time.Time) *session {
	next := s.copied()
	next.claim, next.claimed = claim, at.Round(0).UTC()
	return next
}

// without returns the session without those access tokens, which APIs have
// refused.
func (s *session) without(rejected []string) *session {
	next := s
	for key, g := range s.grants {
		if slices.Contains(rejected, g.token.AccessToken()) {
			if next == s {
				next = s.copied()
			}
			delete(next.grants, key)
		}
	}
	return next
}

// with returns the session with the access tokens that only another one has.
func (s *session) with(other *session) *session {
	next := s.copied()
	for key, g := range other.grants {
		if next.grants[key] == nil {
			next.grants[key] = g
		}
	}
	return next
}

// keeping returns the session with those access tokens that another one has as well,
// as they are there: what was stored has lost the reading of the monotonic clock.
func (s *session) keeping(other *session) *session {
	if other == nil {
		return s
	}
	next := s.copied()
	for key, g := range s.grants {
		if kept := other.grants[key]; kept != nil && kept.isSame(g) {
			next.grants[key] = kept
		}
	}
	return next
}

func (g *grant) isSame(other *grant) bool {
	return g.token.AccessToken() == other.token.AccessToken() &&
		g.token.Expiry.Round(0).Equal(other.token.Expiry.Round(0)) && g.issued.Round(0).Equal(other.issued.Round(0))
}

// prune drops the access tokens that have ended, and those that are too many, but not
// the one that has just come.
func (s *session) prune(latest string, now time.Time) {
	maps.DeleteFunc(s.grants, func(key string, g *grant) bool {
		return key != latest && !g.token.Expiry.IsZero() && !isBefore(now, g.token.Expiry) && now.Sub(g.issued) > time.Minute
	})
	others := slices.DeleteFunc(slices.Collect(maps.Keys(s.grants)), func(key string) bool { return key == latest })
	slices.SortFunc(others, func(a, b string) int { return s.grants[a].issued.Compare(s.grants[b].issued) })
	for _, key := range others[:max(0, len(s.grants)-maxGrants)] {
		delete(s.grants, key)
	}
}

// secrets returns what must not be in an error.
func (s *session) secrets() []string {
	if s == nil {
		return nil
	}
	list := []string{s.refreshToken, s.idToken}
	for _, g := range s.grants {
		list = append(list, g.token.AccessToken())
	}
	return slices.DeleteFunc(list, func(secret string) bool { return secret == "" })
}

// end returns when the token ends; without a word from the server it lives as
// long as the default says.
func (g *grant) end(unsaid time.Duration) time.Time {
	if g.token.Expiry.IsZero() {
		return g.issued.Add(unsaid)
	}
	return g.token.Expiry
}

// isBefore compares by both clocks: the monotonic one stops while the machine
// sleeps, and the wall clock can be set.
func isBefore(now, end time.Time) bool {
	return now.Before(end) && now.Round(0).Before(end.Round(0))
}
