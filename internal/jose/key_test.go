// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// The keys of RFC 7517 appendix A, RFC 7638 section 3.1 and RFC 8037 appendix A,
// with the private halves where they have one.
const (
	modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	anRSA   = `{"kty":"RSA","n":"` + modulus + `","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	anEC    = `{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"}`
	anOKP   = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	anOct   = `{"kty":"oct","k":"Y2FuYXJ5LWNhbmFyeS0wMQ","alg":"HS256"}`
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text     string
		want     jose.Key
		material any
	}{
		"RSA": {anRSA, jose.Key{ID: "2011-04-29", Type: "RSA", Algorithm: "RS256", Bits: 2048, Thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}, &rsa.PublicKey{}},
		"EC":  {anEC, jose.Key{ID: "1", Type: "EC", Use: "enc", Bits: 256, Thumbprint: "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"}, &ecdsa.PublicKey{}},
		"OKP": {anOKP, jose.Key{Type: "OKP", Bits: 256, Thumbprint: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}, ed25519.PublicKey{}},
		"oct": {anOct, jose.Key{Type: "oct", Algorithm: "HS256", Bits: 128}, []byte{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := jose.ParseKey(test.text)
			require.NoError(t, err)
			assert.IsType(t, test.material, got.Material())
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				text := fmt.Sprintf(verb, got)
				assert.NotContains(t, text, "canary")
				assert.NotContains(t, text, "Y2FuYXJ5")
				assert.NotContains(t, text, "99 97 110")
			}
			got.Material = nil
			assert.Equal(t, test.want, got)
		})
	}
	key, err := jose.ParseKey(anOct)
	require.NoError(t, err)
	assert.Equal(t, []byte("canary-canary-01"), key.Material())
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	short := base64.RawURLEncoding.EncodeToString(append([]byte{0x7f}, make([]byte, 255)...))
	for name, text := range map[string]string{
		"nothing": "", "null": "null", "array": "[]", "no kty": "{}", "unknown kty": `{"kty":"canary"}`,
		"RSA, e = 2": strings.Replace(anRSA, "AQAB", "Ag", 1), "RSA, e = 2^32+1": strings.Replace(anRSA, "AQAB", "AQAAAAE", 1),
		"RSA with 2047 bits": strings.Replace(anRSA, modulus, short, 1), "RSA without e": `{"kty":"RSA","n":"` + modulus + `"}`,
		"secp256k1": strings.Replace(anEC, "P-256", "secp256k1", 1), "EC, other curve": strings.Replace(anEC, "P-256", "P-384", 1),
		"X25519": strings.Replace(anOKP, "Ed25519", "X25519", 1), "oct without k": `{"kty":"oct"}`,
		"oct, empty": `{"kty":"oct","k":""}`, "oct, only a line break": `{"kty":"oct","k":"\n"}`,
	} {
		_, err := jose.ParseKey(text)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "canary")
	}
}
