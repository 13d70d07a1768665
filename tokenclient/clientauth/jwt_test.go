// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const (
	secret32 = "0123456789abcdef0123456789ABCDEF"
	issuer   = "https://as.example"
)

// newECKey returns a new key on P-256.
func newECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// assertionOf returns the assertion of one attempt, and checks what is around it.
func assertionOf(t *testing.T, method clientauth.Method, attempt clientauth.Attempt) string {
	t.Helper()
	got, err := method.Credentials(t.Context(), attempt)
	require.NoError(t, err)
	require.Empty(t, got.Authorization)
	require.Len(t, got.Parameters, 3)
	require.Equal(t, []clientauth.Parameter{
		{Name: "client_id", Value: attempt.ClientID},
		{Name: "client_assertion_type", Value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		{Name: "client_assertion", Value: got.Parameters[2].Value},
	}, got.Parameters)
	return got.Parameters[2].Value
}

// opened returns header and payload of an assertion that go-jose has verified.
func opened(t *testing.T, assertion, algorithm string, key any) (header, payload string) {
	t.Helper()
	parsed, err := gojose.ParseSignedCompact(assertion, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)})
	require.NoError(t, err)
	verified, err := parsed.Verify(key)
	require.NoError(t, err)
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(assertion, ".")[0])
	require.NoError(t, err)
	return string(decoded), string(verified)
}

// claim returns one claim of a payload.
func claim(t *testing.T, payload, name string) any {
	t.Helper()
	claims := make(map[string]any)
	require.NoError(t, json.Unmarshal([]byte(payload), &claims))
	return claims[name]
}

func TestJWTHeaderAndClaims(t *testing.T) {
	t.Parallel()
	ec := newECKey(t)
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	const typ = `"typ":"client-authentication+jwt"}`
	private := clientauth.PrivateKeyJWT
	tests := map[string]struct {
		method         clientauth.Method
		name, alg      string
		key            any
		header, wanted string // wanted audience
	}{
		"key": {private(ec, clientauth.JWTOptions{}), "private_key_jwt", "ES256", ec.Public(), `{"alg":"ES256",` + typ, issuer},
		"RSA": {private(large, clientauth.JWTOptions{}), "private_key_jwt", "PS256", large.Public(), `{"alg":"PS256",` + typ, issuer},
		"RS256": {
			private(large, clientauth.JWTOptions{Algorithm: "RS256"}), "private_key_jwt", "RS256", large.Public(),
			`{"alg":"RS256",` + typ, issuer,
		},
		"Ed25519": {private(ed, clientauth.JWTOptions{}), "private_key_jwt", "EdDSA", public, `{"alg":"EdDSA",` + typ, issuer},
		"kid": {
			private(ec, clientauth.JWTOptions{KeyID: `a"b`}), "private_key_jwt", "ES256", ec.Public(),
			`{"alg":"ES256","kid":"a\"b",` + typ, issuer,
		},
		"untyped": {private(ec, clientauth.JWTOptions{AllowUntyped: true}), "private_key_jwt", "ES256", ec.Public(), `{"alg":"ES256"}`, issuer},
		"audience": {
			private(ec, clientauth.JWTOptions{Audience: "https://as.example/token"}), "private_key_jwt", "ES256", ec.Public(),
			`{"alg":"ES256",` + typ, "https://as.example/token",
		},
		"secret": {
			clientauth.SecretJWT(secret32, clientauth.JWTOptions{}), "client_secret_jwt", "HS256", []byte(secret32),
			`{"alg":"HS256",` + typ, issuer,
		},
		"HS512": {
			clientauth.SecretJWT(secret32+secret32, clientauth.JWTOptions{Algorithm: "HS512", KeyID: "1", AllowUntyped: true}),
			"client_secret_jwt", "HS512", []byte(secret32 + secret32), `{"alg":"HS512","kid":"1"}`, issuer,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.name, test.method.Name())
			require.NoError(t, validate(t, test.method, "client"))
			algorithm, ok := test.method.(interface{ Algorithm() string })
			require.True(t, ok)
			assert.Equal(t, test.alg, algorithm.Algorithm())
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(1234567 * time.Microsecond)
				attempt := clientauth.Attempt{ClientID: "client", Issuer: issuer, Endpoint: "https://as.example/par", Number: 1}
				header, payload := opened(t, assertionOf(t, test.method, attempt), test.alg, test.key)
				assert.Equal(t, test.header, header)
				id, _ := claim(t, payload, "jti").(string)
				octets, err := base64.RawURLEncoding.Strict().DecodeString(id)
				require.NoError(t, err)
				require.Len(t, octets, 16)
				now := time.Now().Unix()
				want := fmt.Sprintf(`{"iss":"client","sub":"client","aud":"%s","jti":"%s","iat":%d,"exp":%d}`, test.wanted, id, now, now+60)
				assert.Equal(t, []byte(want), []byte(payload)) // also in order
			})
		})
	}
}

