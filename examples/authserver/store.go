// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// pruneEvery is how many saves pass between two removals of what expired.
const pruneEvery = 4096

// store keeps grants and sessions in memory. It replaces go-oidc's own store,
// which keeps 100 entries, evicts the oldest, and hands out shared pointers.
//
// What it hands out is a copy, and a copy can be saved only while nobody else
// has saved the same grant: a code or a refresh token that two requests redeem
// at the same moment works for one of them.
type store struct {
	deviceLifetime int // seconds
	retention      int // seconds that a grant without refresh token is kept

	mu       sync.Mutex
	saves    int
	grants   map[string]goidc.Grant
	sessions map[string]goidc.AuthnSession
	// ids maps each code, refresh token, device code, user code, auth_req_id and
	// pushed request to the ID of its grant or session.
	ids map[handle]string
}

// handle is a secondary key.
type handle struct{ kind, value string }

const (
	byCode       = "authorization code"
	byRefresh    = "refresh token"
	byDevice     = "device code of a grant"
	byDeviceWait = "device code of a session"
	byUserCode   = "user code"
	byAuthReq    = "auth_req_id of a grant"
	byAuthWait   = "auth_req_id of a session"
	byPushed     = "pushed request"
)

var (
	_ goidc.GrantManager        = (*store)(nil)
	_ goidc.AuthManager         = (*store)(nil)
	_ goidc.RefreshTokenManager = (*store)(nil)
	_ goidc.DeviceAuthManager   = (*store)(nil)
	_ goidc.CIBAManager         = (*store)(nil)
	_ goidc.PARManager          = (*store)(nil)
)

func newStore(opts Options) *store {
	return &store{
		deviceLifetime: seconds(opts.DeviceLifetime),
		retention:      seconds(opts.AccessTokenLifetime + opts.CodeLifetime + opts.DeviceLifetime),
		grants:         map[string]goidc.Grant{},
		sessions:       map[string]goidc.AuthnSession{},
		ids:            map[handle]string{},
	}
}

// SaveGrant implements [goidc.GrantManager].
func (s *store) SaveGrant(_ context.Context, g *goidc.Grant) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	old, ok := s.grants[g.ID]
	if ok && old.Store[versionKey] != g.Store[versionKey] {
		return goidc.NewError(goidc.ErrorCodeInvalidGrant, "the grant was used by another request")
	}
	g.Store = nextVersion(g.Store)
	if old.RefreshToken != g.RefreshToken {
		delete(s.ids, handle{byRefresh, old.RefreshToken})
	}
	s.grants[g.ID] = copyGrant(*g)
	s.index(g.ID, handle{byCode, g.AuthCode}, handle{byRefresh, g.RefreshToken},
		handle{byDevice, g.DeviceCode}, handle{byAuthReq, g.AuthReqID})
	s.prune()
	return nil
}

// Grant implements [goidc.GrantManager].
func (s *store) Grant(_ context.Context, id string) (*goidc.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	g, ok := s.grants[id]
	if !ok {
		return nil, goidc.ErrNotFound
	}
	g = copyGrant(g)
	return &g, nil
}

// GrantByAuthCode implements [goidc.AuthManager].
func (s *store) GrantByAuthCode(ctx context.Context, code string) (*goidc.Grant, error) {
	return s.Grant(ctx, s.id(byCode, code))
}

// GrantByRefreshToken implements [goidc.RefreshTokenManager].
func (s *store) GrantByRefreshToken(ctx context.Context, token string) (*goidc.Grant, error) {
	return s.Grant(ctx, s.id(byRefresh, token))
}

// GrantByDeviceCode implements [goidc.DeviceAuthManager].
func (s *store) GrantByDeviceCode(ctx context.Context, code string) (*goidc.Grant, error) {
	return s.Grant(ctx, s.id(byDevice, code))
}

// GrantByAuthReqID implements [goidc.CIBAManager].
func (s *store) GrantByAuthReqID(ctx context.Context, id string) (*goidc.Grant, error) {
	return s.Grant(ctx, s.id(byAuthReq, id))
}

