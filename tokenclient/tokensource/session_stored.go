// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// sessionFormat is the version of the stored form of a session. Whoever changes
// the form changes it.
const sessionFormat = 1

// storedSession is the stored form of a session: JSON, in clear. There is no key
// in it: a DPoP key is not stored.
type storedSession struct {
	Format       int           `json:"format"`
	RefreshToken string        `json:"refresh_token,omitempty"`
	IDToken      string        `json:"id_token,omitempty"`
	Claim        string        `json:"claim,omitempty"`
	Claimed      time.Time     `json:"claimed,omitzero"`
	Tokens       []storedGrant `json:"tokens,omitempty"`
}

type storedGrant struct {
	Scope        string     `json:"scope,omitempty"`
	Resource     []string   `json:"resource,omitempty"`
	Parameters   url.Values `json:"parameters,omitempty"`
	GrantedScope string     `json:"granted_scope,omitempty"`
	AccessToken  string     `json:"access_token"`
	TokenType    string     `json:"token_type,omitempty"`
	Expiry       time.Time  `json:"expiry,omitzero"`
	Issued       time.Time  `json:"issued"`
}

func encodeSession(s *session) ([]byte, error) {
	stored := storedSession{
		Format: sessionFormat, RefreshToken: s.refreshToken, IDToken: s.idToken,
		Claim: s.claim, Claimed: s.claimed.Round(0).UTC(),
	}
	for _, key := range slices.Sorted(maps.Keys(s.grants)) {
		g := s.grants[key]
		stored.Tokens = append(stored.Tokens, storedGrant{
			Scope: g.target.Scope, Resource: g.target.Resource, Parameters: g.target.Parameters, GrantedScope: g.scope,
			AccessToken: g.token.AccessToken(), TokenType: g.token.Type,
			Expiry: g.token.Expiry.Round(0).UTC(), Issued: g.issued.Round(0).UTC(),
		})
	}
	data, err := json.Marshal(stored) //nolint:gosec // storing it is the purpose
	if err != nil {
		return nil, errors.New("the session cannot be encoded") // json quotes values
	}
	return data, nil
}

// decodeSession returns what was encoded. It takes exactly what encodeSession
// makes, and nothing else: what was damaged must not be sent to a server.
func decodeSession(data []byte) (s *session, ok bool) {
	var stored storedSession
	if err := json.Unmarshal(data, &stored); err != nil || stored.Format != sessionFormat {
		return nil, false
	}
	s = &session{
		refreshToken: stored.RefreshToken, idToken: stored.IDToken,
		claim: stored.Claim, claimed: stored.Claimed, grants: map[string]*grant{},
	}
	for _, token := range stored.Tokens {
		target := Target{Scope: token.Scope, Resource: token.Resource, Parameters: token.Parameters}
		if token.AccessToken == "" {
			return nil, false
		}
		s.grants[target.key()] = &grant{
			target: target, scope: token.GrantedScope, issued: token.Issued, jitter: newJitter(),
			token: tokenclient.NewToken(token.AccessToken, token.TokenType, token.Expiry),
		}
	}
	again, err := encodeSession(s)
	return s, err == nil && bytes.Equal(again, data)
}

// isStorable reports whether a token can be in a form and in JSON.
func isStorable(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' })
}

// isOtherIdentity reports whether the ID token of a refresh is about another user,
// or of another issuer, than that of the login (OpenID Connect Core section 12.2).
// An ID token that cannot be read, because it is encrypted, tells nothing.
func isOtherIdentity(before, after string) bool {
	old, ok := identityOf(before)
	if !ok {
		return false
	}
	renewed, ok := identityOf(after)
	return ok && renewed != old
}

type identity struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
}

func identityOf(idToken string) (who identity, ok bool) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return identity{}, false
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(claims, &who) != nil {
		return identity{}, false
	}
	return who, true
}
