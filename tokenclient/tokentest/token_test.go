// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	server := start(t)
	got := token(t, server, "grant_type", "client_credentials", "scope", "api1 api2")
	first, refreshToken := requireTokens(t, got)
	assert.Empty(t, refreshToken)
	assert.Equal(t, "api1 api2", got.field("scope"))
	assert.EqualValues(t, 3600, got.fields["expires_in"])
	assert.True(t, server.TokenActive(first))

	got = token(t, server, "grant_type", "client_credentials")
	second, _ := requireTokens(t, got)
	assert.NotEqual(t, first, second)
	assert.NotContains(t, got.fields, "scope")
}

func TestAccessTokenLifetime(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lifetime time.Duration
		want     any
		expires  time.Duration
	}{
		"default":   {want: 3600.0, expires: time.Hour},
		"set":       {lifetime: 90*time.Second + time.Millisecond, want: 90.0, expires: 90 * time.Second},
		"tiny":      {lifetime: time.Millisecond, want: 1.0, expires: time.Second},
		"unlimited": {lifetime: -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, clock := start(t), newClock()
			server.Configure(tokentest.Settings{AccessTokenLifetime: test.lifetime, Now: clock.Now})
			got := token(t, server, "grant_type", "client_credentials")
			accessToken, _ := requireTokens(t, got)
			assert.Equal(t, test.want, got.fields["expires_in"])
			if test.expires == 0 {
				clock.Advance(1000 * time.Hour)
				assert.True(t, server.TokenActive(accessToken))
				return
			}
			clock.Advance(test.expires - 1)
			assert.True(t, server.TokenActive(accessToken))
			clock.Advance(1)
			assert.False(t, server.TokenActive(accessToken))
		})
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		username, password string
		status             int
		code               string
	}{
		"right":        {username: "alice", password: "secret", status: 200},
		"wrong":        {username: "alice", password: "wrong", status: 400, code: "invalid_grant"},
		"empty":        {username: "alice", status: 400, code: "invalid_grant"},
		"unknown user": {username: "bob", password: "secret", status: 400, code: "invalid_grant"},
		"no user":      {password: "secret", status: 400, code: "invalid_request"},
	}
	server := start(t)
	server.AddUser("alice", "secret")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := token(t, server, "grant_type", "password", "scope", "api",
				"username", test.username, "password", test.password)
			if test.status != http.StatusOK {
				requireOAuthError(t, got, test.status, test.code)
				return
			}
			_, refreshToken := requireTokens(t, got)
			assert.Equal(t, "api", got.field("scope"))
			assert.True(t, server.TokenActive(refreshToken))
		})
	}
}

func TestBadTokenRequests(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	tests := map[string]struct {
		method, contentType, body string
		status                    int
		code                      string
	}{
		"GET":                {method: "GET", contentType: form, status: 405},
		"JSON":               {method: "POST", contentType: "application/json", body: `{"grant_type":"client_credentials"}`, status: 400, code: "invalid_request"},
		"no content type":    {method: "POST", body: "grant_type=client_credentials", status: 400, code: "invalid_request"},
		"broken escape":      {method: "POST", contentType: form, body: "grant_type=client_credentials&a=%zz", status: 400, code: "invalid_request"},
		"no grant type":      {method: "POST", contentType: form, body: "scope=a", status: 400, code: "invalid_request"},
		"repeated parameter": {method: "POST", contentType: form, body: "grant_type=client_credentials&scope=a&scope=b", status: 400, code: "invalid_request"},
		"unknown grant":      {method: "POST", contentType: form, body: "grant_type=custom", status: 400, code: "unsupported_grant_type"},
		"repeated resource":  {method: "POST", contentType: form, body: "grant_type=client_credentials&resource=a&resource=b", status: 200},
	}
	server := start(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), test.method, server.TokenURL(), strings.NewReader(test.body))
			require.NoError(t, err)
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			got := send(t, server, request)
			assert.Equal(t, test.status, got.status, got.body)
			assert.Equal(t, test.code, got.field("error"))
			if test.status == http.StatusMethodNotAllowed {
				assert.Equal(t, "POST", got.header.Get("Allow"))
			}
		})
	}
}

func TestParametersInTheQueryDoNotCount(t *testing.T) {
	t.Parallel()
	server := start(t)
	request := newForm(t, server.TokenURL()+"?grant_type=client_credentials", nil)
	requireOAuthError(t, send(t, server, request), 400, "invalid_request")
}

func TestHandleGrant(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.AddClient("client", "secret")
	server.HandleGrant("custom", func(r tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]string{"access_token": "for " + r.Form.Get("parameter")})
	})
	custom := []string{"grant_type", "custom", "parameter", "x", "client_id", "client", "client_secret"}
	requireOAuthError(t, token(t, server, append(custom, "wrong")...), 401, "invalid_client")
	assert.Equal(t, "for x", token(t, server, append(custom, "secret")...).field("access_token"))
	server.HandleGrant("custom", nil)
	requireOAuthError(t, token(t, server, append(custom, "secret")...), 400, "unsupported_grant_type")
}

func TestHandleGrantOverridesAndGivesBack(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.HandleGrant(tokentest.GrantClientCredentials, func(r tokentest.Request) tokentest.Answer {
		if r.Form.Get("scope") == "forbidden" {
			return tokentest.OAuthError(http.StatusBadRequest, "invalid_scope", "")
		}
		return tokentest.Answer{Default: true, Header: http.Header{"X-One": {"1"}}}
	})
	requireOAuthError(t, token(t, server, "grant_type", "client_credentials", "scope", "forbidden"), 400, "invalid_scope")
	got := token(t, server, "grant_type", "client_credentials", "scope", "api")
	requireTokens(t, got)
	assert.Equal(t, "1", got.header.Get("X-One"))
}
