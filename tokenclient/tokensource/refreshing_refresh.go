// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements refreshing with refresh tokens that are replaced (RFC 6749
// section 6, RFC 9700 section 4.14.2).

package tokensource

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	// refreshTime limits one refresh; the Client's own limits are shorter.
	refreshTime = 75 * time.Second
	// claimTime is how long a claim in a store that is no Locker is taken for a
	// refresh that is under way elsewhere.
	claimTime = 90 * time.Second
	// maxTurns is how often an attempt begins anew because the store has changed.
	maxTurns = 10

	firstClaimPause = 20 * time.Millisecond
	maxClaimPause   = time.Second
)

// errAgain says that the store has changed: what is there by now may be enough.
var errAgain = errors.New("the store changes all the time")

// held is a session as it is in the store.
type held struct {
	*session
	version  string
	repeated bool // it is claimed, and was before: the answer of then is lost
}

// obtain returns a token: the one that somebody else has got meanwhile, or that of a
// refresh. The caller has the turn.
func (s *refreshing) obtain(ctx context.Context, p *pursuit) (tokenclient.Token, error) {
	for range maxTurns {
		h, err := s.load(ctx)
		if err != nil {
			return tokenclient.Token{}, err
		}
		current := s.publish(h.session)
		if current == nil {
			return tokenclient.Token{}, noToken("it is being revoked")
		}
		if g := current.grants[p.key]; s.stage(g, time.Now()) >= p.wants {
			return g.token, nil
		}
		token, err := s.refresh(ctx, p, h)
		if !errors.Is(err, errAgain) {
			return token, err
		}
	}
	return tokenclient.Token{}, storeFailed("refresh", errAgain)
}

// load returns the session, from the store unless there is one that the store has
// not taken yet.
func (s *refreshing) load(ctx context.Context) (held, error) {
	if s.unsaved != nil {
		kept, err := s.save(ctx, s.unsaved)
		if err == nil || s.unsaved != nil {
			return kept, nil
		}
		s.abandon(ctx, s.last)
		return held{}, err
	}
	h, err := s.fetch(ctx)
	switch {
	case errors.Is(err, ErrNoToken):
		s.publish(nil)
		return held{}, err
	case err != nil:
		return held{}, err
	case s.isRevoked(h.session):
		s.publish(nil)
		_ = s.remove(ctx, h.version) // it is tried with each call
		return held{}, noToken("it was revoked")
	case h.claim != "" && slices.Contains(s.voided, h.claim):
		h.session = h.unclaimed()
	}
	return h, nil
}

