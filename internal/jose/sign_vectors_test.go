// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// The example keys of the specifications.
const (
	rfc8037Seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
	rfc8037X    = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
	rfc8037     = `{"kty":"OKP","crv":"Ed25519","d":"` + rfc8037Seed + `","x":"` + rfc8037X + `"}`
	rfc7638N    = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj" +
		"hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5" +
		"hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	rfc9449X = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
	rfc9449Y = "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
)

func decoded(t testing.TB, text string) []byte {
	t.Helper()
	octets, err := base64.RawURLEncoding.Strict().DecodeString(text)
	require.NoError(t, err)
	return octets
}

func TestPublicJWKVectors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want, thumbprint string }{
		"RFC 7638 3.1": {
			`{"kty":"RSA","n":"` + rfc7638N + `","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`,
			`{"e":"AQAB","kty":"RSA","n":"` + rfc7638N + `"}`,
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
		},
		"RFC 8037 A.3": {
			`{"kty":"OKP","crv":"Ed25519","x":"` + rfc8037X + `"}`,
			`{"crv":"Ed25519","kty":"OKP","x":"` + rfc8037X + `"}`,
			"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
		},
		"RFC 9449 6.1": {
			`{"kty":"EC","x":"` + rfc9449X + `","y":"` + rfc9449Y + `","crv":"P-256"}`,
			`{"crv":"P-256","kty":"EC","x":"` + rfc9449X + `","y":"` + rfc9449Y + `"}`,
			"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			public, err := jose.ParseKey(test.text)
			require.NoError(t, err)
			signer, err := jose.NewSigner(answering(public.Material(), nil), "")
			require.NoError(t, err)
			assert.Equal(t, test.want, signer.PublicJWK())
			assert.Equal(t, test.thumbprint, signer.Thumbprint())
		})
	}
}

// TestPublicJWKOfOwnKeys compares with go-jose, and has a key with an x that begins
// with a zero byte.
func TestPublicJWKOfOwnKeys(t *testing.T) {
	t.Parallel()
	keys := signingKeys()
	tests := map[string]crypto.Signer{
		"RSA": keys.rsa, "P-256": keys.p256, "P-384": keys.p384, "Ed25519": keys.ed25519, "zero in front": keyWithZero(t),
	}
	for name, key := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signer, err := jose.NewSigner(key, "")
			require.NoError(t, err)
			want := gojose.JSONWebKey{Key: key.Public()}
			encoded, err := want.MarshalJSON()
			require.NoError(t, err)
			assert.JSONEq(t, string(encoded), signer.PublicJWK())
			thumbprint, err := want.Thumbprint(crypto.SHA256)
			require.NoError(t, err)
			assert.Equal(t, base64.RawURLEncoding.EncodeToString(thumbprint), signer.Thumbprint())
		})
	}
}

func keyWithZero(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	for number := 1; ; number++ {
		scalar := make([]byte, 32)
		scalar[30], scalar[31] = byte(number>>8), byte(number)
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
		require.NoError(t, err)
		if point, err := key.PublicKey.Bytes(); err == nil && point[1] == 0 {
			return key
		}
	}
}

// TestSignRFC8037 has the signature of RFC 8037 A.4, which is the same every time.
func TestSignRFC8037(t *testing.T) {
	t.Parallel()
	key, _, _, err := jose.ParsePrivateJWK([]byte(rfc8037))
	require.NoError(t, err)
	signer, err := jose.NewSigner(key, "")
	require.NoError(t, err)
	compact, err := signer.Sign(jose.Header([]byte(`{"alg":"EdDSA"}`)), []byte("Example of Ed25519 signing"))
	require.NoError(t, err)
	assert.Equal(t, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."+
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg", compact)
}

// signsWhatItShows fails when a parsed key does not make signatures that its public
// half verifies.
func signsWhatItShows(t *testing.T, key crypto.Signer) {
	t.Helper()
	signer, err := jose.NewSigner(key, "")
	require.NoError(t, err)
	compact, err := signedBy(t, signer)
	require.NoError(t, err)
	requireVerified(t, compact, signer.Algorithm(), key.Public())
}

func FuzzParsePEM(f *testing.F) {
	keys := signingKeys()
	for _, text := range []string{
		pkcs1(f, keys.rsa), pkcs8(f, keys.rsa), pkcs8(f, keys.p256), pkcs8(f, keys.ed25519), parameters + sec1(f, keys.p384),
		sec1(f, keys.p521), "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := jose.ParsePEM(text)
		if err != nil {
			require.Nil(t, key)
			return
		}
		signsWhatItShows(t, key)
	})
}

func FuzzParsePrivateJWK(f *testing.F) {
	keys := signingKeys()
	for _, text := range []string{
		jwk(f, keys.rsa, nil), jwk(f, keys.p256, map[string]any{"alg": "ES256"}), jwk(f, keys.p384, nil), rfc8037,
		jwk(f, keys.p256.Public(), nil), `{"kty":"oct","k":"AAAA"}`, "{}", "",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		key, _, _, err := jose.ParsePrivateJWK(text)
		if err != nil {
			require.Nil(t, key)
			return
		}
		signsWhatItShows(t, key)
	})
}
