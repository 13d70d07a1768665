// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

const (
	notPEM    = "the text is not PEM"
	noPrivate = "the PEM text has no private key in PKCS#1, PKCS#8 or SEC 1"
	encrypted = "the key is encrypted; decrypt it first"
	isPublic  = "the key is a public one; the private one is needed"
	isKind    = "the key is neither RSA nor EC (P-256, P-384) nor Ed25519"
	malformed = "the key is malformed, or of a kind that is not known"
	weak      = "the RSA key has fewer than 2048 bits"
)

// block returns a block of PEM; the content that cannot be encoded fails the test.
func block(t testing.TB, kind string) func(content []byte, err error) string {
	t.Helper()
	return func(content []byte, err error) string {
		require.NoError(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
	}
}

func pkcs8(t testing.TB, key any) string {
	t.Helper()
	return block(t, "PRIVATE KEY")(x509.MarshalPKCS8PrivateKey(key))
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	return block(t, "EC PRIVATE KEY")(x509.MarshalECPrivateKey(key))
}

func pkcs1(t testing.TB, key *rsa.PrivateKey) string {
	t.Helper()
	return block(t, "RSA PRIVATE KEY")(x509.MarshalPKCS1PrivateKey(key), nil)
}

// parameters is what openssl writes in front of a key on P-256.
const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"

func TestParsePEM(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	certificate := block(t, "CERTIFICATE")([]byte("not looked at"), nil)
	public := block(t, "PUBLIC KEY")(x509.MarshalPKIXPublicKey(keys.p256.Public()))
	tests := map[string]struct {
		text string
		want crypto.Signer
	}{
		"PKCS#1":                     {pkcs1(t, keys.rsa), keys.rsa},
		"PKCS#8 RSA":                 {pkcs8(t, keys.rsa), keys.rsa},
		"PKCS#8 P-256":               {pkcs8(t, keys.p256), keys.p256},
		"PKCS#8 P-384":               {pkcs8(t, keys.p384), keys.p384},
		"PKCS#8 Ed25519":             {pkcs8(t, keys.ed25519), keys.ed25519},
		"SEC 1 P-256":                {sec1(t, keys.p256), keys.p256},
		"SEC 1 P-384":                {sec1(t, keys.p384), keys.p384},
		"parameters before it":       {parameters + sec1(t, keys.p256), keys.p256},
		"certificates before it":     {certificate + certificate + pkcs8(t, keys.p384), keys.p384},
		"public key before it":       {public + pkcs8(t, keys.p256), keys.p256},
		"certificate after it":       {pkcs8(t, keys.p384) + certificate, keys.p384},
		"the first of several":       {pkcs8(t, keys.p384) + pkcs8(t, keys.rsa) + sec1(t, keys.p256), keys.p384},
		"text before it":             {"Bag Attributes\n    friendlyName: a\n" + pkcs8(t, keys.p256), keys.p256},
		"lines that end like DOS":    {strings.ReplaceAll(parameters+sec1(t, keys.p256), "\n", "\r\n"), keys.p256},
		"without a line end at last": {strings.TrimSpace(pkcs8(t, keys.p256)), keys.p256},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := jose.ParsePEM([]byte(test.text))
			require.NoError(t, err)
			assert.IsType(t, test.want, key)
			assert.Equal(t, test.want.Public(), key.Public())
		})
	}
}

