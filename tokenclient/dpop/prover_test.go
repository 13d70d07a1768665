// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop_test

import (
	"bytes"
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
	"math/big"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

func parsed(t testing.TB, target string) *url.URL {
	t.Helper()
	address, err := url.Parse(target)
	require.NoError(t, err)
	return address
}

func newProver(t testing.TB, config dpop.Config) *dpop.Prover {
	t.Helper()
	prover, err := dpop.NewProver(config)
	require.NoError(t, err)
	return prover
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	return key
}

// remoteKey is a key in a KMS.
type remoteKey struct {
	public crypto.PublicKey
	err    error
}

func (k remoteKey) Public() crypto.PublicKey { return k.public }

func (k remoteKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return []byte{0x30, 6, 2, 1, 1, 2, 1, 1}, k.err
}

// part returns one part of a compact JWS, decoded.
func part(t testing.TB, compact string, number int) string {
	t.Helper()
	parts := strings.Split(compact, ".")
	require.Len(t, parts, 3)
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(parts[number])
	require.NoError(t, err)
	return string(decoded)
}

// claims returns the claims of a proof, the signature of which is not looked at.
func claims(t testing.TB, proof string) map[string]any {
	t.Helper()
	all := make(map[string]any)
	require.NoError(t, json.Unmarshal([]byte(part(t, proof, 1)), &all))
	return all
}

// verified returns the claims of a proof that go-jose has verified with the key in
// its own header.
func verified(t *testing.T, proof, algorithm string) string {
	t.Helper()
	message, err := gojose.ParseSignedCompact(proof, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(algorithm)})
	require.NoError(t, err)
	require.Len(t, message.Signatures, 1)
	shown := message.Signatures[0].Protected.JSONWebKey
	require.NotNil(t, shown)
	require.True(t, shown.IsPublic())
	payload, err := message.Verify(shown)
	require.NoError(t, err)
	require.Equal(t, part(t, proof, 1), string(payload))
	return string(payload)
}

func TestProofHeader(t *testing.T) {
	t.Parallel()
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	tests := map[string]struct {
		config  dpop.Config
		alg     string
		members []string
	}{
		"by default": {dpop.Config{}, "ES256", []string{"crv", "kty", "x", "y"}},
		"P-256":      {dpop.Config{Key: newKey(t, elliptic.P256())}, "ES256", []string{"crv", "kty", "x", "y"}},
		"P-384":      {dpop.Config{Key: newKey(t, elliptic.P384())}, "ES384", []string{"crv", "kty", "x", "y"}},
		"Ed25519":    {dpop.Config{Key: ed}, "EdDSA", []string{"crv", "kty", "x"}},
		"RSA":        {dpop.Config{Key: large}, "PS256", []string{"e", "kty", "n"}},
		"RS256":      {dpop.Config{Key: large, Algorithm: "RS256"}, "RS256", []string{"e", "kty", "n"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prover := newProver(t, test.config)
			assert.Equal(t, test.alg, prover.Algorithm())
			proof, err := prover.Proof("POST", parsed(t, "https://as.example/token"), "")
			require.NoError(t, err)
			verified(t, proof, test.alg)

			var header map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(part(t, proof, 0)), &header))
			var shown map[string]string
			require.NoError(t, json.Unmarshal(header["jwk"], &shown))
			var members []string
			for _, member := range []string{"crv", "d", "dp", "dq", "e", "k", "kty", "n", "oth", "p", "q", "qi", "x", "y"} {
				if _, ok := shown[member]; ok {
					members = append(members, member)
				}
			}
			assert.Equal(t, test.members, members)
			assert.Len(t, shown, len(members), "nothing else")
			want := fmt.Sprintf(`{"typ":"dpop+jwt","alg":"%s","jwk":%s}`, test.alg, header["jwk"])
			assert.Equal(t, []byte(want), []byte(part(t, proof, 0))) // also in order

			var key gojose.JSONWebKey
			require.NoError(t, json.Unmarshal(header["jwk"], &key))
			thumbprint, err := key.Thumbprint(crypto.SHA256)
			require.NoError(t, err)
			assert.Equal(t, base64.RawURLEncoding.EncodeToString(thumbprint), prover.Thumbprint())
			if test.config.Key != nil {
				assert.Equal(t, test.config.Key.Public(), key.Key)
			}
		})
	}
}

