// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestParsePrivateKey(t *testing.T) {
	t.Parallel()
	key := newECKey(t)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	parsed, err := clientauth.ParsePrivateKeyPEM(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	require.NoError(t, err)
	assert.Equal(t, key.Public(), parsed.Public())

	text, err := gojose.JSONWebKey{Key: key, KeyID: "key 1", Algorithm: "ES256"}.MarshalJSON()
	require.NoError(t, err)
	parsed, options, err := clientauth.ParsePrivateKeyJWK(text)
	require.NoError(t, err)
	assert.Equal(t, key.Public(), parsed.Public())
	assert.Equal(t, clientauth.JWTOptions{KeyID: "key 1", Algorithm: "ES256"}, options)
	method := clientauth.PrivateKeyJWT(parsed, options)
	header, _ := opened(t, assertionOf(t, method, clientauth.Attempt{ClientID: "client", Issuer: issuer}), "ES256", key.Public())
	assert.JSONEq(t, `{"alg":"ES256","kid":"key 1","typ":"client-authentication+jwt"}`, header)
}

func TestParsePrivateKeyErrorsDoNotQuote(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		canary, "-----BEGIN PRIVATE KEY-----\n" + canary + "\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nQ0FOQVJZLTVlY3JldA==\n-----END PRIVATE KEY-----\n",
		`{"kty":"EC","crv":"P-256","d":"` + canary + `","x":"` + canary + `!"}`, `{"kty":"` + canary + `"}`, `{"kid":` + canary,
		`{"kty":"oct","k":"` + canary + `"}`, `{"` + canary + `":1,"` + canary + `":1}`,
	} {
		key, err := clientauth.ParsePrivateKeyPEM([]byte(text))
		require.ErrorContains(t, err, "clientauth: ")
		require.Nil(t, key)
		other, options, errJWK := clientauth.ParsePrivateKeyJWK([]byte(text))
		require.ErrorContains(t, errJWK, "clientauth: ")
		require.Nil(t, other)
		assert.Empty(t, options)
		printed := fmt.Sprintf("%v %+v %#v %q %v %+v %#v %q", err, err, err, err, errJWK, errJWK, errJWK, errJWK)
		for _, part := range []string{"CANARY", "5ecret", "Q0FOQVJZ"} {
			assert.NotContains(t, printed, part)
		}
	}
}

// forms are the ways in which a number or octets of a key could be printed.
func forms(octets []byte) []string {
	number := new(big.Int).SetBytes(octets)
	return []string{
		number.String(), fmt.Sprintf("%x", number), fmt.Sprintf("%X", number),
		strings.Trim(fmt.Sprintf("%d", octets), "[]"), strings.TrimPrefix(fmt.Sprintf("%#v", octets), "[]byte"), string(octets),
		base64.StdEncoding.EncodeToString(octets), base64.RawURLEncoding.EncodeToString(octets),
		strings.Trim(fmt.Sprint(number.Bits()), "[]"), fmt.Sprintf("%#v", number.Bits()),
	}
}

func TestJWTPrintsNoKey(t *testing.T) {
	t.Parallel()
	ec := newECKey(t)
	raw, err := ec.Bytes()
	require.NoError(t, err)
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	secret := canary + secret32
	tests := map[string]struct {
		method clientauth.Method
		hidden [][]byte
	}{
		"EC":      {clientauth.PrivateKeyJWT(ec, clientauth.JWTOptions{}), [][]byte{raw}},
		"RSA":     {clientauth.PrivateKeyJWT(large, clientauth.JWTOptions{}), [][]byte{large.D.Bytes(), large.Primes[0].Bytes()}},
		"Ed25519": {clientauth.PrivateKeyJWT(ed, clientauth.JWTOptions{}), [][]byte{ed.Seed()}},
		"secret":  {clientauth.SecretJWT(secret, clientauth.JWTOptions{}), [][]byte{[]byte(secret), []byte(canary)}},
		"refused": {clientauth.SecretJWT(canary, clientauth.JWTOptions{}), [][]byte{[]byte(canary)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // the second time with what the first attempt has left
				hides(t, test.method)
				text := printedEverywhere(test.method)
				for _, octets := range test.hidden {
					for _, form := range forms(octets) {
						assert.NotContains(t, text, form)
					}
				}
				got, err := test.method.Credentials(t.Context(), clientauth.Attempt{ClientID: "client", Issuer: issuer})
				require.Equal(t, name == "refused", err != nil)
				require.NotContains(t, fmt.Sprint(got, err), canary)
			}
		})
	}
	// what the forms would find
	require.Contains(t, fmt.Sprint(struct{ key *big.Int }{new(big.Int).SetBytes(raw)}.key), forms(raw)[0])
	require.Contains(t, fmt.Sprintf("%v", ed), forms(ed.Seed())[3])
}