func TestParsePEMRefuses(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	agreement, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	public := block(t, "PUBLIC KEY")(x509.MarshalPKIXPublicKey(keys.p256.Public()))
	private, junk := pkcs8(t, keys.p256), []byte("CANARY")
	legacy := string(pem.EncodeToMemory(&pem.Block{
		Type: "RSA PRIVATE KEY", Bytes: junk,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00112233445566778899AABBCCDDEEFF"},
	}))
	tests := map[string]struct{ text, want string }{
		"empty":                       {"", notPEM},
		"blank":                       {" \n", notPEM},
		"garbage":                     {"CANARY", notPEM},
		"a JWK":                       {`{"kty":"EC","d":"CANARY"}`, notPEM},
		"base64 alone":                {strings.Join(strings.Split(private, "\n")[1:3], "\n"), notPEM},
		"cut short":                   {private[:len(private)-20], notPEM},
		"content that is not base64":  {"-----BEGIN PRIVATE KEY-----\n!CANARY!\n-----END PRIVATE KEY-----\n", notPEM},
		"encrypted PKCS#8":            {block(t, "ENCRYPTED PRIVATE KEY")(junk, nil), encrypted},
		"encrypted the old way":       {legacy, encrypted},
		"parameters, then encrypted":  {parameters + strings.ReplaceAll(legacy, "RSA", "EC"), encrypted},
		"public key":                  {public, isPublic},
		"public key of PKCS#1":        {block(t, "RSA PUBLIC KEY")(x509.MarshalPKCS1PublicKey(&keys.rsa.PublicKey), nil), isPublic},
		"certificate":                 {block(t, "CERTIFICATE")(junk, nil), isPublic},
		"certificate and public key":  {block(t, "CERTIFICATE")(junk, nil) + public, isPublic},
		"parameters alone":            {parameters, noPrivate},
		"OpenSSH":                     {block(t, "OPENSSH PRIVATE KEY")(junk, nil), noPrivate},
		"PKCS#1 malformed":            {block(t, "RSA PRIVATE KEY")(junk, nil), malformed},
		"PKCS#8 malformed":            {block(t, "PRIVATE KEY")(junk, nil), malformed},
		"SEC 1 malformed":             {block(t, "EC PRIVATE KEY")(junk, nil), malformed},
		"of another kind than it is":  {strings.ReplaceAll(private, "PRIVATE", "RSA PRIVATE"), malformed},
		"empty block":                 {block(t, "PRIVATE KEY")(nil, nil), malformed},
		"the first of two, malformed": {block(t, "PRIVATE KEY")(junk, nil) + private, malformed},
		"RSA of 1024 bits, PKCS#1":    {pkcs1(t, small), weak},
		"RSA of 1024 bits, PKCS#8":    {pkcs8(t, small), weak},
		"P-224":                       {sec1(t, p224), isKind},
		"P-521, SEC 1":                {sec1(t, keys.p521), isKind},
		"P-521, PKCS#8":               {pkcs8(t, keys.p521), isKind},
		"X25519":                      {pkcs8(t, agreement), isKind},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := jose.ParsePEM([]byte(test.text))
			require.EqualError(t, err, test.want)
			require.Nil(t, key)
		})
	}
}

// jwk returns a key as a JWK, with members over those that it has; nil removes one.
func jwk(t testing.TB, key any, members map[string]any) string {
	t.Helper()
	encoded, err := gojose.JSONWebKey{Key: key}.MarshalJSON()
	require.NoError(t, err)
	all := make(map[string]any)
	require.NoError(t, json.Unmarshal(encoded, &all))
	for name, value := range members {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	encoded, err = json.Marshal(all)
	require.NoError(t, err)
	return string(encoded)
}

func TestParsePrivateJWK(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	members := map[string]any{"kid": "key 1", "alg": "PS256", "use": "sig", "key_ops": []string{"sign"}, "x-own": 1}
	tests := map[string]struct {
		text          string
		want          crypto.Signer
		id, algorithm string
	}{
		"RSA":          {jwk(t, keys.rsa, nil), keys.rsa, "", ""},
		"RSA members":  {jwk(t, keys.rsa, members), keys.rsa, "key 1", "PS256"},
		"RSA, no CRT":  {jwk(t, keys.rsa, map[string]any{"dp": nil, "dq": nil, "qi": nil}), keys.rsa, "", ""},
		"P-256":        {jwk(t, keys.p256, map[string]any{"alg": "ES256"}), keys.p256, "", "ES256"},
		"P-384":        {jwk(t, keys.p384, map[string]any{"kid": "é"}), keys.p384, "é", ""},
		"Ed25519":      {jwk(t, keys.ed25519, map[string]any{"alg": "EdDSA"}), keys.ed25519, "", "EdDSA"},
		"white space":  {"\n " + jwk(t, keys.p256, nil) + "\n", keys.p256, "", ""},
		"RFC 8037 A.1": {rfc8037, ed25519.NewKeyFromSeed(decoded(t, rfc8037Seed)), "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, id, algorithm, err := jose.ParsePrivateJWK([]byte(test.text))
			require.NoError(t, err)
			assert.Equal(t, test.want.Public(), key.Public())
			assert.Equal(t, []string{test.id, test.algorithm}, []string{id, algorithm})
			signer, err := jose.NewSigner(key, algorithm)
			require.NoError(t, err)
			compact, err := signedBy(t, signer)
			require.NoError(t, err)
			requireVerified(t, compact, signer.Algorithm(), test.want.Public())
		})
	}
}

