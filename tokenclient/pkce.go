// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements Proof Key for Code Exchange (RFC 7636), with S256 only.

package tokenclient

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// NewCodeVerifier returns a new PKCE code verifier: 32 random bytes as 43
// characters (RFC 7636 section 4.1).
func NewCodeVerifier() string { return newRandom() }

// CodeChallenge returns the S256 code challenge of a code verifier (RFC 7636
// section 4.2).
func CodeChallenge(verifier string) string {
	digest := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// newRandom returns 256 random bits as 43 characters.
func newRandom() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(bytes[:])
}

func checkCodeVerifier(verifier string) error {
	if len(verifier) < 43 || len(verifier) > 128 {
		return errors.New("must have 43 to 128 characters")
	}
	for i := range len(verifier) {
		if !isUnreserved(verifier[i]) {
			return errors.New("has a character other than A-Z a-z 0-9 - . _ ~")
		}
	}
	return nil
}
