// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the authorization code grant (RFC 6749 §4.1.3) with PKCE
// (RFC 7636).

package tokentest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// codeLifetime is the longest that RFC 6749 §4.1.2 recommends.
const codeLifetime = 10 * time.Minute

// CodeGrant is what an authorization code made by [Server.IssueCode] stands for.
type CodeGrant struct {
	// ClientID is the client that may redeem the code. Default: any client.
	// Optional.
	ClientID string

	// RedirectURI must be repeated when the code is redeemed, character for
	// character. Default: none was sent, and none is compared. Optional.
	RedirectURI string

	// CodeChallenge is the S256 challenge, [RFC 7636 §4.2], that the
	// code_verifier must match. Default: none, and a code_verifier is refused,
	// [RFC 9700 §2.1.1]. Optional.
	//
	// [RFC 7636 §4.2]: https://www.rfc-editor.org/rfc/rfc7636#section-4.2
	// [RFC 9700 §2.1.1]: https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
	CodeChallenge string

	// Scope holds the granted scopes, separated by spaces. Optional.
	Scope string
}

type code struct {
	CodeGrant

	family *family
	expiry time.Time
	used   bool
}

// IssueCode makes an authorization code as if a user had approved a login.
//
// It is good for 10 minutes and for one attempt, even one that fails for its
// redirect_uri or code_verifier. A code that comes again is answered with
// invalid_grant, and every token that came from it is revoked,
// [RFC 6749 §4.1.2].
//
// [RFC 6749 §4.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
func (s *Server) IssueCode(grant CodeGrant) string {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	value := "code-" + rand.Text()
	s.tokens.codes[value] = &code{
		CodeGrant: grant,
		family:    &family{clientID: grant.ClientID, scope: grant.Scope},
		expiry:    now.Add(codeLifetime),
	}
	return value
}

func (s *Server) authorizationCodeGrant(r Request, clientID string) Answer {
	value := r.Form.Get("code")
	if value == "" {
		return *invalidRequest("code is missing")
	}
	c, ok := s.tokens.codes[value]
	if !ok {
		return invalidGrant("the code is unknown")
	}
	if !c.family.belongsTo(clientID) {
		return invalidGrant("the code is another client's")
	}
	if c.used {
		c.family.revoked = true
		return invalidGrant("the code was used before")
	}
	c.used = true
	switch {
	case !r.Time.Before(c.expiry):
		return invalidGrant("the code has expired")
	case c.RedirectURI != "" && c.RedirectURI != r.Form.Get("redirect_uri"):
		return invalidGrant("redirect_uri differs from the authorization request")
	case !verifyPKCE(c.CodeChallenge, r.Form.Get("code_verifier")):
		return invalidGrant("code_verifier does not match")
	}
	return s.newGrantAnswer(r, c.family)
}

func verifyPKCE(challenge, verifier string) bool {
	if challenge == "" || verifier == "" {
		return challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return wellFormedVerifier(verifier) && base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

// wellFormedVerifier checks RFC 7636 §4.1: 43 to 128 unreserved characters.
func wellFormedVerifier(verifier string) bool {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	return len(verifier) >= 43 && len(verifier) <= 128 && strings.Trim(verifier, unreserved) == ""
}
