// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"os"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// Key is the private key that a client signs with.
type Key struct{ file, id, algorithm *string }

// KeyFlags defines the flags for the key of a client; flag.Parse comes next.
func KeyFlags() *Key {
	return &Key{
		file:      String("key", "KEY_FILE", "file that holds the private key, as PEM or JWK; without one a key is made"),
		id:        String("key-id", "KEY_ID", "what the server calls the key (kid); by default the name in the JWK, if any"),
		algorithm: String("algorithm", "ALGORITHM", "PS256, RS256, ES256, ES384 or EdDSA; by default what fits the key"),
	}
}

// Read returns the key, and what goes with it into the assertions.
func (k *Key) Read() (crypto.Signer, clientauth.JWTOptions, error) {
	key, options, err := readKey(*k.file)
	options.KeyID = cmp.Or(*k.id, options.KeyID)
	options.Algorithm = cmp.Or(*k.algorithm, options.Algorithm)
	return key, options, err
}

func readKey(file string) (key crypto.Signer, options clientauth.JWTOptions, err error) {
	if file == "" {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return key, clientauth.JWTOptions{KeyID: "example"}, err
	}
	text, err := os.ReadFile(file) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, options, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return clientauth.ParsePrivateKeyJWK(text)
	}
	key, err = clientauth.ParsePrivateKeyPEM(text)
	return key, options, err
}
