// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	basic := func(id, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) }
	}
	tests := map[string]struct {
		form   url.Values
		header func(*http.Request)
		status int
		code   string
	}{
		"basic":                 {header: basic("my client", "p:%+ss"), status: 200},
		"basic, wrong secret":   {header: basic("my client", "wrong"), status: 401, code: "invalid_client"},
		"basic, unknown client": {header: basic("nobody", "p:%+ss"), status: 401, code: "invalid_client"},
		"basic, not form-encoded": {
			header: func(r *http.Request) { r.SetBasicAuth("my client", "p:%+ss") }, status: 401, code: "invalid_client",
		},
		"another scheme": {
			form:   url.Values{"client_id": {"public"}},
			header: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, status: 401, code: "invalid_client",
		},
		"body":                      {form: url.Values{"client_id": {"my client"}, "client_secret": {"p:%+ss"}}, status: 200},
		"body, wrong secret":        {form: url.Values{"client_id": {"my client"}, "client_secret": {"x"}}, status: 401, code: "invalid_client"},
		"body, no secret":           {form: url.Values{"client_id": {"my client"}}, status: 401, code: "invalid_client"},
		"nothing":                   {status: 401, code: "invalid_client"},
		"public":                    {form: url.Values{"client_id": {"public"}}, status: 200},
		"public with a secret":      {form: url.Values{"client_id": {"public"}, "client_secret": {"x"}}, status: 401, code: "invalid_client"},
		"basic and the same id":     {header: basic("my client", "p:%+ss"), form: url.Values{"client_id": {"my client"}}, status: 200},
		"basic and another id":      {header: basic("my client", "p:%+ss"), form: url.Values{"client_id": {"public"}}, status: 400, code: "invalid_request"},
		"basic and a secret beside": {header: basic("my client", "p:%+ss"), form: url.Values{"client_secret": {"p:%+ss"}}, status: 400, code: "invalid_request"},
	}
	server := start(t)
	server.AddClient("my client", "p:%+ss")
	server.AddClient("public", "")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := url.Values{"grant_type": {"client_credentials"}}
			for name, values := range test.form {
				form[name] = values
			}
			for _, target := range []string{server.TokenURL(), server.DeviceAuthorizationURL()} {
				request := newForm(t, target, form)
				if test.header != nil {
					test.header(request)
				}
				got := send(t, server, request)
				require.Equal(t, test.status, got.status, got.body)
				assert.Equal(t, test.code, got.field("error"))
				if test.status == http.StatusUnauthorized {
					assert.Equal(t, `Basic realm="tokentest"`, got.header.Get("WWW-Authenticate"))
				}
			}
		})
	}
}

func TestAnybodyPassesUntilAClientIsRegistered(t *testing.T) {
	t.Parallel()
	server := start(t)
	requireTokens(t, token(t, server, "grant_type", "client_credentials"))
	requireTokens(t, token(t, server, "grant_type", "client_credentials", "client_id", "x", "client_secret", "y"))
	server.AddClient("client", "old")
	requireOAuthError(t, token(t, server, "grant_type", "client_credentials"), 401, "invalid_client")
	requireTokens(t, token(t, server, "grant_type", "client_credentials", "client_id", "client", "client_secret", "old"))
	server.AddClient("client", "new")
	requireOAuthError(t, token(t, server, "grant_type", "client_credentials", "client_id", "client", "client_secret", "old"), 401, "invalid_client")
	requireTokens(t, token(t, server, "grant_type", "client_credentials", "client_id", "client", "client_secret", "new"))
}

// Every credential that is bound to a client is refused to another one, and is
// not spent by the attempt.
func TestCredentialsBelongToTheirClient(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*testing.T, *tokentest.Server) []string{
		"code": func(_ *testing.T, s *tokentest.Server) []string {
			return []string{"grant_type", tokentest.GrantAuthorizationCode, "code", s.IssueCode(tokentest.CodeGrant{ClientID: "owner"})}
		},
		"refresh token": func(_ *testing.T, s *tokentest.Server) []string {
			return []string{
				"grant_type", tokentest.GrantRefreshToken,
				"refresh_token", s.IssueRefreshToken(tokentest.RefreshGrant{ClientID: "owner"}),
			}
		},
		"device code": func(t *testing.T, s *tokentest.Server) []string {
			t.Helper()
			got := post(t, s, s.DeviceAuthorizationURL(), url.Values{"client_id": {"owner"}})
			require.True(t, s.ApproveDevice(s.LastUserCode()))
			return []string{"grant_type", tokentest.GrantDeviceCode, "device_code", got.field("device_code")}
		},
	}
	for name, credential := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.AddClient("owner", "")
			server.AddClient("thief", "")
			pairs := credential(t, server)
			requireOAuthError(t, token(t, server, append(pairs, "client_id", "thief")...), 400, "invalid_grant")
			requireTokens(t, token(t, server, append(pairs, "client_id", "owner")...))
		})
	}
}
