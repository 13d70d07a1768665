// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// theRSA is the key of RFC 7638 section 3.1.
const theRSA = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`

func TestKinds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		jwk      object
		kty      string
		bits     int
		material any
	}{
		"RSA 2048": {rsaJWK(2048), "RSA", 2048, &rsa.PublicKey{}},
		"RSA 3000": {rsaJWK(3000), "RSA", 3000, &rsa.PublicKey{}},
		"RSA 4096": {rsaJWK(4096), "RSA", 4096, &rsa.PublicKey{}},
		"P-256":    {ecJWK(elliptic.P256()), "EC", 256, &ecdsa.PublicKey{}},
		"P-384":    {ecJWK(elliptic.P384()).without("d"), "EC", 384, &ecdsa.PublicKey{}},
		"P-521":    {ecJWK(elliptic.P521()).without("d"), "EC", 521, &ecdsa.PublicKey{}},
		"Ed25519":  {edJWK().without("d"), "OKP", 256, ed25519.PublicKey{}},
		"oct":      {object{"kty": "oct", "k": base64url(random(32))}, "oct", 256, []byte{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jwk := test.jwk.with("kid", "the id").with("use", "sig").with("alg", "the alg").with("key_ops", []string{"verify", "x"}).with("x-vendor", 1)
			set, err := discovery.ParseKeySet(keySet(jwk.text()))
			require.NoError(t, err)
			require.Len(t, set.Keys, 1)
			key := set.Keys[0]
			assert.Equal(t, []any{"the id", test.kty, "the alg", "sig", test.bits}, []any{key.ID, key.Type, key.Algorithm, key.Use, key.Bits})
			assert.Equal(t, []string{"verify", "x"}, key.Operations)
			assert.IsType(t, test.material, key.Material())
			assert.Equal(t, test.kty == "oct", key.Thumbprint == "")
			if secret, ok := key.Material().([]byte); ok {
				assert.Equal(t, test.jwk["k"], base64url(secret))
			}
		})
	}
	assert.Nil(t, discovery.Key{}.Material())
	assert.Empty(t, new(discovery.KeySet).Raw())
}

// TestGarbage has one good key among keys that are none.
func TestGarbage(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"secp256k1":            `{"kty":"EC","crv":"secp256k1","x":"eb8NTV9GbjaZ0VWqO4Y4b3sDhfSWZHPR0a0dQ3tTTTY","y":"eb8NTV9GbjaZ0VWqO4Y4b3sDhfSWZHPR0a0dQ3tTTTY"}`,
		"X25519":               `{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}`,
		"Ed448":                `{"kty":"OKP","crv":"Ed448","x":"` + base64url(random(57)) + `"}`,
		"RSA 1024":             rsaJWK(1024).text(),
		"RSA 2047":             rsaJWK(2047).text(),
		"RSA 4097":             rsaJWK(4097).text(),
		"RSA, exponent 1":      rsaJWK(2048).with("e", "AQ").text(),
		"RSA, exponent 4":      rsaJWK(2048).with("e", "BA").text(),
		"RSA, no modulus":      `{"kty":"RSA","e":"AQAB"}`,
		"RSA, not base64":      rsaJWK(2048).with("n", "!").text(),
		"EC, not on the curve": ecJWK(elliptic.P256()).without("d").with("x", base64url(random(32))).text(),
		"EC, short":            ecJWK(elliptic.P256()).without("d").with("x", "AA").text(),
		"EC, no y":             ecJWK(elliptic.P256()).without("d", "y").text(),
		"Ed25519, short":       `{"kty":"OKP","crv":"Ed25519","x":"AA"}`,
		"oct, no k":            `{"kty":"oct"}`,
		"oct, empty k":         `{"kty":"oct","k":""}`,
		"unknown kty":          `{"kty":"AKP","alg":"ML-DSA-44","pub":"AA"}`,
		"no kty":               `{}`,
		"kty number":           `{"kty":1}`,
		"kid number":           `{"kty":"oct","k":"AAAA","kid":1}`,
		"key_ops text":         `{"kty":"oct","k":"AAAA","key_ops":"verify"}`,
		"key_ops numbers":      `{"kty":"oct","k":"AAAA","key_ops":[1]}`,
		"duplicate":            `{"kty":"oct","k":"AAAA","k":"BBBB"}`,
		"null":                 `null`,
		"text":                 `"kty"`,
		"array":                `[{"kty":"oct","k":"AAAA"}]`,
		"number":               `1`,
	}
	for name, garbage := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := discovery.ParseKeySet(keySet(garbage, theRSA, garbage))
			require.NoError(t, err)
			require.Len(t, set.Keys, 1)
			assert.Equal(t, 2, set.Skipped)
			assert.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", set.Keys[0].Thumbprint) // RFC 7638 section 3.1
		})
	}
}

func TestMaxKeys(t *testing.T) {
	t.Parallel()
	keys := []string{"null"}
	for i := range discovery.MaxKeys + 2 {
		keys = append(keys, object{"kty": "oct", "k": "AAAA", "kid": fmt.Sprint(i)}.text())
	}
	set, err := discovery.ParseKeySet(keySet(keys...))
	require.NoError(t, err)
	require.Len(t, set.Keys, 100)
	assert.Equal(t, 3, set.Skipped)
	assert.Equal(t, "99", set.Keys[99].ID)
	assert.Equal(t, keySet(keys...), set.Raw())
}

func TestNotASet(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty": "", "null": "null", "array": "[" + theRSA + "]", "no keys": `{}`, "keys null": `{"keys":null}`,
		"keys object": `{"keys":` + theRSA + `}`, "duplicate": `{"keys":[],"keys":[]}`, "no JSON": "canary", "two": `{"keys":[]}{}`,
		"deep": `{"keys":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := discovery.ParseKeySet(body)
			assert.Nil(t, set)
			assert.Equal(t, discovery.KindMalformed, failure(t, err).Kind)
			assert.ErrorContains(t, err, "discovery: key set: ")
			assert.NotContains(t, err.Error(), "canary")
		})
	}
	set, err := discovery.ParseKeySet(`{"keys":[]}`)
	require.NoError(t, err)
	assert.Empty(t, set.Keys)
}

