// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// ownKeys are keys to sign with, made once for the whole run.
type ownKeys struct {
	rsa              *rsa.PrivateKey
	p256, p384, p521 *ecdsa.PrivateKey
	ed25519          ed25519.PrivateKey
}

var signingKeys = sync.OnceValue(func() (keys ownKeys) {
	keys.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	keys.p256, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	keys.p384, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	keys.p521, _ = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	_, keys.ed25519, _ = ed25519.GenerateKey(rand.Reader)
	return keys
})

// remoteKey is a key in a KMS: only its public half and its signatures are seen.
type remoteKey struct {
	public crypto.PublicKey
	sign   func(digest []byte, options crypto.SignerOpts) ([]byte, error)
}

func (k remoteKey) Public() crypto.PublicKey { return k.public }

func (k remoteKey) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	return k.sign(digest, options)
}

func remote(key crypto.Signer) remoteKey {
	return remoteKey{key.Public(), func(digest []byte, options crypto.SignerOpts) ([]byte, error) {
		return key.Sign(rand.Reader, digest, options)
	}}
}

const signedPayload = "payload: é"

// signedBy returns a compact signature of signedPayload.
func signedBy(t *testing.T, signer *jose.Signer) (string, error) {
	t.Helper()
	return signer.Sign(jose.Header([]byte(`{"alg":"`+signer.Algorithm()+`"}`)), []byte(signedPayload))
}

// requireVerified has go-jose verify a compact signature of signedPayload.
func requireVerified(t *testing.T, compact, algorithm string, key any) {
	t.Helper()
	parsed, err := gojose.ParseSignedCompact(compact, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)})
	require.NoError(t, err)
	payload, err := parsed.Verify(key)
	require.NoError(t, err)
	require.Equal(t, signedPayload, string(payload))
}

func TestSignedIsVerified(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	tests := map[string]struct {
		key             crypto.Signer
		algorithm, want string
	}{
		"ES256 by default": {keys.p256, "", "ES256"},
		"ES256":            {keys.p256, "ES256", "ES256"},
		"ES384 by default": {keys.p384, "", "ES384"},
		"ES384":            {keys.p384, "ES384", "ES384"},
		"EdDSA by default": {keys.ed25519, "", "EdDSA"},
		"EdDSA":            {keys.ed25519, "EdDSA", "EdDSA"},
		"PS256 by default": {keys.rsa, "", "PS256"},
		"PS256":            {keys.rsa, "PS256", "PS256"},
		"RS256":            {keys.rsa, "RS256", "RS256"},
	}
	for name, test := range tests {
		for where, key := range map[string]crypto.Signer{"local": test.key, "remote": remote(test.key)} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				signer, err := jose.NewSigner(key, test.algorithm)
				require.NoError(t, err)
				assert.Equal(t, test.want, signer.Algorithm())
				compact, err := signedBy(t, signer)
				require.NoError(t, err)
				requireVerified(t, compact, test.want, test.key.Public())
			})
		}
	}
}

// TestSignEd25519Name has the algorithm under its own name (RFC 9864), which
// go-jose does not know.
func TestSignEd25519Name(t *testing.T) {
	t.Parallel()
	key := signingKeys().ed25519
	signer, err := jose.NewSigner(key, "Ed25519")
	require.NoError(t, err)
	assert.Equal(t, "Ed25519", signer.Algorithm())
	compact, err := signedBy(t, signer)
	require.NoError(t, err)
	last := strings.LastIndexByte(compact, '.')
	public, ok := key.Public().(ed25519.PublicKey)
	require.True(t, ok)
	assert.True(t, ed25519.Verify(public, []byte(compact[:last]), decoded(t, compact[last+1:])))
}

// TestSignPS256Salt: the salt is as long as the hash (RFC 7518 section 3.5), which
// go-jose does not check.
func TestSignPS256Salt(t *testing.T) {
	t.Parallel()
	key := signingKeys().rsa
	signer, err := jose.NewSigner(key, "PS256")
	require.NoError(t, err)
	compact, err := signedBy(t, signer)
	require.NoError(t, err)
	last := strings.LastIndexByte(compact, '.')
	digest := sha256.Sum256([]byte(compact[:last]))
	options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
	require.NoError(t, rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, digest[:], decoded(t, compact[last+1:]), options))
}

func TestSignWithSecret(t *testing.T) {
	t.Parallel()
	for algorithm, size := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			secret := []byte(strings.Repeat("s3cr3t-b", size/8))
			signer, err := jose.NewMACSigner(secret, algorithm)
			require.NoError(t, err)
			assert.Equal(t, algorithm, signer.Algorithm())
			assert.Empty(t, signer.PublicJWK())
			clear(secret) // it is the caller's
			compact, err := signedBy(t, signer)
			require.NoError(t, err)
			requireVerified(t, compact, algorithm, []byte(strings.Repeat("s3cr3t-b", size/8)))

			_, err = jose.NewMACSigner(secret[:size-1], algorithm)
			require.ErrorContains(t, err, "the secret is shorter than the hash")
		})
	}
	for _, algorithm := range []string{"", "none", "RS256", "ES256", "hs256", "HS257"} {
		_, err := jose.NewMACSigner(make([]byte, 64), algorithm)
		require.ErrorContains(t, err, fmt.Sprintf("the algorithm does not fit the key: %q", algorithm))
	}
}