// SaveSession implements [goidc.AuthManager], [goidc.DeviceAuthManager] and
// [goidc.CIBAManager].
func (s *store) SaveSession(_ context.Context, as *goidc.AuthnSession) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	old, ok := s.sessions[as.ID]
	if ok && old.Store[versionKey] != as.Store[versionKey] {
		return goidc.NewError(goidc.ErrorCodeInvalidRequest, "the session was used by another request")
	}
	if !ok && as.DeviceCode != "" {
		// go-oidc has no option for this lifetime.
		as.ExpiresAt = as.CreatedAt + s.deviceLifetime
	}
	as.Store = nextVersion(as.Store)
	s.sessions[as.ID] = copySession(*as)
	s.index(as.ID, handle{byDeviceWait, as.DeviceCode}, handle{byUserCode, as.UserCode},
		handle{byAuthWait, as.AuthReqID}, handle{byPushed, as.PushedAuthReqID})
	s.prune()
	return nil
}

// Session implements [goidc.AuthManager], [goidc.DeviceAuthManager] and
// [goidc.CIBAManager].
func (s *store) Session(_ context.Context, id string) (*goidc.AuthnSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	as, ok := s.sessions[id]
	if !ok {
		return nil, goidc.ErrNotFound
	}
	as = copySession(as)
	return &as, nil
}

// SessionByUserCode implements [goidc.DeviceAuthManager]. A person may type
// the code in lower case, with spaces and dashes.
func (s *store) SessionByUserCode(ctx context.Context, code string) (*goidc.AuthnSession, error) {
	code = strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(code))
	return s.Session(ctx, s.id(byUserCode, code))
}

// SessionByDeviceCode implements [goidc.DeviceAuthManager].
func (s *store) SessionByDeviceCode(ctx context.Context, code string) (*goidc.AuthnSession, error) {
	return s.Session(ctx, s.id(byDeviceWait, code))
}

// SessionByAuthReqID implements [goidc.CIBAManager].
func (s *store) SessionByAuthReqID(ctx context.Context, id string) (*goidc.AuthnSession, error) {
	return s.Session(ctx, s.id(byAuthWait, id))
}

// SessionByPushedAuthReqID implements [goidc.PARManager].
func (s *store) SessionByPushedAuthReqID(ctx context.Context, id string) (*goidc.AuthnSession, error) {
	return s.Session(ctx, s.id(byPushed, id))
}

// id returns the grant or session of a secondary key, or "".
func (s *store) id(kind, value string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[handle{kind, value}]
}

// index points the handles that have a value to id.
func (s *store) index(id string, handles ...handle) {
	for _, h := range handles {
		if h.value != "" {
			s.ids[h] = id
		}
	}
}

// prune removes, now and then, what expired. A session is kept for a while
// longer, so that a late poll is told expired_token.
func (s *store) prune() {
	s.saves++
	if s.saves%pruneEvery != 0 {
		return
	}
	now := int(time.Now().Unix())
	maps.DeleteFunc(s.grants, func(_ string, g goidc.Grant) bool {
		if g.RefreshToken != "" {
			return now >= g.RefreshTokenExpiresAt
		}
		return now >= g.CreatedAt+s.retention
	})
	maps.DeleteFunc(s.sessions, func(_ string, as goidc.AuthnSession) bool {
		return now >= as.ExpiresAt+s.retention
	})
	maps.DeleteFunc(s.ids, func(_ handle, id string) bool {
		_, isGrant := s.grants[id]
		_, isSession := s.sessions[id]
		return !isGrant && !isSession
	})
}

// versionKey is where a grant and a session carry their version.
const versionKey = "authserver.version"

// nextVersion returns a copy of a Store map with the version counted up.
func nextVersion(m map[string]any) map[string]any {
	next := maps.Clone(m)
	if next == nil {
		next = map[string]any{}
	}
	version, _ := next[versionKey].(int)
	next[versionKey] = version + 1
	return next
}

func copyGrant(g goidc.Grant) goidc.Grant {
	g.Store = maps.Clone(g.Store)
	return g
}

func copySession(as goidc.AuthnSession) goidc.AuthnSession {
	as.Store = maps.Clone(as.Store)
	return as
}