// TestProofOfTheSpecification has the key of RFC 9449: the header of its proofs, in
// the order of a thumbprint, and its jkt (section 6.1).
func TestProofOfTheSpecification(t *testing.T) {
	t.Parallel()
	const x, y = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
	var key gojose.JSONWebKey
	require.NoError(t, key.UnmarshalJSON([]byte(`{"kty":"EC","crv":"P-256","x":"`+x+`","y":"`+y+`"}`)))
	prover := newProver(t, dpop.Config{Key: remoteKey{public: key.Key}})
	assert.Equal(t, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", prover.Thumbprint())
	proof, err := prover.Proof("POST", parsed(t, "https://server.example.com/token"), "")
	require.NoError(t, err)
	want := `{"typ":"dpop+jwt","alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}}`
	assert.Equal(t, []byte(want), []byte(part(t, proof, 0))) // also in order
}

func TestProofClaims(t *testing.T) {
	t.Parallel()
	// RFC 9449 section 7.1
	const token, ath = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
	tests := map[string]struct{ method, target, token, nonce, htm, htu, rest string }{
		"authorization server": {"POST", "https://AS.example:443/token?x=1", "", "", "POST", "https://as.example/token", ""},
		"API": {
			"GET", "https://resource.example.org/protectedresource", token, "", "GET",
			"https://resource.example.org/protectedresource", `,"ath":"` + ath + `"`,
		},
		"nonce": {
			"POST", "https://as.example/token", "", "eyJ7S_zG.eyJH0-Z.HX4w-7v", "POST", "https://as.example/token",
			`,"nonce":"eyJ7S_zG.eyJH0-Z.HX4w-7v"`,
		},
		"token and nonce":  {"GET", "https://h", token, "n", "GET", "https://h/", `,"ath":"` + ath + `","nonce":"n"`},
		"lower case":       {"get", "https://h/", "", "", "GET", "https://h/", ""},
		"with a hyphen":    {"VERSION-CONTROL", "https://h/", "", "", "VERSION-CONTROL", "https://h/", ""},
		"all of a nonce":   {"GET", "https://h/", "", "!#[]^~'&<>/", "GET", "https://h/", `,"nonce":"!#[]^~'&<>/"`},
		"a quote in a URL": {"GET", `https://h"h/a"b`, "", "", "GET", `https://h\"h/a%22b`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prover := newProver(t, dpop.Config{})
			if test.nonce != "" {
				prover.Remember(parsed(t, test.target), nonceHeader(test.nonce))
			}
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(1999 * time.Millisecond)
				proof, err := prover.Proof(test.method, parsed(t, test.target), test.token)
				require.NoError(t, err)
				payload := verified(t, proof, "ES256")
				id, _ := claims(t, proof)["jti"].(string)
				octets, err := base64.RawURLEncoding.Strict().DecodeString(id)
				require.NoError(t, err)
				require.Len(t, octets, 16)
				want := fmt.Sprintf(`{"jti":"%s","htm":"%s","htu":"%s","iat":%d%s}`, id, test.htm, test.htu, time.Now().Unix(), test.rest)
				assert.Equal(t, []byte(want), []byte(payload)) // also in order
			})
		})
	}
}

func TestProofRefuses(t *testing.T) {
	t.Parallel()
	prover := newProver(t, dpop.Config{})
	for _, method := range []string{"", "GET ", `G"T`, "GÉT", "GET\n", "PO/ST", "G1", "G@", "G[", "G`", "G{", "\xff"} {
		proof, err := prover.Proof(method, parsed(t, "https://as.example/token"), "")
		require.EqualError(t, err, "dpop: the method is not an HTTP method", "%q", method)
		require.Empty(t, proof)
	}
	for _, target := range []*url.URL{nil, {}, parsed(t, "/token"), parsed(t, "https://bücher.example/")} {
		proof, err := prover.Proof("GET", target, "")
		require.ErrorContains(t, err, "dpop: the ")
		require.Empty(t, proof)
	}
	refused := errors.New("the KMS says no")
	prover = newProver(t, dpop.Config{Key: remoteKey{newKey(t, elliptic.P256()).Public(), refused}})
	proof, err := prover.Proof("GET", parsed(t, "https://as.example/"), "")
	require.ErrorIs(t, err, refused)
	require.Empty(t, proof)
}