// TestSignECDSAMany finds r and s with leading zero bytes, one in 128.
func TestSignECDSAMany(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	for name, test := range map[string]struct {
		key   *ecdsa.PrivateKey
		count int
	}{"ES256": {keys.p256, 1000}, "ES384": {keys.p384, 200}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signer, err := jose.NewSigner(test.key, name)
			require.NoError(t, err)
			seen := make(map[string]bool, test.count)
			for range test.count {
				compact, err := signedBy(t, signer)
				require.NoError(t, err)
				require.False(t, seen[compact])
				seen[compact] = true
				requireVerified(t, compact, name, &test.key.PublicKey)
			}
		})
	}
}

func TestSignReadsDER(t *testing.T) {
	t.Parallel()
	one, full := []byte{1}, append([]byte{0x7f}, make([]byte, 31)...)
	high := append([]byte{0}, append([]byte{0xff}, make([]byte, 31)...)...)
	tests := map[string]struct {
		der  []byte
		r, s []byte // nil = refused
	}{
		"short r and s":     {der(one, one), one, one},
		"full length":       {der(full, full), full, full},
		"highest bit set":   {der(high, high), high[1:], high[1:]},
		"short r, full s":   {der(one, full), one, full},
		"zeros in front":    {der([]byte{0, 0, 0, 5}, one), []byte{5}, one},
		"r too long":        {der(append(one, full...), one), nil, nil},
		"s too long":        {der(one, append(one, full...)), nil, nil},
		"r is zero":         {der([]byte{0}, one), nil, nil},
		"s is empty":        {der(one, nil), nil, nil},
		"nothing":           {nil, nil, nil},
		"one byte":          {[]byte{0x30}, nil, nil},
		"empty sequence":    {[]byte{0x30, 0}, nil, nil},
		"r alone":           {[]byte{0x30, 3, 2, 1, 1}, nil, nil},
		"r without length":  {[]byte{0x30, 1, 2}, nil, nil},
		"no sequence":       {append([]byte{0x31}, der(one, one)[1:]...), nil, nil},
		"r is no integer":   {[]byte{0x30, 6, 3, 1, 1, 2, 1, 1}, nil, nil},
		"s is no integer":   {[]byte{0x30, 6, 2, 1, 1, 4, 1, 1}, nil, nil},
		"trailing data":     {append(der(one, one), 0), nil, nil},
		"a third integer":   {[]byte{0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1}, nil, nil},
		"cut short":         {der(one, one)[:7], nil, nil},
		"sequence too long": {[]byte{0x30, 7, 2, 1, 1, 2, 1, 1}, nil, nil},
		"r beyond the end":  {[]byte{0x30, 6, 2, 5, 1, 2, 1, 1}, nil, nil},
		"s beyond the end":  {[]byte{0x30, 6, 2, 1, 1, 2, 2, 1}, nil, nil},
		"long length":       {[]byte{0x30, 0x81, 6, 2, 1, 1, 2, 1, 1}, nil, nil},
		"r of long length":  {[]byte{0x30, 7, 2, 0x81, 1, 1, 2, 1, 1}, nil, nil},
		"r and s, no DER":   {append(append([]byte(nil), full...), full...), nil, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signer, err := jose.NewSigner(answering(&signingKeys().p256.PublicKey, test.der), "ES256")
			require.NoError(t, err)
			compact, err := signedBy(t, signer)
			if test.r == nil {
				require.ErrorContains(t, err, "the key made an unusable signature")
				require.Empty(t, compact)
				return
			}
			require.NoError(t, err)
			want := make([]byte, 64)
			new(big.Int).SetBytes(test.r).FillBytes(want[:32])
			new(big.Int).SetBytes(test.s).FillBytes(want[32:])
			assert.Equal(t, base64.RawURLEncoding.EncodeToString(want), compact[strings.LastIndexByte(compact, '.')+1:])
		})
	}
}

// der returns SEQUENCE { INTEGER r, INTEGER s } of the bytes as they are.
func der(r, s []byte) []byte {
	content := append([]byte{2, byte(len(r))}, r...)
	content = append(append(content, 2, byte(len(s))), s...)
	return append([]byte{0x30, byte(len(content))}, content...)
}

func answering(public crypto.PublicKey, signature []byte) remoteKey {
	return remoteKey{public, func([]byte, crypto.SignerOpts) ([]byte, error) { return signature, nil }}
}

func TestSignUnusableSignature(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	for name, public := range map[string]crypto.PublicKey{"RSA": keys.rsa.Public(), "Ed25519": keys.ed25519.Public()} {
		for _, length := range []int{0, 63, 255, 257} {
			signer, err := jose.NewSigner(answering(public, make([]byte, length)), "")
			require.NoError(t, err)
			compact, err := signedBy(t, signer)
			require.ErrorContains(t, err, "the key made an unusable signature", "%s, %d bytes", name, length)
			require.Empty(t, compact)
		}
	}
}

