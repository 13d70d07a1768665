// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the verification of signatures in the compact form (RFC
// 7515 section 5.2).

package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// Problem says why a signed message was refused. It never quotes the message.
type Problem string

// Error implements the error interface.
func (p Problem) Error() string { return string(p) }

// The problems of signed messages.
const (
	ErrMalformed Problem = "the JWT is malformed"
	ErrEncrypted Problem = "the JWT is encrypted, which is not supported"
	ErrAlgorithm Problem = "the JWT is signed with an algorithm that is not allowed"
	ErrCritical  Problem = "the JWT has a header, crit or b64, that changes what it means"
	ErrSignature Problem = "the signature of the JWT is wrong, or of a key that is not known"
)

// Algorithms returns the algorithms that messages can be signed with: those with
// a public key (RFC 7518 section 3.1, RFC 8037 section 3.1).
func Algorithms() []string {
	return []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
	}
}

// Message is a signed message whose signature has not been verified yet: what its
// header says is what somebody claims. Keys in the header (jwk, jku, x5c, x5u) are
// never used.
type Message struct {
	Type      string // typ
	KeyID     string // kid
	Algorithm string // alg: one of those that ParseMessage was given

	signed *jose.JSONWebSignature
}

// ParseMessage reads a message in the compact form. Of the algorithms, which are
// the ones that the caller allows, only those that [Algorithms] returns count. The
// error is a [Problem].
func ParseMessage(text string, algorithms []string) (*Message, error) {
	if err := checkCompact(text); err != nil {
		return nil, err
	}
	var allowed []jose.SignatureAlgorithm
	for _, algorithm := range Algorithms() {
		if slices.Contains(algorithms, algorithm) {
			allowed = append(allowed, jose.SignatureAlgorithm(algorithm))
		}
	}
	if len(allowed) == 0 {
		return nil, ErrAlgorithm
	}
	signed, err := jose.ParseSignedCompact(text, allowed)
	var unexpected *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &unexpected):
		return nil, ErrAlgorithm
	case err != nil || len(signed.Signatures) != 1:
		return nil, ErrMalformed
	}
	header := signed.Signatures[0].Protected
	for _, name := range []jose.HeaderKey{"crit", "b64"} {
		if _, ok := header.ExtraHeaders[name]; ok {
			return nil, ErrCritical
		}
	}
	kind, ok := header.ExtraHeaders[jose.HeaderType].(string)
	if !ok && header.ExtraHeaders[jose.HeaderType] != nil {
		return nil, ErrMalformed
	}
	return &Message{Type: kind, KeyID: header.KeyID, Algorithm: header.Algorithm, signed: signed}, nil
}

// checkCompact checks the three parts. Go's decoder skips line breaks, and takes
// bits after the last byte unless it is strict.
func checkCompact(text string) error {
	parts := strings.SplitN(text, ".", 6)
	switch {
	case len(parts) == 5:
		return ErrEncrypted
	case len(parts) != 3:
		return ErrMalformed
	}
	for _, part := range parts {
		if part == "" || strings.ContainsFunc(part, isNotBase64URL) {
			return ErrMalformed
		}
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return ErrMalformed
		}
	}
	return nil
}

func isNotBase64URL(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// Verify returns the payload when one of the keys has signed the message. The
// keys are as Key.Material returns them; one that does not fit the algorithm is
// passed over, whatever it would say. The error is [ErrSignature].
func (m *Message) Verify(keys ...any) (payload string, err error) {
	for _, key := range keys {
		if !fits(key, m.Algorithm) {
			continue
		}
		if verified, err := m.signed.Verify(key); err == nil {
			return string(verified), nil
		}
	}
	return "", ErrSignature
}

// fits reports whether an algorithm is one of a key's. A secret fits none.
func fits(material any, algorithm string) bool {
	switch key := material.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
	case *ecdsa.PublicKey:
		return algorithm == map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[key.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}
