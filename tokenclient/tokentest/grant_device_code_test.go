// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func authorizeDevice(t *testing.T, server *tokentest.Server) (deviceCode, userCode string) {
	t.Helper()
	got := post(t, server, server.DeviceAuthorizationURL(), url.Values{"client_id": {"tv"}, "scope": {"openid api"}})
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NotEmpty(t, got.field("device_code"))
	return got.field("device_code"), got.field("user_code")
}

func poll(t *testing.T, server *tokentest.Server, deviceCode string) reply {
	t.Helper()
	return token(t, server, "grant_type", tokentest.GrantDeviceCode, "device_code", deviceCode, "client_id", "tv")
}

func TestDeviceAuthorization(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings          tokentest.Settings
		expires, interval any
	}{
		"default":     {expires: 600.0, interval: 5.0},
		"set":         {settings: tokentest.Settings{DeviceCodeLifetime: time.Minute, DeviceInterval: 2 * time.Second}, expires: 60.0, interval: 2.0},
		"tiny":        {settings: tokentest.Settings{DeviceCodeLifetime: 1, DeviceInterval: 1}, expires: 1.0, interval: 1.0},
		"no interval": {settings: tokentest.Settings{DeviceInterval: -1}, expires: 600.0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			assert.Empty(t, server.LastUserCode())
			server.Configure(test.settings)
			got := post(t, server, server.DeviceAuthorizationURL(), url.Values{"client_id": {"tv"}})
			require.Equal(t, http.StatusOK, got.status)
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			assert.Regexp(t, "^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$", got.field("user_code"))
			assert.Equal(t, server.LastUserCode(), got.field("user_code"))
			assert.Equal(t, server.URL()+"/device", got.field("verification_uri"))
			assert.Equal(t, server.URL()+"/device?user_code="+got.field("user_code"), got.field("verification_uri_complete"))
			assert.Equal(t, test.expires, got.fields["expires_in"])
			assert.Equal(t, test.interval, got.fields["interval"])

			again := post(t, server, server.DeviceAuthorizationURL(), nil)
			assert.NotEqual(t, got.field("user_code"), again.field("user_code"))
			assert.NotEqual(t, got.field("device_code"), again.field("device_code"))
		})
	}
}

func TestDeviceDecisions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		decide func(*tokentest.Server, string) bool
		code   string
	}{
		"approved": {decide: (*tokentest.Server).ApproveDevice},
		"denied":   {decide: (*tokentest.Server).DenyDevice, code: "access_denied"},
		"expired":  {decide: (*tokentest.Server).ExpireDevice, code: "expired_token"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.Configure(tokentest.Settings{AllowFastPolling: true})
			deviceCode, userCode := authorizeDevice(t, server)
			bystander, _ := authorizeDevice(t, server)
			requireOAuthError(t, poll(t, server, deviceCode), 400, "authorization_pending")
			requireOAuthError(t, poll(t, server, deviceCode), 400, "authorization_pending")
			require.True(t, test.decide(server, userCode))
			assert.False(t, test.decide(server, userCode), "the decision is made")
			got := poll(t, server, deviceCode)
			if test.code != "" {
				requireOAuthError(t, got, 400, test.code)
			} else {
				_, refreshToken := requireTokens(t, got)
				assert.True(t, server.TokenActive(refreshToken))
				assert.Equal(t, "openid api", got.field("scope"))
				requireOAuthError(t, poll(t, server, deviceCode), 400, "invalid_grant")
			}
			requireOAuthError(t, poll(t, server, bystander), 400, "authorization_pending")
		})
	}
}

func TestDeviceSlowDown(t *testing.T) {
	t.Parallel()
	server, clock := start(t), newClock()
	server.Configure(tokentest.Settings{Now: clock.Now})
	deviceCode, userCode := authorizeDevice(t, server)
	steps := []struct {
		wait time.Duration
		want string
	}{
		{wait: 0, want: "authorization_pending"}, // the first poll is never too fast
		{wait: 5 * time.Second, want: "authorization_pending"},
		{wait: 5*time.Second - 1, want: "slow_down"},
		{wait: 10*time.Second - 1, want: "slow_down"}, // it was 5, it is 10
		{wait: 15 * time.Second, want: "authorization_pending"},
	}
	for i, step := range steps {
		clock.Advance(step.wait)
		got := poll(t, server, deviceCode)
		require.Equal(t, step.want, got.field("error"), "step %d", i)
		require.Equal(t, 400, got.status)
	}
	require.True(t, server.ApproveDevice(userCode))
	clock.Advance(time.Second)
	requireOAuthError(t, poll(t, server, deviceCode), 400, "slow_down")
	clock.Advance(20 * time.Second)
	requireTokens(t, poll(t, server, deviceCode))
}

func TestDeviceCodeExpires(t *testing.T) {
	t.Parallel()
	server, clock := start(t), newClock()
	server.Configure(tokentest.Settings{Now: clock.Now, DeviceCodeLifetime: time.Minute})
	deviceCode, userCode := authorizeDevice(t, server)
	clock.Advance(time.Minute - 1)
	requireOAuthError(t, poll(t, server, deviceCode), 400, "authorization_pending")
	require.True(t, server.ApproveDevice(userCode))
	clock.Advance(1)
	requireOAuthError(t, poll(t, server, deviceCode), 400, "expired_token")
}

func TestDeviceErrors(t *testing.T) {
	t.Parallel()
	server := start(t)
	requireOAuthError(t, poll(t, server, "never-issued"), 400, "invalid_grant")
	requireOAuthError(t, poll(t, server, ""), 400, "invalid_request")
	assert.False(t, server.ApproveDevice("NEVE-RWAS"))
	assert.Equal(t, http.StatusMethodNotAllowed, get(t, server, server.DeviceAuthorizationURL()).status)
}
