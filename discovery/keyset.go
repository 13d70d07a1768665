// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements JSON Web Key Sets (RFC 7517 section 5).

package discovery

import (
	"slices"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jose"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// MaxKeys is how many keys of a set are read; the rest is skipped.
const MaxKeys = 100

// KeySet is the set of keys that a server had at one time. Do not change it: it
// may be shared.
type KeySet struct {
	// Keys are the usable keys, in the order of the document.
	Keys []Key
	// Skipped is how many keys were left out: malformed ones, ones of an unknown
	// kind, RSA keys with fewer than 2048 or more than 4096 bits, and those beyond
	// [MaxKeys].
	Skipped int

	raw *string // behind a pointer, where no printing reaches it: an oct key is a secret
}

// Key is one key of a server. It never prints its material.
type Key struct {
	// ID is the key's kid, or empty. Several keys may have the same.
	ID string
	// Type is the kty: RSA, EC, OKP or oct.
	Type string
	// Algorithm is the alg that the key is for, or empty when it does not say.
	Algorithm string
	// Use is sig or enc, or empty when the key does not say.
	Use string
	// Operations are the key_ops, or nil when the key does not say.
	Operations []string
	// Bits is the size of the key: of the modulus, of the curve, of the secret.
	Bits int
	// Thumbprint is the SHA-256 thumbprint, base64url-encoded (RFC 7638). It is
	// empty for oct: it could give a weak secret away (section 7).
	Thumbprint string

	material func() any
}

// Material returns the key itself: *rsa.PublicKey, *ecdsa.PublicKey,
// ed25519.PublicKey or, for oct, a []byte, which is a secret.
func (k Key) Material() any {
	if k.material == nil {
		return nil
	}
	return k.material()
}

// ParseKeySet reads a key set. Each key is read on its own: one that is malformed
// or unknown does not spoil the set. The error is an [*Error] of [KindMalformed],
// when the whole is not a set.
func ParseKeySet(body string) (*KeySet, error) {
	var keys gjson.Result
	err := jsonfield.Members(body, func(name string, value gjson.Result) {
		if name == "keys" {
			keys = value
		}
	})
	if err != nil {
		return nil, &Error{Kind: KindMalformed, detail: "key set: " + err.Error(), cause: err}
	}
	if !keys.IsArray() {
		return nil, &Error{Kind: KindMalformed, detail: "key set: the member keys is not an array"}
	}
	set := &KeySet{raw: &body}
	keys.ForEach(func(_, value gjson.Result) bool {
		if len(set.Keys) < MaxKeys {
			if key, ok := parseKey(value); ok {
				set.Keys = append(set.Keys, key)
				return true
			}
		}
		set.Skipped++
		return true
	})
	return set, nil
}

// parseKey reads one key. It is not ok when it is unusable.
func parseKey(value gjson.Result) (Key, bool) {
	if jsonfield.Check(value.Raw) != nil {
		return Key{}, false
	}
	key, err := jose.ParseKey(value.Raw)
	if err != nil {
		return Key{}, false
	}
	member := value.Get("key_ops")
	operations, ok := jsonfield.Texts(member)
	if !ok && !jsonfield.Absent(member) {
		return Key{}, false
	}
	return Key{
		ID: key.ID, Type: key.Type, Algorithm: key.Algorithm, Use: key.Use, Operations: operations,
		Bits: key.Bits, Thumbprint: key.Thumbprint, material: key.Material,
	}, true
}

// Raw returns the document as it came.
func (s *KeySet) Raw() string {
	if s.raw == nil {
		return ""
	}
	return *s.raw
}

// Find returns the keys that can verify a signature (RFC 7517 section 4): with
// that kid, or any when id is empty; of the type and curve that the algorithm
// needs, and with no other alg, or any when algorithm is empty; not for another
// use, and not for other operations.
func (s *KeySet) Find(id, algorithm string) []Key {
	var found []Key
	for _, key := range s.Keys {
		if (id == "" || key.ID == id) && key.fits(algorithm) && key.verifies() {
			found = append(found, key)
		}
	}
	return found
}

// Select returns the keys with that kid, alg and use, each of which counts as it
// is written; an empty one counts not at all.
func (s *KeySet) Select(id, algorithm, use string) []Key {
	var found []Key
	for _, key := range s.Keys {
		if (id == "" || key.ID == id) && (algorithm == "" || key.Algorithm == algorithm) && (use == "" || key.Use == use) {
			found = append(found, key)
		}
	}
	return found
}

func (k Key) verifies() bool {
	return (k.Use == "" || k.Use == "sig") && (k.Operations == nil || slices.Contains(k.Operations, "verify"))
}

// fits reports whether a key can have made a signature of that algorithm (RFC
// 7518 section 3.1, RFC 8037 section 3.1).
func (k Key) fits(algorithm string) bool {
	if algorithm == "" {
		return true
	}
	if k.Algorithm != "" && k.Algorithm != algorithm {
		return false
	}
	switch algorithm {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return k.Type == "RSA"
	case "ES256":
		return k.Type == "EC" && k.Bits == 256
	case "ES384":
		return k.Type == "EC" && k.Bits == 384
	case "ES512":
		return k.Type == "EC" && k.Bits == 521
	case "EdDSA", "Ed25519":
		return k.Type == "OKP"
	case "HS256", "HS384", "HS512":
		return k.Type == "oct"
	}
	return false
}