// fetch reads the store.
func (s *refreshing) fetch(ctx context.Context) (held, error) {
	var data []byte
	var version string
	err := s.ask(ctx, func(ctx context.Context) (err error) {
		data, version, err = s.config.Store.Load(ctx, s.config.Key)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return held{}, noToken("the store has nothing under the key")
	case err != nil:
		return held{}, storeFailed("load", err, s.last)
	}
	stored, ok := decodeSession(data)
	if !ok {
		return held{version: version}, noToken("what the store has under the key is not a session")
	}
	return held{session: stored, version: version}, nil
}

// ask calls the store, with a time limit.
func (s *refreshing) ask(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return guarded(func() error { return do(ctx) })
}

// refresh trades in the refresh token. The error is errAgain when the store is to
// be read again.
func (s *refreshing) refresh(ctx context.Context, p *pursuit, h held) (tokenclient.Token, error) {
	if err := s.mayRefresh(ctx, h); err != nil {
		return tokenclient.Token{}, err
	}
	h, err := s.claim(ctx, h)
	if err != nil {
		return tokenclient.Token{}, err
	}
	limited, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	var response *tokenclient.TokenResponse
	err = guarded(func() (err error) {
		response, err = s.client.RequestRefreshToken(limited, tokenclient.RefreshTokenRequest{
			RefreshToken: h.refreshToken, Scope: p.target.Scope, Resource: p.target.Resource, Parameters: p.target.Parameters,
		})
		return err
	})
	if err != nil {
		return tokenclient.Token{}, s.explain(ctx, p, h, err)
	}
	if isOtherIdentity(h.idToken, response.IDToken) {
		s.dead = &deadToken{h.refreshToken, &RefreshError{Code: ErrOtherIdentity}}
		return tokenclient.Token{}, s.dead.err
	}
	return s.accept(ctx, p, h, response)
}

// mayRefresh returns why the refresh token must not be sent, if so.
func (s *refreshing) mayRefresh(ctx context.Context, h held) error {
	switch {
	case h.refreshToken == "":
		return noToken("the login has brought no refresh token")
	case s.dead != nil && s.dead.refreshToken == h.refreshToken:
		return s.dead.err
	case h.claim == "" || s.mayResend(h):
		return nil
	case s.locker == nil && h.age() < claimTime:
		return s.await(ctx, h)
	}
	return &RefreshError{Code: ErrRefreshUnknown, detail: "that of an earlier one"}
}

// mayResend reports whether the server takes a refresh token again that was sent
// before.
func (s *refreshing) mayResend(h held) bool {
	return s.config.ReuseWindow > 0 && h.age() < s.config.ReuseWindow
}

// age returns how long ago the refresh token was sent. After the wall clock was set
// back that can be in the future: then it is as good as unknown, but not young for
// ever.
func (h held) age() time.Duration { return time.Since(h.claimed).Abs() }

// await waits for a refresh that is under way elsewhere, where there is no lock to
// wait for.
func (s *refreshing) await(ctx context.Context, h held) error {
	end := time.Now().Add(claimTime)
	for pause := firstClaimPause; time.Now().Before(end); pause = min(2*pause, maxClaimPause) {
		time.Sleep(pause)
		next, err := s.fetch(ctx)
		switch {
		case err != nil:
			return err
		case next.claim != h.claim:
			return errAgain
		}
	}
	return &RefreshError{Code: ErrRefreshUnknown, detail: "that of another process"}
}

// claim notes in the store that the refresh token is about to be sent. Of one that
// the store has never seen, the note is saved with it.
func (s *refreshing) claim(ctx context.Context, h held) (held, error) {
	repeated, at := h.claim != "", time.Now()
	if repeated {
		at = h.claimed // the window began with the first one
	}
	claimed := h.claimedAs(rand.Text(), at)
	if s.unsaved != nil {
		s.unsaved.session = claimed
		return held{claimed, h.version, repeated}, nil
	}
	version, err := s.put(ctx, claimed, h.version)
	switch {
	case errors.Is(err, ErrConflict):
		return held{}, errAgain
	case err != nil:
		if !repeated {
			s.void(claimed.claim) // it may be there all the same
		}
		return held{}, storeFailed("save", err, claimed)
	}
	return held{claimed, version, repeated}, nil
}

// release takes back the claim of a refresh that has not spent the refresh token. An
// earlier one may have.
func (s *refreshing) release(ctx context.Context, h held) {
	switch {
	case h.repeated:
	case s.unsaved != nil:
		s.unsaved.session = h.unclaimed()
	default:
		s.void(h.claim)
		_, _ = s.put(ctx, h.unclaimed(), h.version) // if not, this process knows
	}
}

// void remembers that a claim which the store may have is that of a refresh token that
// was not sent, or not spent.
func (s *refreshing) void(claim string) {
	const most = 64
	s.voided = append(s.voided[max(0, len(s.voided)-most+1):], claim)
}

// explain says what a failed refresh means.
func (s *refreshing) explain(ctx context.Context, p *pursuit, h held, err error) error {
	failed := &RefreshError{Code: ErrRefreshFailed, detail: err.Error(), cause: err}
	var refused *tokenclient.Error
	lost := !errors.As(err, &refused) || refused.Outcome == tokenclient.Unknown || refused.Kind == tokenclient.KindMalformed
	switch {
	case lost && s.mayResend(h) && !p.resent:
		p.resent = true
		return errAgain
	case lost && s.mayResend(h): // but not at once: the server is down
		return failed
	case lost:
		failed.Code = ErrRefreshUnknown
		s.dead = &deadToken{h.refreshToken, failed} // the claim in the store tells it to others
		return failed
	}
	s.release(ctx, h)
	if !errors.Is(err, tokenclient.ErrInvalidGrant) {
		return failed
	}
	if now, err := s.load(ctx); err == nil && now.refreshToken != h.refreshToken {
		return errAgain // somebody has changed it meanwhile
	}
	s.dead = &deadToken{h.refreshToken, failed}
	return failed
}

// accept keeps what a refresh has brought, before anybody gets it.
func (s *refreshing) accept(ctx context.Context, p *pursuit, h held, response *tokenclient.TokenResponse) (tokenclient.Token, error) {
	next := &unsaved{session: h.refreshed(p.target, response, time.Now()), version: h.version, spent: []string{h.refreshToken}}
	if s.unsaved != nil {
		next.version, next.login = s.unsaved.version, s.unsaved.login
		next.spent = append(next.spent, s.unsaved.spent...)
	}
	kept, err := s.save(ctx, next)
	switch {
	case err != nil && s.unsaved == nil: // revoked meanwhile, elsewhere
		s.abandon(ctx, next.session)
		return tokenclient.Token{}, err
	case kept.refreshToken != next.session.refreshToken: // a login elsewhere
		return tokenclient.Token{}, errAgain
	}
	told := *response
	told.RefreshToken = cmp.Or(told.RefreshToken, h.refreshToken)
	told.IDToken = cmp.Or(told.IDToken, h.idToken)
	_ = s.tell(ctx, &told) // it is tried again
	s.publish(kept.session)
	return response.Token(), nil
}