// TestPrivateKeys publishes private halves, which nobody should get.
func TestPrivateKeys(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	number := func(i *big.Int) string { return base64.RawURLEncoding.EncodeToString(i.Bytes()) }
	set, err := discovery.ParseKeySet(keySet(
		object{
			"kty": "RSA", "n": number(private.N), "e": "AQAB", "d": number(private.D),
			"p": number(private.Primes[0]), "q": number(private.Primes[1]),
		}.text(), ecJWK(elliptic.P256()).text(), ecJWK(elliptic.P521()).text(), edJWK().text()))
	require.NoError(t, err)
	require.Len(t, set.Keys, 4)
	assert.True(t, private.PublicKey.Equal(set.Keys[0].Material()))
	assert.IsType(t, &ecdsa.PublicKey{}, set.Keys[1].Material())
	assert.IsType(t, &ecdsa.PublicKey{}, set.Keys[2].Material())
	assert.IsType(t, ed25519.PublicKey{}, set.Keys[3].Material())
	for _, key := range set.Keys {
		assert.NotEmpty(t, key.Thumbprint)
	}
}

// TestKeysDoNotPrint prints a secret key in all ways.
func TestKeysDoNotPrint(t *testing.T) {
	t.Parallel()
	secret := []byte("canary-canary-canary-canary-0000")
	set, err := discovery.ParseKeySet(keySet(object{"kty": "oct", "k": base64url(secret), "kid": "visible"}.text()))
	require.NoError(t, err)
	require.Equal(t, secret, set.Keys[0].Material())
	type holder struct {
		set    discovery.KeySet
		key    discovery.Key
		keys   []discovery.Key
		deep   *discovery.KeySet
		nested map[string]discovery.Key
	}
	hidden := holder{*set, set.Keys[0], set.Keys, set, map[string]discovery.Key{"a": set.Keys[0]}}
	forms := []string{string(secret), base64url(secret), hex.EncodeToString(secret), "99 97 110 97 114 121", "0x63, 0x61"}
	for _, value := range []any{set, *set, set.Keys, set.Keys[0], &set.Keys[0], hidden, &hidden, []any{set, *set}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, value)
			require.NotEmpty(t, text)
			for _, form := range forms {
				assert.NotContains(t, strings.ToLower(text), strings.ToLower(form), "%s of %s", verb, reflect.TypeOf(value))
			}
		}
	}
	marshalled, err := json.Marshal(set.Keys) // a func that is not exported is no trouble
	require.NoError(t, err)
	assert.NotContains(t, string(marshalled), base64url(secret))
	assert.Contains(t, fmt.Sprint(set), "visible")
}

