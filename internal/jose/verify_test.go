// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jose_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// keys are one pair for each kind of key.
var keys = sync.OnceValue(func() map[string]crypto.Signer {
	all := map[string]crypto.Signer{}
	for name, curve := range map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		all[name], _ = ecdsa.GenerateKey(curve, rand.Reader)
	}
	all["RSA"], _ = rsa.GenerateKey(rand.Reader, 2048)
	_, all["Ed25519"], _ = ed25519.GenerateKey(rand.Reader)
	return all
})

// kinds says which key an algorithm needs.
var kinds = map[string]string{
	"RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
	"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519",
}

const payload = "signed, and not JSON"

// sign signs with go-jose.
func sign(t *testing.T, algorithm string) string {
	t.Helper()
	options := (&gojose.SignerOptions{}).WithType("a+jwt").WithHeader("kid", "k1")
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.SignatureAlgorithm(algorithm), Key: keys()[kinds[algorithm]]}, options)
	require.NoError(t, err)
	signed, err := signer.Sign([]byte(payload))
	require.NoError(t, err)
	text, err := signed.CompactSerialize()
	require.NoError(t, err)
	return text
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// signES256 signs any header, as somebody with the right key could.
func signES256(t *testing.T, header string) string {
	t.Helper()
	input := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(input))
	key, ok := keys()["P-256"].(*ecdsa.PrivateKey)
	require.True(t, ok)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	require.NoError(t, err)
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	assert.Len(t, jose.Algorithms(), len(kinds))
	for algorithm, kind := range kinds {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			message, err := jose.ParseMessage(sign(t, algorithm), []string{"HS256", algorithm})
			require.NoError(t, err)
			assert.Equal(t, "a+jwt", message.Type)
			assert.Equal(t, "k1", message.KeyID)
			assert.Equal(t, algorithm, message.Algorithm)
			for name, key := range keys() {
				verified, err := message.Verify(key.Public())
				if name == kind {
					require.NoError(t, err)
					assert.Equal(t, payload, verified)
					continue
				}
				assert.ErrorIs(t, err, jose.ErrSignature, "a key of another kind: %s", name)
				assert.Empty(t, verified)
			}
			other := keys()[kinds["ES256"]].Public()
			verified, err := message.Verify([]byte("a secret"), nil, other, keys()[kind].Public())
			require.NoError(t, err, "the right one among others")
			assert.Equal(t, payload, verified)

			others := slices.DeleteFunc(jose.Algorithms(), func(a string) bool { return a == algorithm })
			_, err = jose.ParseMessage(sign(t, algorithm), others)
			assert.ErrorIs(t, err, jose.ErrAlgorithm, "it is right, but another algorithm was expected")
		})
	}
}

func TestVerifyRefusesWrongSignatures(t *testing.T) {
	t.Parallel()
	good := sign(t, "ES256")
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	message, err := jose.ParseMessage(good, jose.Algorithms())
	require.NoError(t, err)
	for name, keys := range map[string][]any{
		"no key": nil, "a stranger's": {stranger.Public()}, "a private key": {keys()["P-256"]}, "a secret": {[]byte("secret")},
	} {
		_, err := message.Verify(keys...)
		assert.ErrorIs(t, err, jose.ErrSignature, name)
	}
	parts := strings.Split(good, ".")
	for name, text := range map[string]string{
		"another payload":   parts[0] + "." + encode(`{"iss":"https://evil.example"}`) + "." + parts[2],
		"another header":    encode(`{"alg":"ES256","kid":"k2"}`) + "." + parts[1] + "." + parts[2],
		"a short signature": parts[0] + "." + parts[1] + "." + encode(strings.Repeat("s", 63)),
		"a long signature":  parts[0] + "." + parts[1] + "." + encode(strings.Repeat("s", 65)),
		"zeros":             parts[0] + "." + parts[1] + "." + encode(strings.Repeat("\x00", 64)),
	} {
		message, err := jose.ParseMessage(text, jose.Algorithms())
		require.NoError(t, err, name)
		_, err = message.Verify(keys()["P-256"].Public())
		assert.ErrorIs(t, err, jose.ErrSignature, name)
	}
}

