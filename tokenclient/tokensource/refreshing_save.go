// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// maxSaves is how often a session is saved when others save at the same time.
const maxSaves = 5

// unsaved is a session that is not in the store yet.
type unsaved struct {
	session *session
	version string   // that it replaces
	spent   []string // refresh tokens that it replaces
	login   bool     // it replaces whatever there is
}

// put saves a session over that version.
func (s *refreshing) put(ctx context.Context, next *session, version string) (newVersion string, err error) {
	data, err := encodeSession(next)
	if err != nil {
		return "", err
	}
	err = s.ask(ctx, func(ctx context.Context) (err error) {
		newVersion, err = s.config.Store.Save(ctx, s.config.Key, data, version)
		return err
	})
	return newVersion, err
}

// save puts a session into the store and returns what is there then: this one, or
// that of a login elsewhere. When the store fails, the session is kept to be saved
// later, and returned with the error. When the store was cleared meanwhile, there is
// no session and nothing is kept.
func (s *refreshing) save(ctx context.Context, u *unsaved) (held, error) {
	for range maxSaves {
		version, err := s.put(ctx, u.session, u.version)
		switch {
		case err == nil:
			s.unsaved = nil
			return held{session: u.session, version: version}, nil
		case !errors.Is(err, ErrConflict):
			return s.postpone(ctx, u, storeFailed("save", err, u.session, s.last))
		}
		stored, err := s.fetch(ctx)
		switch {
		case err == nil && !u.login && !u.replaces(stored.session):
			s.unsaved = nil
			return stored, nil
		case err == nil && !u.login:
			u.session = u.session.with(stored.session)
		case errors.Is(err, ErrNoToken) && stored.version == "" && !u.login:
			s.unsaved = nil
			return held{}, err
		case err != nil && !errors.Is(err, ErrNoToken):
			return s.postpone(ctx, u, err)
		}
		u.version = stored.version
	}
	return s.postpone(ctx, u, storeFailed("save", errAgain))
}

// replaces reports whether a stored session is an earlier state of this one, or
// this one itself, whose save has only seemed to fail.
func (u *unsaved) replaces(stored *session) bool {
	return stored.refreshToken == u.session.refreshToken || slices.Contains(u.spent, stored.refreshToken)
}

func (s *refreshing) postpone(ctx context.Context, u *unsaved, err error) (held, error) {
	s.unsaved = u
	s.saveLater(ctx, err)
	return held{session: u.session, version: u.version}, err
}

// tell tells OnToken.
func (s *refreshing) tell(ctx context.Context, response *tokenclient.TokenResponse) error {
	if s.untold = nil; s.config.OnToken == nil {
		return nil
	}
	err := s.ask(ctx, func(ctx context.Context) error { return s.config.OnToken(ctx, response) })
	if err != nil {
		s.untold = response
		s.saveLater(ctx, storeFailed("OnToken", err, newSession(response, time.Now()), s.last))
	}
	return err
}

// saveLater reports that something could not be saved, and sees to it that it is
// tried again. The caller has the turn.
func (s *refreshing) saveLater(ctx context.Context, err error) {
	if s.config.OnSaveError != nil {
		_ = guarded(func() error {
			s.config.OnSaveError(ctx, err)
			return nil
		})
	}
	if !s.saving {
		s.saving = true
		s.later(ctx, s.saveAgain)
	}
}

// saveAgain returns an error as long as it is to be called again.
func (s *refreshing) saveAgain(ctx context.Context, closing bool) error {
	err := errStorePanicked
	_ = guarded(func() error {
		return s.alone(ctx, func(ctx context.Context, noLock error) error {
			err = s.saveNow(ctx, noLock)
			s.saving = err != nil && !closing
			return nil
		})
	})
	return err
}

// saveNow saves what is not saved, unless there is no lock for it. The caller has
// the turn.
func (s *refreshing) saveNow(ctx context.Context, noLock error) error {
	if noLock != nil {
		return noLock
	}
	if u := s.unsaved; u != nil {
		kept, err := s.save(ctx, u)
		switch {
		case err == nil:
			s.publish(kept.session)
		case s.unsaved == nil: // revoked meanwhile, elsewhere
			s.abandon(ctx, u.session)
		default:
			return err
		}
	}
	if s.untold != nil {
		return s.tell(ctx, s.untold)
	}
	return nil
}

// SetToken begins a session with what a login has brought, in place of whatever the
// store has. It may have a refresh token only, for programs that keep that
// elsewhere. SetToken goes on when ctx ends.
//
// An error with the code [ErrStoreFailed] says that the store has not taken it: it
// is in use all the same, and saving it is tried again and again.
func (r *Refreshing) SetToken(ctx context.Context, response *tokenclient.TokenResponse) error {
	switch {
	case response == nil || response.IsError() || response.AccessToken == "" && response.RefreshToken == "":
		return errors.New("tokensource: the response of the login has no token")
	case !isStorable(response.AccessToken + response.RefreshToken + response.IDToken):
		return errors.New("tokensource: the response of the login has a token with characters that no token can have")
	}
	s := r.state()
	login := &unsaved{session: newSession(response, time.Now()), login: true}
	return s.detached(ctx, func(ctx context.Context) error {
		return s.alone(ctx, func(ctx context.Context, noLock error) error { return s.begin(ctx, login, noLock) })
	})
}

// begin goes over to the session of a login. The caller has the turn.
func (s *refreshing) begin(ctx context.Context, login *unsaved, noLock error) (err error) {
	kept := held{session: login.session}
	if noLock == nil {
		kept, err = s.save(ctx, login)
	} else {
		_, err = s.postpone(ctx, login, noLock)
	}
	s.dead, s.revoked, s.untold = nil, nil, nil
	s.mu.Lock()
	clear(s.failures)
	s.rejected = nil
	s.mu.Unlock()
	s.publish(kept.session)
	return err
}