func TestFindAndSelect(t *testing.T) {
	t.Parallel()
	named := func(jwk object, id string, members ...any) string {
		jwk = jwk.without("d").with("kid", id)
		for i := 0; i < len(members); i += 2 {
			jwk = jwk.with(fmt.Sprint(members[i]), members[i+1])
		}
		return jwk.text()
	}
	set, err := discovery.ParseKeySet(keySet(
		named(rsaJWK(2048), "rsa"),
		named(rsaJWK(2048), "decoy", "use", "enc"),
		named(ecJWK(elliptic.P384()), "decoy"),
		named(ecJWK(elliptic.P256()), "decoy", "alg", "ES256", "use", "sig"),
		named(ecJWK(elliptic.P256()), "decoy", "alg", "ES384"),
		named(ecJWK(elliptic.P256()), "decoy", "key_ops", []string{"sign", "verify"}),
		named(ecJWK(elliptic.P256()), "decoy", "key_ops", []string{"encrypt"}),
		named(ecJWK(elliptic.P521()), "big", "key_ops", []string{}),
		named(edJWK(), "ed", "alg", "EdDSA"),
		named(edJWK(), "ed"),
		named(object{"kty": "oct", "k": "AAAA"}, "oct"),
		named(rsaJWK(2048), "ps", "alg", "PS256"),
	))
	require.NoError(t, err)
	require.Len(t, set.Keys, 12)
	indexes := func(keys []discovery.Key) (list []int) {
		for _, key := range keys {
			for i := range set.Keys {
				if key.Thumbprint == set.Keys[i].Thumbprint {
					list = append(list, i)
				}
			}
		}
		return list
	}
	for name, test := range map[string]struct {
		id, algorithm string
		want          []int
	}{
		"decoys":            {"decoy", "ES256", []int{3, 5}},
		"decoys, curve":     {"decoy", "ES384", []int{2}},
		"decoys, type":      {"decoy", "RS256", nil},
		"decoys, any":       {"decoy", "", []int{2, 3, 4, 5}},
		"any kid":           {"", "RS512", []int{0}},
		"any kid, PS":       {"", "PS256", []int{0, 11}},
		"other alg":         {"ps", "RS256", nil},
		"ES512":             {"", "ES512", []int{7}},
		"EdDSA":             {"ed", "EdDSA", []int{8, 9}},
		"Ed25519":           {"ed", "Ed25519", []int{9}},
		"HMAC":              {"", "HS256", []int{10}},
		"HMAC with RSA":     {"rsa", "HS256", nil},
		"none":              {"rsa", "none", nil},
		"unknown algorithm": {"", "ES256K", nil},
		"case":              {"RSA", "RS256", nil},
		"unknown kid":       {"other", "", nil},
	} {
		assert.Equal(t, test.want, indexes(set.Find(test.id, test.algorithm)), name)
	}
	assert.Len(t, set.Select("", "", ""), 12)
	assert.Equal(t, []int{1}, indexes(set.Select("decoy", "", "enc")))
	assert.Equal(t, []int{3}, indexes(set.Select("decoy", "ES256", "sig")))
	assert.Equal(t, []int{3}, indexes(set.Select("", "ES256", "")))
	assert.Empty(t, set.Select("rsa", "", "sig"))
}