// An algorithm belongs to one curve, though the mathematics would work with others
// (RFC 7518 section 3.4).
func TestVerifyRefusesAnotherCurve(t *testing.T) {
	t.Parallel()
	key, ok := keys()["P-256"].(*ecdsa.PrivateKey)
	require.True(t, ok)
	input := encode(`{"alg":"ES384"}`) + "." + encode(payload)
	digest := sha512.Sum384([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	require.NoError(t, err)
	signature := make([]byte, 96)
	r.FillBytes(signature[:48])
	s.FillBytes(signature[48:])
	message, err := jose.ParseMessage(input+"."+encode(string(signature)), jose.Algorithms())
	require.NoError(t, err)
	_, err = message.Verify(key.Public())
	assert.ErrorIs(t, err, jose.ErrSignature)
}

func TestParseMessageRefuses(t *testing.T) {
	t.Parallel()
	good := signES256(t, `{"alg":"ES256"}`)
	parts := strings.Split(good, ".")
	secret := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("the public key of the server")})
	withSecret := encode(`{"alg":"HS256"}`) + "." + parts[1]
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(withSecret))
	tests := map[string]struct {
		text string
		want error
	}{
		"nothing":                    {"", jose.ErrMalformed},
		"one part":                   {parts[0], jose.ErrMalformed},
		"two parts":                  {parts[0] + "." + parts[1], jose.ErrMalformed},
		"four parts":                 {good + ".e30", jose.ErrMalformed},
		"five parts: encrypted":      {good + ".e30.e30", jose.ErrEncrypted},
		"six parts":                  {good + ".e30.e30.e30", jose.ErrMalformed},
		"an empty header":            {"." + parts[1] + "." + parts[2], jose.ErrMalformed},
		"an empty payload":           {parts[0] + ".." + parts[2], jose.ErrMalformed},
		"an empty signature":         {parts[0] + "." + parts[1] + ".", jose.ErrMalformed},
		"a line break":               {parts[0] + "." + parts[1][:4] + "\r\n" + parts[1][4:] + "." + parts[2], jose.ErrMalformed},
		"a line break at the end":    {good + "\n", jose.ErrMalformed},
		"a space in front":           {" " + good, jose.ErrMalformed},
		"padding":                    {parts[0] + "." + encode("a") + "==." + parts[2], jose.ErrMalformed},
		"the alphabet of base64":     {parts[0] + ".ab+/." + parts[2], jose.ErrMalformed},
		"bits after the last byte":   {parts[0] + ".YWJjZF." + parts[2], jose.ErrMalformed},
		"one character too many":     {parts[0] + ".YWJjY." + parts[2], jose.ErrMalformed},
		"JSON":                       {`{"payload":"e30","protected":"e30","signature":"e30"}`, jose.ErrMalformed},
		"a header that is no JSON":   {encode("x") + "." + parts[1] + "." + parts[2], jose.ErrMalformed},
		"a header that is no object": {encode("[]") + "." + parts[1] + "." + parts[2], jose.ErrMalformed},
		"two members of one name":    {signES256(t, `{"alg":"ES256","alg":"none"}`), jose.ErrMalformed},
		"a kid that is a number":     {signES256(t, `{"alg":"ES256","kid":1}`), jose.ErrMalformed},
		"a typ that is a number":     {signES256(t, `{"alg":"ES256","typ":1}`), jose.ErrMalformed},
		"no alg":                     {signES256(t, `{}`), jose.ErrAlgorithm},
		"another case of alg":        {signES256(t, `{"ALG":"ES256"}`), jose.ErrAlgorithm},
		"alg none":                   {signES256(t, `{"alg":"none"}`), jose.ErrAlgorithm},
		"alg None":                   {signES256(t, `{"alg":"None"}`), jose.ErrAlgorithm},
		"alg none, not signed":       {encode(`{"alg":"none"}`) + "." + parts[1] + ".", jose.ErrMalformed},
		"the public key as a secret": {withSecret + "." + encode(string(mac.Sum(nil))), jose.ErrAlgorithm},
		"crit":                       {signES256(t, `{"alg":"ES256","crit":["exp"],"exp":1}`), jose.ErrCritical},
		"an empty crit":              {signES256(t, `{"alg":"ES256","crit":[]}`), jose.ErrCritical},
		"b64 as crit":                {signES256(t, `{"alg":"ES256","crit":["b64"],"b64":false}`), jose.ErrCritical},
		"b64":                        {signES256(t, `{"alg":"ES256","b64":false}`), jose.ErrCritical},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, err := jose.ParseMessage(test.text, append(jose.Algorithms(), "none", "None", "HS256"))
			require.ErrorIs(t, err, test.want)
			assert.Nil(t, message)
		})
	}
	_, err := jose.ParseMessage(good, nil)
	assert.ErrorIs(t, err, jose.ErrAlgorithm, "nothing is allowed")
	_, err = jose.ParseMessage(good, []string{"none", "HS256", "es256", "ES256K"})
	assert.ErrorIs(t, err, jose.ErrAlgorithm, "nothing that is known is allowed")
}

// A key that the message brings along proves nothing.
func TestKeysInTheHeaderAreIgnored(t *testing.T) {
	t.Parallel()
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	own, err := (&gojose.JSONWebKey{Key: keys()["P-256"].Public()}).MarshalJSON()
	require.NoError(t, err)
	for name, header := range map[string]string{
		"jwk": `{"alg":"ES256","jwk":` + string(own) + `}`,
		"jku": `{"alg":"ES256","jku":"https://evil.example/keys"}`,
		"x5u": `{"alg":"ES256","x5u":"https://evil.example/chain"}`,
	} {
		message, err := jose.ParseMessage(signES256(t, header), jose.Algorithms())
		require.NoError(t, err, name)
		_, err = message.Verify(stranger.Public())
		assert.ErrorIs(t, err, jose.ErrSignature, name)
		verified, err := message.Verify(keys()["P-256"].Public())
		require.NoError(t, err, name)
		assert.Equal(t, payload, verified)
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add("a.b.c")
	f.Add(encode(`{"alg":"ES256","kid":"k","typ":"JWT"}`) + "." + encode(payload) + "." + encode(strings.Repeat("s", 64)))
	f.Add(encode(`{"alg":"none"}`) + "." + encode(payload) + "." + encode("s"))
	f.Add(encode(`{"alg":"RS256","crit":["b64"],"b64":false,"jwk":{"kty":"RSA"}}`) + "." + encode(payload) + "." + encode("s"))
	f.Fuzz(func(t *testing.T, text string) {
		message, err := jose.ParseMessage(text, append(jose.Algorithms(), "none", "HS256"))
		if err != nil {
			assert.Nil(t, message)
			return
		}
		assert.Contains(t, jose.Algorithms(), message.Algorithm)
		assert.Equal(t, 2, strings.Count(text, "."))
		for _, part := range strings.Split(text, ".") {
			decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
			require.NoError(t, err)
			assert.Equal(t, part, base64.RawURLEncoding.EncodeToString(decoded), "there is one way to write it")
		}
		_, err = message.Verify(keys()["P-256"].Public(), keys()["RSA"].Public(), keys()["Ed25519"].Public())
		assert.ErrorIs(t, err, jose.ErrSignature, "nothing is signed by keys that were made a moment ago")
	})
}
