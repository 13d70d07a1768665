// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// TestRepeatedCredentials has a secret in one place at a time, and servers that
// repeat what they got.
func TestRepeatedCredentials(t *testing.T) {
	t.Parallel()
	const secret = "CANARY p@ss:w%rd+&/~é"
	basic := func(client, secret string) string {
		return base64.StdEncoding.EncodeToString([]byte(client + ":" + secret))
	}
	for name, test := range map[string]struct {
		auth   clientauth.Method
		send   send
		hidden []string
	}{
		"post":           {clientauth.SecretPost(secret), clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), nil},
		"basic":          {clientauth.SecretBasic(secret), clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), []string{basic("client", url.QueryEscape(secret))}},
		"basic, raw":     {clientauth.SecretBasicRFC2617("CANARY raw"), clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), []string{"CANARY raw", basic("client", "CANARY raw")}},
		"password":       {nil, password(tokenclient.PasswordTokenRequest{UserName: "b", Password: secret}), nil},
		"short password": {nil, password(tokenclient.PasswordTokenRequest{UserName: "b", Password: "bob"}), []string{"bob"}},
		"refresh token":  {nil, refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: secret}), nil},
		"parameter":      {nil, anyToken(tokenclient.TokenRequest{GrantType: "custom", Parameters: url.Values{"p": {secret}}}), nil},
		"one in another": {
			clientauth.SecretPost("CANARY"),
			refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: "CANARY and more"}),
			[]string{"and more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newServerClient(t, func(c *tokenclient.Config) { c.Auth = test.auth })
			hidden := append([]string{secret, url.QueryEscape(secret), url.PathEscape(secret)}, test.hidden...)
			for _, where := range []string{"as it was", "decoded", "in error_uri"} {
				server.Handle(tokentest.TokenPath, func(r tokentest.Request) tokentest.Answer {
					_, repeated, _ := r.BasicAuth()
					text := "got " + r.RawBody + r.Header.Get("Authorization")
					body := map[string]string{"error": "invalid_request", "error_description": text}
					switch where {
					case "decoded":
						plain, _ := url.QueryUnescape(r.RawBody)
						body["error_description"] = "got " + plain + repeated
					case "in error_uri":
						body["error_uri"] = "https://as.example/help?" + r.RawBody
					}
					return tokentest.JSON(http.StatusBadRequest, body)
				})
				_, err := test.send(t.Context(), client)
				failed := requireError(t, err)
				require.Equal(t, tokenclient.ErrInvalidRequest, failed.Code)
				encoded, err := json.Marshal(failed)
				require.NoError(t, err)
				for _, text := range []string{prints(failed), string(encoded), failed.Description, failed.URI} {
					for _, value := range hidden {
						assert.NotContains(t, text, value, where)
					}
				}
			}
		})
	}
}

// TestRegisteredCodesAreNeverCutOut: a parameter may have a value that is part of
// one.
func TestRegisteredCodesAreNeverCutOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		auth clientauth.Method
		send send
		code tokenclient.ErrorCode
	}{
		"a parameter": {nil, anyToken(tokenclient.TokenRequest{GrantType: "custom", Parameters: url.Values{"mode": {"client"}}}), tokenclient.ErrInvalidClient},
		"a user name": {nil, password(tokenclient.PasswordTokenRequest{UserName: "grant", Password: "p"}), tokenclient.ErrInvalidGrant},
		"a secret":    {clientauth.SecretPost("client"), clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), tokenclient.ErrInvalidClient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newServerClient(t, func(c *tokenclient.Config) { c.Auth = test.auth })
			server.Enqueue(tokentest.TokenPath, tokentest.OAuthError(http.StatusUnauthorized, string(test.code), ""))
			_, err := test.send(t.Context(), client)
			assert.ErrorIs(t, err, test.code)
		})
	}
	synctest.Test(t, func(t *testing.T) { // polling must not stop for it
		client, mock := newMockClient(t)
		pending := httpmock.NewStringResponder(http.StatusBadRequest, `{"error":"authorization_pending"}`)
		mock.RegisterResponder(http.MethodPost, tokenURL, pending.Then(httpmock.NewStringResponder(http.StatusOK, tokenBody)))
		_, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{DeviceCode: "d", Parameters: url.Values{"kind": {"authorization"}}})
		require.NoError(t, err)
		assert.Equal(t, 2, mock.GetTotalCallCount())
	})
}
