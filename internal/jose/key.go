// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package jose reads JSON Web Keys (RFC 7517) and verifies signatures (RFC 7515).
// It is the only place that knows go-jose, which parses what is hostile.
package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	_ "crypto/sha256" // for thumbprints
	"encoding/base64"
	"errors"
	"math"

	"github.com/go-jose/go-jose/v4"
)

// Key is one JSON Web Key.
type Key struct {
	ID         string // kid
	Type       string // kty: RSA, EC, OKP or oct
	Algorithm  string // alg
	Use        string // use
	Bits       int    // the length of the modulus, of the curve or of the secret
	Thumbprint string // RFC 7638 with SHA-256, base64url; empty for oct, which it could give away (section 7)

	// Material is the key: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or,
	// for oct, []byte. The private half of a key that has one is left out. It is
	// behind a func, where no printing can reach it.
	Material func() any
}

var (
	errKey  = errors.New("the key is malformed, or of a kind that is not known")
	errWeak = errors.New("the RSA key has fewer than 2048 bits")
)

// ParseKey reads one key, the JSON of which has been checked. Its errors do not
// quote it.
func ParseKey(text string) (Key, error) {
	var parsed jose.JSONWebKey
	if parsed.UnmarshalJSON([]byte(text)) != nil {
		return Key{}, errKey
	}
	if !parsed.IsPublic() {
		if public := parsed.Public(); public.Key != nil {
			parsed.Key = public.Key
		}
	}
	key := Key{ID: parsed.KeyID, Algorithm: parsed.Algorithm, Use: parsed.Use}
	var err error
	if key.Type, key.Bits, err = measure(parsed.Key); err != nil {
		return Key{}, err
	}
	if key.Type != "oct" { // go-jose has none for it either
		thumbprint, err := parsed.Thumbprint(crypto.SHA256)
		if err != nil {
			return Key{}, errKey
		}
		key.Thumbprint = base64.RawURLEncoding.EncodeToString(thumbprint)
	}
	key.Material = func() any { return parsed.Key }
	return key, nil
}

func measure(material any) (kty string, bits int, err error) {
	switch key := material.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 { // go-jose refuses more than 4096
			return "", 0, errWeak
		}
		if key.E < 3 || key.E%2 == 0 || key.E > math.MaxInt32 { // FIPS 186-5 section 5.4, and what crypto/rsa takes
			return "", 0, errKey
		}
		return "RSA", key.N.BitLen(), nil
	case *ecdsa.PublicKey:
		return "EC", key.Curve.Params().BitSize, nil
	case ed25519.PublicKey:
		return "OKP", 8 * len(key), nil
	case []byte:
		if len(key) == 0 { // go-jose takes it, and anybody can sign with it
			return "", 0, errKey
		}
		return "oct", 8 * len(key), nil
	}
	return "", 0, errKey
}
