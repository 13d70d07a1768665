// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the refresh token grant (RFC 6749 §6) with the rotation and
// reuse detection of RFC 9700 §4.14.2.

package tokentest

import (
	"net/http"
	"slices"
	"strings"
)

// RefreshGrant is what a refresh token made by [Server.IssueRefreshToken] stands
// for.
type RefreshGrant struct {
	// ClientID is the client that may use the token. Default: any client.
	// Optional.
	ClientID string

	// Scope holds the granted scopes, separated by spaces. Optional.
	Scope string
}

// IssueRefreshToken makes a refresh token as if the client had got it earlier.
//
// It works once: the answer to a refresh holds its successor. A token that comes
// again is answered with invalid_grant, and everything that came from the same
// authorization is revoked, [RFC 9700 §4.14.2].
//
// [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
func (s *Server) IssueRefreshToken(grant RefreshGrant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens.issueRefreshToken(&family{clientID: grant.ClientID, scope: grant.Scope})
}

func (s *Server) refreshTokenGrant(r Request, clientID string) Answer {
	value := r.Form.Get("refresh_token")
	if value == "" {
		return *invalidRequest("refresh_token is missing")
	}
	token, ok := s.tokens.refresh[value]
	switch {
	case !ok:
		return invalidGrant("the refresh token is unknown")
	case !token.family.belongsTo(clientID):
		return invalidGrant("the refresh token is another client's")
	case token.used:
		token.family.revoked = true
		return invalidGrant("the refresh token was used before")
	case token.family.revoked:
		return invalidGrant("the refresh token is revoked")
	}
	scope := r.Form.Get("scope")
	if scope == "" {
		scope = token.family.scope
	}
	if !withinScope(scope, token.family.scope) {
		return OAuthError(http.StatusBadRequest, "invalid_scope", "the scope exceeds what was granted")
	}
	token.used = true
	return s.tokenAnswer(r, token.family, scope, s.tokens.issueRefreshToken(token.family))
}

func withinScope(asked, granted string) bool {
	all := strings.Fields(granted)
	return !slices.ContainsFunc(strings.Fields(asked), func(scope string) bool {
		return !slices.Contains(all, scope)
	})
}
