// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth

import (
	"crypto"
	"fmt"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// ParsePrivateKeyPEM returns the private key in a PEM text: PKCS#1 (BEGIN RSA
// PRIVATE KEY), PKCS#8 (BEGIN PRIVATE KEY) or SEC 1 (BEGIN EC PRIVATE KEY), with an
// RSA key of 2048 to 8192 bits, an EC key on P-256 or P-384, or an Ed25519 key.
// Parse it once. The errors do not quote the text.
func ParsePrivateKeyPEM(text []byte) (crypto.Signer, error) {
	key, err := jose.ParsePEM(text)
	if err != nil {
		return nil, fmt.Errorf("clientauth: %w", err)
	}
	return key, nil
}

// ParsePrivateKeyJWK returns the private key in a JSON Web Key (RFC 7517), and
// options with the KeyID and the Algorithm that the key names. Parse it once. The
// errors do not quote the text.
func ParsePrivateKeyJWK(text []byte) (crypto.Signer, JWTOptions, error) {
	key, id, algorithm, err := jose.ParsePrivateJWK(text)
	if err != nil {
		return nil, JWTOptions{}, fmt.Errorf("clientauth: %w", err)
	}
	return key, JWTOptions{KeyID: id, Algorithm: algorithm}, nil
}