// printedEverywhere returns a Method printed with each verb, alone and inside of
// what a caller could keep it in.
func printedEverywhere(method clientauth.Method) string {
	var printed bytes.Buffer
	keeper := holder{name: "keeper", method: method}
	keeper.nested.methods = []clientauth.Method{method}
	config := tokenclient.Config{ClientID: "client", Auth: method}
	for _, value := range []any{method, &method, keeper, &keeper, []any{method}, map[string]any{"a": method}, config, &config} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
	}
	return printed.String()
}

func TestJWTAllocations(t *testing.T) { //nolint:paralleltest // testing.AllocsPerRun counts the whole process
	const most = 6 // beyond the bare signature
	key := newECKey(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	attempt := clientauth.Attempt{ClientID: "client", Issuer: issuer}
	digest := make([]byte, 32)
	for name, test := range map[string]struct {
		key     crypto.Signer
		options crypto.SignerOpts
	}{"ES256": {key, crypto.SHA256}, "EdDSA": {ed, crypto.Hash(0)}} {
		bare := testing.AllocsPerRun(200, func() {
			if _, err := test.key.Sign(rand.Reader, digest, test.options); err != nil {
				t.Fatal(err)
			}
		})
		method := clientauth.PrivateKeyJWT(test.key, clientauth.JWTOptions{})
		whole := testing.AllocsPerRun(200, func() {
			if _, err := method.Credentials(context.Background(), attempt); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %v allocations, %v of them for the signature", name, whole, bare)
		assert.LessOrEqual(t, whole-bare, float64(most), name)
	}
}

// newClient returns a Client for a server, which the caller closes.
func newClient(t *testing.T, server *tokentest.Server, method clientauth.Method, issuer string) *tokenclient.Client {
	t.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()},
		Issuer:    issuer, ClientID: "client", Auth: method,
	})
	require.NoError(t, err)
	return client
}

func TestJWTThroughClient(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	server.Enqueue(tokentest.TokenPath,
		tokentest.Answer{Status: 503, RetryAfter: "0"}, tokentest.Answer{Status: 503, RetryAfter: "0"})
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	client := newClient(t, server, clientauth.PrivateKeyJWT(p384, clientauth.JWTOptions{KeyID: "1"}), issuer)
	response, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	require.NotEmpty(t, response.AccessToken)

	requests := server.TokenRequests()
	require.Len(t, requests, 3)
	seen := make(map[any]bool)
	for _, request := range requests {
		assert.Empty(t, request.Header.Get("Authorization"))
		assert.Equal(t, []string{"client"}, request.Form["client_id"])
		assert.Equal(t, []string{clientauth.AssertionTypeJWT}, request.Form["client_assertion_type"])
		require.Len(t, request.Form["client_assertion"], 1)
		header, payload := opened(t, request.Form.Get("client_assertion"), "ES384", p384.Public())
		assert.JSONEq(t, `{"alg":"ES384","kid":"1","typ":"client-authentication+jwt"}`, header)
		assert.Equal(t, issuer, claim(t, payload, "aud"))
		assert.False(t, seen[claim(t, payload, "jti")])
		seen[claim(t, payload, "jti")] = true
	}
	body := requests[0].RawBody
	assert.True(t, strings.HasPrefix(body, "grant_type=client_credentials&client_id=client&client_assertion_type=urn%3A"), body)
}

func TestJWTThroughClientRefused(t *testing.T) {
	t.Parallel()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	for name, method := range map[string]clientauth.Method{
		"no issuer": clientauth.PrivateKeyJWT(newECKey(t), clientauth.JWTOptions{}),
		"key fails": clientauth.PrivateKeyJWT(failingKey{newECKey(t)}, clientauth.JWTOptions{Audience: issuer}),
	} {
		client := newClient(t, server, method, "")
		_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		var failed *tokenclient.Error
		require.ErrorAs(t, err, &failed, name)
		assert.Equal(t, tokenclient.KindRequest, failed.Kind, name)
		assert.Equal(t, "Config.Auth", failed.Parameter, name)
	}
	assert.Empty(t, server.Requests())

	_, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()},
		Issuer:    issuer, ClientID: "client", Auth: clientauth.SecretJWT(canary, clientauth.JWTOptions{}),
	})
	require.ErrorContains(t, err, "shorter than the hash")
	assert.NotContains(t, err.Error(), canary)
}

// ExamplePrivateKeyJWT authenticates with a key that would be in a file. Each call,
// and each attempt of it, has a JWT of its own.
func ExamplePrivateKeyJWT() {
	key, options, err := clientauth.ParsePrivateKeyJWK([]byte(`{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "2026",
		"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
		"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	server := tokentest.Start()
	defer server.Close()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()},
		Issuer:    server.URL(),
		ClientID:  "client",
		Auth:      clientauth.PrivateKeyJWT(key, options),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.RequestClientCredentialsToken(context.Background(), tokenclient.ClientCredentialsTokenRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("token type:", response.TokenType)

	sent := server.TokenRequests()[0].Form
	header, _, _ := strings.Cut(sent.Get("client_assertion"), ".")
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	fmt.Println(sent.Get("client_id"), string(decoded), err)
	// Output:
	// token type: Bearer
	// client {"alg":"EdDSA","kid":"2026","typ":"client-authentication+jwt"} <nil>
}
