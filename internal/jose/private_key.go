// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

var (
	errPEM       = errors.New("the text is not PEM")
	errNoPrivate = errors.New("the PEM text has no private key in PKCS#1, PKCS#8 or SEC 1")
	errEncrypted = errors.New("the key is encrypted; decrypt it first")
	errPublic    = errors.New("the key is a public one; the private one is needed")
	errLarge     = errors.New("the RSA key has more than 8192 bits")
	errKind      = errors.New("the key is neither RSA nor EC (P-256, P-384) nor Ed25519")
)

// ParsePEM returns the private key in a PEM text: PKCS#1, PKCS#8 or SEC 1.
// Blocks of other kinds before it, such as EC PARAMETERS, are passed over. The
// errors do not quote the text.
func ParsePEM(text []byte) (crypto.Signer, error) {
	missing := errPEM
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, missing
		}
		text = rest
		switch block.Type {
		case "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY":
			return parseBlock(block)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errEncrypted
		case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
			missing = errPublic
		default:
			missing = errNoPrivate
		}
	}
}

func parseBlock(block *pem.Block) (crypto.Signer, error) {
	if block.Headers["DEK-Info"] != "" {
		return nil, errEncrypted
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errKey
	}
	return usable(key)
}

func usable(key any) (crypto.Signer, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errKind
	}
	if _, err := publicJWK(signer.Public()); err != nil {
		return nil, err
	}
	return signer, nil
}

// ParsePrivateJWK returns the private key in a JWK, with its kid and alg. The
// errors do not quote the text.
func ParsePrivateJWK(text []byte) (key crypto.Signer, id, algorithm string, err error) {
	var parsed jose.JSONWebKey
	switch err := parsed.UnmarshalJSON(text); {
	case err != nil:
		return nil, "", "", errKey
	case parsed.IsPublic():
		return nil, "", "", errPublic
	}
	if key, err = usable(parsed.Key); err != nil {
		return nil, "", "", err
	}
	if key, err = derived(key); err != nil {
		return nil, "", "", err
	}
	return key, parsed.KeyID, parsed.Algorithm, nil
}

// derived returns the key with its public half made from the private one, and with
// what makes RSA fast. go-jose takes x and y of an EC key as they are, and a proof
// would then show another key than the one that signed it.
func derived(key crypto.Signer) (crypto.Signer, error) {
	encoded, _ := x509.MarshalPKCS8PrivateKey(key) // of what cannot be encoded nothing is decoded
	decoded, err := x509.ParsePKCS8PrivateKey(encoded)
	if err != nil {
		return nil, errKey
	}
	made, err := usable(decoded)
	if err != nil {
		return nil, err
	}
	given, _ := publicJWK(key.Public())
	if found, _ := publicJWK(made.Public()); found != given {
		return nil, errKey
	}
	return made, nil
}

// publicJWK returns a public key as a JWK that has the required members only, in
// the order that a thumbprint is made from (RFC 7638 section 3.2). Weak keys and
// other kinds are refused.
func publicJWK(public crypto.PublicKey) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if isIncomplete(key) {
			return "", errKey
		}
		size := key.Curve.Params().BitSize
		point, err := key.Bytes() // 4, x, y
		if err != nil || size != 256 && size != 384 {
			return "", errKind
		}
		x, y := point[1:1+size/8], point[1+size/8:]
		return fmt.Sprintf(`{"crv":"P-%d","kty":"EC","x":"%s","y":"%s"}`, size, encode(x), encode(y)), nil
	case ed25519.PublicKey:
		if len(key) != ed25519.PublicKeySize {
			return "", errKey
		}
		return fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, encode(key)), nil
	case *rsa.PublicKey:
		if key == nil || key.N == nil {
			return "", errKey
		}
		switch bits := key.N.BitLen(); {
		case bits < 2048:
			return "", errWeak
		case bits > 8192:
			return "", errLarge
		}
		return fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, encode(big.NewInt(int64(key.E)).Bytes()), encode(key.N.Bytes())), nil
	}
	return "", errKind
}

// isIncomplete reports a key that crypto/ecdsa would read without asking, such as
// its zero value.
func isIncomplete(key *ecdsa.PublicKey) bool {
	return key == nil || key.Curve == nil || key.X == nil || key.Y == nil
}
