// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
)

// Signer makes compact JSON Web Signatures (RFC 7515 section 7.1) with one key
// and one algorithm. It is safe for concurrent use when its key is.
type Signer struct {
	algorithm string
	publicJWK string // with the required members only, in order (RFC 7638); empty for a secret
	size      int    // of a signature, in bytes
	sign      func(input []byte) ([]byte, error)
}

var (
	errNoKey     = errors.New("there is no key")
	errNotFit    = errors.New("the algorithm does not fit the key")
	errSecret    = errors.New("the secret is shorter than the hash of the algorithm")
	errSignature = errors.New("the key made an unusable signature")
)

// NewSigner returns a Signer for a private key, which may be in a KMS or an HSM.
// Without an algorithm it takes what fits: ES256 or ES384, EdDSA, PS256.
func NewSigner(key crypto.Signer, algorithm string) (*Signer, error) {
	if value := reflect.ValueOf(key); key == nil || value.Kind() == reflect.Pointer && value.IsNil() {
		return nil, errNoKey
	}
	if private, ok := key.(ed25519.PrivateKey); ok && len(private) != ed25519.PrivateKeySize { // a seed, say
		return nil, errKey
	}
	if private, ok := key.(*ecdsa.PrivateKey); ok && private.D == nil {
		return nil, errKey
	}
	public := key.Public()
	encoded, err := publicJWK(public)
	if err != nil {
		return nil, err
	}
	if algorithm == "" {
		algorithm = naturalAlgorithm(public)
	}
	s := &Signer{algorithm: algorithm, publicJWK: encoded, size: signatureSize(public)}
	if s.sign, err = signFunc(key, public, algorithm); err != nil {
		return nil, err
	}
	return s, nil
}

func naturalAlgorithm(public crypto.PublicKey) string {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		if public.Curve.Params().BitSize == 384 {
			return "ES384"
		}
		return "ES256"
	case ed25519.PublicKey:
		return "EdDSA"
	default:
		return "PS256"
	}
}

func signatureSize(public crypto.PublicKey) int {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return public.Size()
	case *ecdsa.PublicKey:
		return public.Curve.Params().BitSize / 4 // r and s
	default:
		return ed25519.SignatureSize
	}
}

func signFunc(key crypto.Signer, public crypto.PublicKey, algorithm string) (func([]byte) ([]byte, error), error) {
	switch public := public.(type) {
	case *ecdsa.PublicKey:
		bits := public.Curve.Params().BitSize
		if algorithm == "ES256" && bits == 256 || algorithm == "ES384" && bits == 384 {
			return signECDSA(key, bits), nil
		}
	case ed25519.PublicKey:
		if algorithm == "EdDSA" || algorithm == "Ed25519" {
			return func(input []byte) ([]byte, error) { return key.Sign(rand.Reader, input, crypto.Hash(0)) }, nil
		}
	case *rsa.PublicKey:
		if algorithm == "PS256" {
			return signDigest(key, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}), nil
		}
		if algorithm == "RS256" {
			return signDigest(key, crypto.SHA256), nil
		}
	}
	return nil, fmt.Errorf("%w: %q", errNotFit, algorithm)
}

func signDigest(key crypto.Signer, options crypto.SignerOpts) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return key.Sign(rand.Reader, digest[:], options)
	}
}

// signECDSA turns the DER form that crypto.Signer gives into r and s of fixed
// length (RFC 7518 section 3.4).
func signECDSA(key crypto.Signer, bits int) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		var der []byte
		var err error
		if bits == 384 {
			digest := sha512.Sum384(input)
			der, err = key.Sign(rand.Reader, digest[:], crypto.SHA384)
		} else {
			digest := sha256.Sum256(input)
			der, err = key.Sign(rand.Reader, digest[:], crypto.SHA256)
		}
		if err != nil {
			return nil, err
		}
		return fixedLength(der, bits/8)
	}
}

// fixedLength reads SEQUENCE { INTEGER r, INTEGER s }, which for these curves is
// shorter than 128 bytes, so that every length is one byte.
func fixedLength(der []byte, size int) ([]byte, error) {
	if len(der) < 2 || der[0] != 0x30 || der[1] >= 0x80 || int(der[1]) != len(der)-2 {
		return nil, errSignature
	}
	signature := make([]byte, 2*size)
	rest := der[2:]
	for _, half := range [][]byte{signature[:size], signature[size:]} {
		if len(rest) < 2 || rest[0] != 0x02 || rest[1] >= 0x80 || int(rest[1]) > len(rest)-2 {
			return nil, errSignature
		}
		number := rest[2 : 2+int(rest[1])]
		rest = rest[2+len(number):]
		for len(number) > 0 && number[0] == 0 {
			number = number[1:]
		}
		if len(number) == 0 || len(number) > size {
			return nil, errSignature
		}
		copy(half[size-len(number):], number)
	}
	if len(rest) > 0 {
		return nil, errSignature
	}
	return signature, nil
}

// NewMACSigner returns a Signer for a secret: HS256, HS384 or HS512. The secret
// must be as long as the hash (RFC 7518 section 3.2).
func NewMACSigner(secret []byte, algorithm string) (*Signer, error) {
	hash, ok := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[algorithm]
	if !ok {
		return nil, fmt.Errorf("%w: %q", errNotFit, algorithm)
	}
	if len(secret) < hash.Size() {
		return nil, errSecret
	}
	key := append([]byte(nil), secret...)
	return &Signer{algorithm: algorithm, size: hash.Size(), sign: func(input []byte) ([]byte, error) {
		mac := hmac.New(hash.New, key)
		mac.Write(input)
		return mac.Sum(nil), nil
	}}, nil
}

// Algorithm returns the alg of the signatures.
func (s *Signer) Algorithm() string { return s.algorithm }

// PublicJWK returns the public key as a JWK with its required members only, or
// nothing for a secret.
func (s *Signer) PublicJWK() string { return s.publicJWK }

// Thumbprint returns the SHA-256 thumbprint of the key, base64url-encoded (RFC
// 7638).
func (s *Signer) Thumbprint() string {
	digest := sha256.Sum256([]byte(s.publicJWK))
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// Header returns a protected header, encoded: it is the same for every signature
// of a Signer, and begins each.
func Header(header []byte) []byte {
	return append(base64.RawURLEncoding.AppendEncode(nil, header), '.')
}

// Sign returns the compact signature of a payload under an encoded header.
func (s *Signer) Sign(header, payload []byte) (string, error) {
	encoding := base64.RawURLEncoding
	signed := make([]byte, 0, len(header)+encoding.EncodedLen(len(payload))+1+encoding.EncodedLen(s.size))
	signed = append(signed, header...)
	signed = encoding.AppendEncode(signed, payload)
	signature, err := s.sign(signed)
	if err != nil {
		return "", err
	}
	if len(signature) != s.size {
		return "", errSignature
	}
	signed = append(signed, '.')
	return string(encoding.AppendEncode(signed, signature)), nil
}

// AppendID appends a new jti: 128 random bits, base64url-encoded.
func AppendID(to []byte) []byte {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return base64.RawURLEncoding.AppendEncode(to, random[:])
}
