// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

// sign returns a JWT with the claims, signed with HS256 or ES256.
func sign(t *testing.T, key any, header, claims map[string]any) string {
	t.Helper()
	encode := func(members map[string]any) string {
		text, err := json.Marshal(members)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := encode(header) + "." + encode(claims)

	var signature []byte
	switch key := key.(type) {
	case string:
		code := hmac.New(sha256.New, []byte(key))
		code.Write([]byte(input))
		signature = code.Sum(nil)
	case *ecdsa.PrivateKey:
		digest := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		require.NoError(t, err)
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	default:
		require.Fail(t, "unknown kind of key")
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func assertion(t *testing.T, server *oidcprovider.Server, clientID string, key any, header map[string]any) credentials {
	t.Helper()
	text := sign(t, key, header, map[string]any{
		"iss": clientID, "sub": clientID, "aud": server.Issuer(),
		"jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix(),
	})
	return func(_ http.Header, form url.Values) {
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", text)
	}
}

func ecKey(t *testing.T, key crypto.Signer) *ecdsa.PrivateKey {
	t.Helper()
	private, ok := key.(*ecdsa.PrivateKey)
	require.True(t, ok)
	return private
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	privateKey := map[string]any{"alg": "ES256", "kid": oidcprovider.ClientKeyID}

	for name, authenticate := range map[string]credentials{
		"private_key_jwt": assertion(t, server, oidcprovider.PrivateKeyJWTClientID, ecKey(t, server.ClientKey()), privateKey),
		"client_secret_jwt": assertion(t, server, oidcprovider.SecretJWTClientID, oidcprovider.SecretJWTClientSecret,
			map[string]any{"alg": "HS256"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := map[string]string{"grant_type": "client_credentials", "scope": "api1"}
			got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, authenticate, form)
			assert.Equal(t, http.StatusOK, got.status, got.members)

			got = send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, authenticate, form)
			assert.Equal(t, http.StatusUnauthorized, got.status, "an assertion is good for one request")
		})
	}
}

func TestDPoPNonce(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{RequireDPoPNonce: true})
	endpoint := server.Metadata().TokenEndpoint
	key := ecKey(t, server.ClientKey())
	public, err := key.PublicKey.ECDH()
	require.NoError(t, err)
	point := public.Bytes()
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]any{
		"kty": "EC", "crv": "P-256",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]),
		"y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}}
	request := func(nonce string) *http.Response {
		claims := map[string]any{"htm": "POST", "htu": endpoint, "jti": rand.Text(), "iat": time.Now().Unix()}
		if nonce != "" {
			claims["nonce"] = nonce
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint,
			strings.NewReader("grant_type=client_credentials&scope=api1"))
		require.NoError(t, err)
		request.SetBasicAuth(oidcprovider.BasicClientID, oidcprovider.ClientSecret)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("DPoP", sign(t, key, header, claims))
		response, err := server.HTTPClient().Do(request)
		require.NoError(t, err)
		return response
	}

	refused := request("")
	defer refused.Body.Close()
	require.Equal(t, http.StatusBadRequest, refused.StatusCode)
	accepted := request(refused.Header.Get("DPoP-Nonce"))
	defer accepted.Body.Close()

	var members map[string]any
	require.NoError(t, json.NewDecoder(accepted.Body).Decode(&members))
	assert.Equal(t, "DPoP", members["token_type"])
}

func TestPushedRequest(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	request := newCodeRequest(server, oidcprovider.BasicClientID, nil)
	address, err := url.Parse(request.url)
	require.NoError(t, err)
	form := map[string]string{}
	for name := range address.Query() {
		form[name] = address.Query().Get(name)
	}

	pushed := send(t, server.HTTPClient(), server.Metadata().PushedAuthorizationRequestEndpoint, confidential(), form)
	require.Equal(t, http.StatusCreated, pushed.status, pushed.members)
	query := url.Values{"client_id": {oidcprovider.BasicClientID}, "request_uri": {pushed.text("request_uri")}}
	callback, err := server.Login(t.Context(), server.Metadata().AuthorizationEndpoint+"?"+query.Encode())

	require.NoError(t, err)
	assert.NotEmpty(t, callback.Query().Get("code"))
}

func TestIntrospectionAndRevocation(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	metadata := server.Metadata()
	tokens := send(t, server.HTTPClient(), metadata.TokenEndpoint, confidential(), map[string]string{
		"grant_type": "password", "username": "alice", "password": "alice", "scope": "api1",
	})
	token := map[string]string{"token": tokens.text("access_token")}

	got := send(t, server.HTTPClient(), metadata.IntrospectionEndpoint, confidential(), token)
	require.Equal(t, http.StatusOK, got.status, got.members)
	assert.Equal(t, true, got.members["active"])
	assert.Equal(t, "alice", got.text("sub"))
	assert.Equal(t, "api1", got.text("scope"))
	assert.Equal(t, oidcprovider.Resource, got.text("aud"))

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, metadata.RevocationEndpoint,
		strings.NewReader(url.Values{"token": {token["token"]}}.Encode()))
	require.NoError(t, err)
	request.SetBasicAuth(oidcprovider.BasicClientID, oidcprovider.ClientSecret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := server.HTTPClient().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)

	got = send(t, server.HTTPClient(), metadata.IntrospectionEndpoint, confidential(), token)
	assert.Equal(t, false, got.members["active"])
}

func TestCIBA(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{CIBADelay: time.Second})
	metadata := server.Metadata()

	for message, want := range map[string]string{"hello": "", "deny": "access_denied"} {
		t.Run(message, func(t *testing.T) {
			t.Parallel()
			started := send(t, server.HTTPClient(), metadata.BackchannelAuthenticationEndpoint, confidential(), map[string]string{
				"scope": "openid api1", "login_hint": "bob", "binding_message": message,
			})
			require.Equal(t, http.StatusOK, started.status, started.members)
			poll := func() answer {
				return send(t, server.HTTPClient(), metadata.TokenEndpoint, confidential(), map[string]string{
					"grant_type":  "urn:openid:params:grant-type:ciba",
					"auth_req_id": started.text("auth_req_id"),
				})
			}

			require.Equal(t, "authorization_pending", poll().text("error"))
			var got answer
			require.Eventually(t, func() bool {
				got = poll()
				return got.text("error") != "authorization_pending"
			}, 5*time.Second, 100*time.Millisecond)

			assert.Equal(t, want, got.text("error"), got.members)
			assert.Equal(t, want == "", got.text("id_token") != "")
		})
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	metadata := `{"redirect_uris":["http://127.0.0.1/callback"],"application_type":"native"}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.Metadata().RegistrationEndpoint, strings.NewReader(metadata))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")

	registered := receive(t, server.HTTPClient(), request)

	require.Equal(t, http.StatusCreated, registered.status, registered.members)
	request, err = http.NewRequestWithContext(t.Context(), http.MethodGet, registered.text("registration_client_uri"), nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+registered.text("registration_access_token"))
	assert.Equal(t, registered.text("client_id"), receive(t, server.HTTPClient(), request).text("client_id"))
}