func TestSignFails(t *testing.T) {
	t.Parallel()
	keys, refused := signingKeys(), errors.New("the KMS says no")
	for name, key := range map[string]crypto.Signer{
		"RSA": keys.rsa, "P-256": keys.p256, "P-384": keys.p384, "Ed25519": keys.ed25519,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := remoteKey{key.Public(), func([]byte, crypto.SignerOpts) ([]byte, error) { return []byte("x"), refused }}
			signer, err := jose.NewSigner(failing, "")
			require.NoError(t, err)
			compact, err := signedBy(t, signer)
			require.ErrorIs(t, err, refused)
			require.Empty(t, compact)
		})
	}
}

// foreignCurve is a curve of 256 bits that is not P-256.
func foreignCurve() *ecdsa.PublicKey {
	curve := *elliptic.P256().Params()
	curve.Name = "secp256k1"
	curve.Gx, _ = new(big.Int).SetString("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", 16)
	curve.Gy, _ = new(big.Int).SetString("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8", 16)
	return &ecdsa.PublicKey{Curve: &curve, X: curve.Gx, Y: curve.Gy}
}

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	rsaOf := func(bits uint) crypto.Signer {
		return answering(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), bits-1), E: 65537}, nil)
	}
	const kind, fit = "neither RSA nor EC (P-256, P-384) nor Ed25519", "the algorithm does not fit the key"
	tests := map[string]struct {
		key             crypto.Signer
		algorithm, want string
	}{
		"no key":                {nil, "", "there is no key"},
		"Ed25519, seed alone":   {ed25519.PrivateKey(keys.ed25519.Seed()), "", "the key is malformed"},
		"Ed25519, empty":        {ed25519.PrivateKey(nil), "", "the key is malformed"},
		"Ed25519, no bytes":     {answering(ed25519.PublicKey{}, nil), "", "the key is malformed"},
		"EC, zero":              {&ecdsa.PrivateKey{}, "", "the key is malformed"},
		"EC, curve alone":       {&ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256()}}, "", "the key is malformed"},
		"EC, x alone":           {answering(&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1)}, nil), "", "the key is malformed"},
		"EC, public half alone": {&ecdsa.PrivateKey{PublicKey: keys.p256.PublicKey}, "", "the key is malformed"},
		"EC, nil":               {answering((*ecdsa.PublicKey)(nil), nil), "", "the key is malformed"},
		"RSA, zero":             {&rsa.PrivateKey{}, "", "the key is malformed"},
		"RSA, nil":              {answering((*rsa.PublicKey)(nil), nil), "", "the key is malformed"},
		"P-224":                 {p224, "", kind},
		"P-521":                 {keys.p521, "", kind},
		"P-521 with ES512":      {keys.p521, "ES512", kind},
		"secp256k1":             {answering(foreignCurve(), nil), "ES256", kind},
		"not on the curve":      {answering(&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}, nil), "", kind},
		"no public key":         {answering(nil, nil), "", kind},
		"public key as a value": {answering(keys.p256.PublicKey, nil), "", kind},
		"RSA of 1024 bits":      {weak, "", "fewer than 2048 bits"},
		"RSA of 2047 bits":      {rsaOf(2047), "", "fewer than 2048 bits"},
		"RSA of 8193 bits":      {rsaOf(8193), "", "more than 8192 bits"},
		"ES384 with P-256":      {keys.p256, "ES384", fit + `: "ES384"`},
		"ES256 with P-384":      {keys.p384, "ES256", fit + `: "ES256"`},
		"EdDSA with P-256":      {keys.p256, "EdDSA", fit},
		"PS256 with P-256":      {keys.p256, "PS256", fit},
		"ES256 with RSA":        {keys.rsa, "ES256", fit},
		"RS384":                 {keys.rsa, "RS384", fit},
		"RS1":                   {keys.rsa, "RS1", fit},
		"HS256 with RSA":        {keys.rsa, "HS256", fit},
		"RS256 with Ed25519":    {keys.ed25519, "RS256", fit},
		"none":                  {keys.p256, "none", fit},
		"lower case":            {keys.p256, "es256", fit},
		"unknown":               {keys.p256, `a"b`, fit + `: "a\"b"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signer, err := jose.NewSigner(test.key, test.algorithm)
			require.ErrorContains(t, err, test.want)
			require.Nil(t, signer)
		})
	}
	for _, bits := range []uint{2048, 8192} {
		_, err := jose.NewSigner(rsaOf(bits), "")
		require.NoError(t, err, bits)
	}
}

func TestHeaderAndID(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "eyJhbGciOiJFUzI1NiJ9.", string(jose.Header([]byte(`{"alg":"ES256"}`))))
	seen := make(map[string]bool, 10_000)
	for range 10_000 {
		id, found := strings.CutPrefix(string(jose.AppendID([]byte("jti:"))), "jti:")
		require.True(t, found)
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(id)
		require.NoError(t, err)
		require.Len(t, decoded, 16)
		require.False(t, seen[id])
		seen[id] = true
	}
}