func TestParsePrivateJWKRefuses(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	p256 := jwk(t, keys.p256, nil)
	others := make(map[string]any)
	require.NoError(t, json.Unmarshal([]byte(jwk(t, other, nil)), &others))
	tests := map[string]struct{ text, want string }{
		"empty":                  {"", malformed},
		"garbage":                {"CANARY", malformed},
		"null":                   {"null", malformed},
		"an array":               {"[" + p256 + "]", malformed},
		"a string":               {`"CANARY"`, malformed},
		"PEM":                    {pkcs8(t, keys.p256), malformed},
		"a set":                  {`{"keys":[` + p256 + `]}`, malformed},
		"two":                    {p256 + p256, malformed},
		"a member twice":         {strings.Replace(p256, "{", `{"d":"CANARY",`, 1), malformed},
		"no kty":                 {jwk(t, keys.p256, map[string]any{"kty": nil}), malformed},
		"kty unknown":            {jwk(t, keys.p256, map[string]any{"kty": "CANARY"}), malformed},
		"kty of another":         {jwk(t, keys.p256, map[string]any{"kty": "RSA"}), malformed},
		"curve unknown":          {jwk(t, keys.p256, map[string]any{"crv": "secp256k1"}), malformed},
		"curve of another":       {jwk(t, keys.p256, map[string]any{"crv": "P-384"}), malformed},
		"d not base64url":        {jwk(t, keys.p256, map[string]any{"d": "CANARY!"}), malformed},
		"d too short":            {jwk(t, keys.p256, map[string]any{"d": "CANARY"}), malformed},
		"d is a number":          {jwk(t, keys.p256, map[string]any{"d": 5}), malformed},
		"d is zero":              {jwk(t, keys.p256, map[string]any{"d": strings.Repeat("A", 43)}), malformed},
		"d of another key":       {jwk(t, keys.p256, map[string]any{"d": others["d"]}), malformed},
		"x of another key":       {jwk(t, keys.p256, map[string]any{"x": others["x"]}), malformed},
		"x and y of another":     {jwk(t, keys.p256, map[string]any{"x": others["x"], "y": others["y"]}), malformed},
		"no y":                   {jwk(t, keys.p256, map[string]any{"y": nil}), malformed},
		"Ed25519, x of another":  {jwk(t, keys.ed25519, map[string]any{"x": rfc8037X}), malformed},
		"RSA without p":          {jwk(t, keys.rsa, map[string]any{"p": nil}), malformed},
		"RSA, d of another":      {jwk(t, keys.rsa, map[string]any{"d": others["d"]}), malformed},
		"X25519":                 {jwk(t, keys.ed25519, map[string]any{"crv": "X25519"}), malformed},
		"RSA public":             {jwk(t, keys.rsa.Public(), nil), isPublic},
		"EC public":              {jwk(t, keys.p256.Public(), nil), isPublic},
		"OKP public":             {jwk(t, keys.ed25519.Public(), nil), isPublic},
		"oct":                    {`{"kty":"oct","k":"Q0FOQVJZ"}`, isKind},
		"P-521":                  {jwk(t, keys.p521, nil), isKind},
		"RSA of 1024 bits":       {jwk(t, small, nil), weak},
		"RSA public, 1024 bits":  {jwk(t, small.Public(), nil), isPublic},
		"kid is a number":        {jwk(t, keys.p256, map[string]any{"kid": 1}), malformed},
		"certificate of garbage": {jwk(t, keys.p256, map[string]any{"x5c": []string{"CANARY"}}), malformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, id, algorithm, err := jose.ParsePrivateJWK([]byte(test.text))
			require.EqualError(t, err, test.want)
			require.Nil(t, key)
			require.Empty(t, id+algorithm)
		})
	}
}
