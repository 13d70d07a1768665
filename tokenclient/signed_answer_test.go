// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	signedIssuer     = "https://as.example"
	keysURL          = "https://as.example/jwks"
	introspectionURL = "https://as.example/connect/introspect"
	revocationURL    = "https://as.example/connect/revocation"
	userInfoURL      = "https://as.example/connect/userinfo"

	introspectionJWT = "application/token-introspection+jwt"
	jwt              = "application/jwt"
)

// signingKey returns the same key for the same number, so that the processes of a
// fuzz test agree.
func signingKey(number byte) *ecdsa.PrivateKey {
	scalar := make([]byte, 32)
	scalar[0], scalar[31] = number, number
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		fmt.Println(err)
	}
	return key
}

// keySet returns the JWKS of keys with the kid k1, k2 and so on.
func keySet(numbers ...byte) string {
	var set jose.JSONWebKeySet
	for _, number := range numbers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: signingKey(number).Public(), KeyID: fmt.Sprint("k", number), Use: "sig"})
	}
	text, _ := json.Marshal(set)
	return string(text)
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// sign returns a JWT with any header and payload.
func sign(number byte, header, payload string) string {
	input := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, signingKey(number), digest[:])
	if err != nil {
		fmt.Println(err)
		return ""
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + encode(string(signature))
}

func newKeys(t *testing.T, responder httpmock.Responder) *discovery.Keys {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodGet, keysURL, responder)
	keys, err := discovery.NewKeys(keysURL, discovery.Options{HTTPClient: &http.Client{Transport: mock}, MaxAttempts: 1})
	require.NoError(t, err)
	return keys
}

// withEndpoints adds what this file needs to a Config; the keys are k1 and k2.
func withEndpoints(t *testing.T) func(*tokenclient.Config) {
	t.Helper()
	keys := newKeys(t, httpmock.NewStringResponder(http.StatusOK, keySet(1, 2)))
	return func(c *tokenclient.Config) {
		c.Endpoints.Introspection, c.Endpoints.Revocation, c.Endpoints.UserInfo = introspectionURL, revocationURL, userInfoURL
		c.Issuer, c.Keys, c.Retry.MaxAttempts = signedIssuer, keys, 1
	}
}

// newAnsweredClient returns a client of a server that answers everything with a
// status 200 and that body.
func newAnsweredClient(t *testing.T, contentType, body string, config ...func(*tokenclient.Config)) *tokenclient.Client {
	t.Helper()
	client, mock := newMockClient(t, append([]func(*tokenclient.Config){withEndpoints(t)}, config...)...)
	mock.RegisterNoResponder(func(*http.Request) (*http.Response, error) {
		response := httpmock.NewStringResponse(http.StatusOK, body)
		response.Header = http.Header{"Content-Type": {contentType}}
		return response, nil
	})
	return client
}

const introspectionHeader = `{"alg":"ES256","kid":"k1","typ":"token-introspection+jwt"}`

// introspectionPayload returns a good payload, after the changes: a nil leaves the
// member out.
func introspectionPayload(t *testing.T, changes map[string]any) string {
	t.Helper()
	return changed(t, map[string]any{
		"iss": signedIssuer, "aud": "client", "iat": time.Now().Unix(),
		"token_introspection": json.RawMessage(`{"active":true,"scope":"a b","sub":"bob"}`),
	}, changes)
}

func changed(t *testing.T, members, changes map[string]any) string {
	t.Helper()
	for name, value := range changes {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}

func introspect(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenIntrospectionResponse, error) {
	return client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{Token: "t", RequireSigned: true})
}

func publicJWK(t *testing.T, number byte) string {
	t.Helper()
	text, err := (&jose.JSONWebKey{Key: signingKey(number).Public()}).MarshalJSON()
	require.NoError(t, err)
	return string(text)
}