func TestNewProverRefuses(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	tests := map[string]struct {
		config dpop.Config
		want   string
	}{
		"P-521":       {dpop.Config{Key: newKey(t, elliptic.P521())}, "neither RSA nor EC (P-256, P-384) nor Ed25519"},
		"weak RSA":    {dpop.Config{Key: weak}, "fewer than 2048 bits"},
		"HS256":       {dpop.Config{Algorithm: "HS256"}, `does not fit the key: "HS256"`},
		"none":        {dpop.Config{Algorithm: "none"}, `does not fit the key: "none"`},
		"another alg": {dpop.Config{Algorithm: "ES384"}, `does not fit the key: "ES384"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prover, err := dpop.NewProver(test.config)
			require.ErrorContains(t, err, test.want)
			require.Nil(t, prover)
		})
	}
}

func TestProofsAreUnique(t *testing.T) {
	t.Parallel()
	prover, target := newProver(t, dpop.Config{}), parsed(t, "https://as.example/token")
	seen := make(map[any]bool, 10_000)
	for range 10_000 {
		proof, err := prover.Proof("POST", target, "")
		require.NoError(t, err)
		id := claims(t, proof)["jti"]
		require.False(t, seen[id], id)
		seen[id] = true
	}
}

// TestNewProversHaveNewKeys: the key is not shared by those that have the default.
func TestNewProversHaveNewKeys(t *testing.T) {
	t.Parallel()
	one, other := newProver(t, dpop.Config{}), newProver(t, dpop.Config{})
	assert.NotEqual(t, one.Thumbprint(), other.Thumbprint())
}

func TestProverPrintsNoKey(t *testing.T) {
	t.Parallel()
	key := newKey(t, elliptic.P256())
	octets, err := key.Bytes()
	require.NoError(t, err)
	prover := newProver(t, dpop.Config{Key: key})
	prover.Remember(parsed(t, "https://as.example/"), nonceHeader("CANARY"))
	type holder struct {
		name   string
		prover *dpop.Prover
		value  dpop.Prover
	}
	var printed bytes.Buffer
	keeper := holder{"keeper", prover, *prover}
	for _, value := range []any{prover, *prover, &prover, keeper, &keeper, []any{prover}, map[string]*holder{"a": &keeper}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		encoded, err := json.Marshal(value)
		fmt.Fprintln(&printed, string(encoded), err)
	}
	number := new(big.Int).SetBytes(octets)
	for _, form := range []string{
		number.String(), fmt.Sprintf("%x", number), fmt.Sprintf("%X", number), strings.Trim(fmt.Sprintf("%d", octets), "[]"),
		strings.Trim(fmt.Sprint(number.Bits()), "[]"), base64.StdEncoding.EncodeToString(octets),
		base64.RawURLEncoding.EncodeToString(octets), "CANARY",
	} {
		assert.NotContains(t, printed.String(), form)
	}
}

const mostAllocations = 6 // of a proof, beyond the bare signature

func TestProofAllocations(t *testing.T) { //nolint:paralleltest // testing.AllocsPerRun counts the whole process
	key, target, digest := newKey(t, elliptic.P256()), parsed(t, "https://api.example/orders?page=1"), make([]byte, 32)
	prover := newProver(t, dpop.Config{Key: key})
	prover.Remember(target, nonceHeader("nonce"))
	bare := testing.AllocsPerRun(200, func() {
		if _, err := key.Sign(rand.Reader, digest, crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	})
	whole := testing.AllocsPerRun(200, func() {
		if _, err := prover.Proof("GET", target, "token"); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations, %v of them for the signature", whole, bare)
	assert.LessOrEqual(t, whole-bare, float64(mostAllocations))
}

func BenchmarkProof(b *testing.B) {
	prover, target := newProver(b, dpop.Config{}), parsed(b, "https://api.example/orders?page=1")
	prover.Remember(target, nonceHeader("nonce"))
	b.ReportAllocs()
	b.RunParallel(func(each *testing.PB) {
		for each.Next() {
			if _, err := prover.Proof("GET", target, "token"); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
