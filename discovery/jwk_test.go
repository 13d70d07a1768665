// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"strings"
)

func base64url(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }

func random(length int) []byte {
	octets := make([]byte, length)
	_, _ = rand.Read(octets) // never fails
	return octets
}

// keySet is a document of keys, each of them JSON.
func keySet(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func ecJWK(curve elliptic.Curve) object {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		return object{"error": err.Error()}
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return object{"error": err.Error()}
	}
	private, err := key.Bytes()
	if err != nil {
		return object{"error": err.Error()}
	}
	half := (len(point) - 1) / 2
	return object{
		"kty": "EC", "crv": curve.Params().Name, "x": base64url(point[1 : 1+half]), "y": base64url(point[1+half:]), "d": base64url(private),
	}
}

// ecKey is a public key with that kid.
func ecKey(id string) string {
	return ecJWK(elliptic.P256()).without("d").with("kid", id).text()
}

// rsaJWK is a public key with a modulus of that length, of which nobody knows the factors.
func rsaJWK(bits int) object {
	modulus := random((bits + 7) / 8)
	modulus[0] = modulus[0]&(0xff>>((8-bits%8)%8)) | 1<<((bits+7)%8)
	modulus[len(modulus)-1] |= 1
	return object{"kty": "RSA", "n": base64url(modulus), "e": "AQAB"}
}

func edJWK() object {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return object{"error": err.Error()}
	}
	return object{"kty": "OKP", "crv": "Ed25519", "x": base64url(public), "d": base64url(private.Seed())}
}