func TestJWTClientIDs(t *testing.T) {
	t.Parallel()
	key := newECKey(t)
	method := clientauth.PrivateKeyJWT(key, clientauth.JWTOptions{})
	for _, id := range []string{
		`a"b`, `a\b`, `","sub":"admin`, "ünïcode 😀", "a\nb\x00", "<script>&", "\u2028", "https://client.example/{a}", " ",
	} {
		for _, audience := range []string{issuer, issuer + `/"x\`} {
			attempt := clientauth.Attempt{ClientID: id, Issuer: audience}
			_, payload := opened(t, assertionOf(t, method, attempt), "ES256", key.Public())
			assert.Equal(t, id, claim(t, payload, "iss"))
			assert.Equal(t, id, claim(t, payload, "sub"))
			assert.Equal(t, audience, claim(t, payload, "aud"))
		}
	}
}

func TestJWTWithoutAudience(t *testing.T) {
	t.Parallel()
	signed := 0
	key := spyKey{newECKey(t), func() { signed++ }}
	method := clientauth.PrivateKeyJWT(key, clientauth.JWTOptions{})
	got, err := method.Credentials(t.Context(), clientauth.Attempt{ClientID: "client", Endpoint: "https://as.example/token"})
	require.ErrorContains(t, err, "clientauth: the audience of the assertion is unknown; set Config.Issuer")
	assert.Equal(t, clientauth.Credentials{}, got)
	assert.Zero(t, signed)
}

// spyKey is a key in a KMS, which tells of each signature.
type spyKey struct {
	crypto.Signer

	signs func()
}

func (k spyKey) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	k.signs()
	return k.Signer.Sign(random, digest, options)
}

// failingKey is a key in a KMS that is out of reach.
type failingKey struct{ crypto.Signer }

var errKMS = errors.New("the KMS is out of reach")

func (failingKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errKMS }

func TestJWTKeyFails(t *testing.T) {
	t.Parallel()
	method := clientauth.PrivateKeyJWT(failingKey{newECKey(t)}, clientauth.JWTOptions{})
	require.NoError(t, validate(t, method, "client"))
	got, err := method.Credentials(t.Context(), clientauth.Attempt{ClientID: "client", Issuer: issuer})
	require.ErrorIs(t, err, errKMS)
	assert.Equal(t, clientauth.Credentials{}, got)
}

func TestJWTUnusable(t *testing.T) {
	t.Parallel()
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	private, secret := clientauth.PrivateKeyJWT, clientauth.SecretJWT
	tests := map[string]struct {
		method clientauth.Method
		want   string
	}{
		"no key":               {private(nil, clientauth.JWTOptions{}), "there is no key"},
		"zero EC key":          {private(&ecdsa.PrivateKey{}, clientauth.JWTOptions{}), "the key is malformed"},
		"zero RSA key":         {private(&rsa.PrivateKey{}, clientauth.JWTOptions{}), "the key is malformed"},
		"P-521":                {private(p521, clientauth.JWTOptions{}), "neither RSA nor EC (P-256, P-384) nor Ed25519"},
		"weak RSA":             {private(weak, clientauth.JWTOptions{}), "fewer than 2048 bits"},
		"none":                 {private(newECKey(t), clientauth.JWTOptions{Algorithm: "none"}), `does not fit the key: "none"`},
		"key and HS256":        {private(newECKey(t), clientauth.JWTOptions{Algorithm: "HS256"}), `does not fit the key: "HS256"`},
		"secret and ES256":     {secret(secret32, clientauth.JWTOptions{Algorithm: "ES256"}), `does not fit the key: "ES256"`},
		"empty secret":         {secret("", clientauth.JWTOptions{}), "shorter than the hash"},
		"short secret":         {secret(secret32[1:], clientauth.JWTOptions{}), "shorter than the hash"},
		"short for HS384":      {secret(secret32, clientauth.JWTOptions{Algorithm: "HS384"}), "shorter than the hash"},
		"characters, no bytes": {secret(strings.Repeat("é", 15), clientauth.JWTOptions{}), "shorter than the hash"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, validate(t, test.method, "client"), test.want)
			got, err := test.method.Credentials(t.Context(), clientauth.Attempt{ClientID: "client", Issuer: issuer})
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), secret32[1:9])
			assert.Equal(t, clientauth.Credentials{}, got)
			algorithm, ok := test.method.(interface{ Algorithm() string })
			require.True(t, ok)
			assert.Empty(t, algorithm.Algorithm())
		})
	}
}

func TestJWTIsFreshEachTime(t *testing.T) {
	t.Parallel()
	method := clientauth.SecretJWT(secret32, clientauth.JWTOptions{})
	seen := make(map[any]bool, 10_000)
	for range 10_000 {
		got, err := method.Credentials(t.Context(), clientauth.Attempt{ClientID: "client", Issuer: issuer, Number: 1})
		require.NoError(t, err)
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(got.Parameters[2].Value, ".")[1])
		require.NoError(t, err)
		id := claim(t, string(payload), "jti")
		require.False(t, seen[id], id)
		seen[id] = true
	}
}

// TestJWTConcurrentUse has attempts of several clients and servers with one Method:
// what is kept from the last one must not get into another.
func TestJWTConcurrentUse(t *testing.T) {
	t.Parallel()
	key := newECKey(t)
	method := clientauth.PrivateKeyJWT(key, clientauth.JWTOptions{})
	var all sync.WaitGroup
	for number := range 8 {
		client := strings.Repeat(fmt.Sprint("client", number%2), 1+150*(number%2)) // short and long
		attempt := clientauth.Attempt{ClientID: client, Issuer: fmt.Sprint("https://as", number%4/2, ".example")}
		all.Go(func() {
			for range 50 {
				got, err := method.Credentials(context.Background(), attempt)
				if !assert.NoError(t, err) {
					return
				}
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(got.Parameters[2].Value, ".")[1])
				assert.NoError(t, err)
				start := fmt.Sprintf(`{"iss":"%s","sub":"%[1]s","aud":"%s","jti":"`, attempt.ClientID, attempt.Issuer)
				assert.True(t, strings.HasPrefix(string(payload), start), string(payload))
				assert.Equal(t, attempt.ClientID, got.Parameters[0].Value)
			}
		})
	}
	all.Wait()
}
