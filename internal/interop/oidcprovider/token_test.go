// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

// tokenCase is one token request and what must be in the answer.
type tokenCase struct {
	authenticate credentials
	form         map[string]string
	status       int
	want         map[string]any
}

func runTokenCases(t *testing.T, tests map[string]tokenCase) {
	t.Helper()
	server := oidcprovider.New(t, oidcprovider.Options{AccessTokenLifetime: 90 * time.Second})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, test.authenticate, test.form)

			require.Equal(t, test.status, got.status, got.members)
			for member, value := range test.want {
				assert.Equal(t, value, got.members[member], member)
			}
			assert.Equal(t, test.status == http.StatusOK, got.text("access_token") != "")
		})
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	runTokenCases(t, map[string]tokenCase{
		"basic": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1"},
			status:       http.StatusOK,
			want:         map[string]any{"token_type": "Bearer", "scope": "api1", "expires_in": 90.0},
		},
		"two scopes": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1 api2"},
			status:       http.StatusOK,
			want:         map[string]any{"scope": "api1 api2"},
		},
		"resource": {
			authenticate: confidential(),
			form: map[string]string{
				"grant_type": "client_credentials", "scope": "api1", "resource": oidcprovider.Resource,
			},
			status: http.StatusOK,
			want:   map[string]any{"scope": "api1"},
		},
		"post": {
			authenticate: post(oidcprovider.PostClientID, oidcprovider.ClientSecret),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1"},
			status:       http.StatusOK,
			want:         map[string]any{"scope": "api1"},
		},
		"special characters": {
			authenticate: basic(oidcprovider.SpecialClientID, oidcprovider.SpecialClientSecret),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1"},
			status:       http.StatusOK,
			want:         map[string]any{"scope": "api1"},
		},
	})
}

func TestTokenRequestRefused(t *testing.T) {
	t.Parallel()
	runTokenCases(t, map[string]tokenCase{
		"wrong secret": {
			authenticate: basic(oidcprovider.BasicClientID, "wrong"),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1"},
			status:       http.StatusUnauthorized,
			want:         map[string]any{"error": "invalid_client"},
		},
		"unknown client": {
			authenticate: basic("nobody", "secret"),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1"},
			status:       http.StatusUnauthorized,
			want:         map[string]any{"error": "invalid_client"},
		},
		"unknown scope": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "client_credentials", "scope": "api1 api3"},
			status:       http.StatusBadRequest,
			want:         map[string]any{"error": "invalid_scope", "scope": "api3"},
		},
		"unknown grant": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "urn:example:unknown"},
			status:       http.StatusBadRequest,
			want:         map[string]any{"error": "unsupported_grant_type"},
		},
	})
}

func TestPassword(t *testing.T) {
	t.Parallel()
	runTokenCases(t, map[string]tokenCase{
		"alice": {
			authenticate: confidential(),
			form: map[string]string{
				"grant_type": "password", "username": "alice", "password": "alice", "scope": "api1",
			},
			status: http.StatusOK,
			want:   map[string]any{"token_type": "Bearer", "scope": "api1"},
		},
		"bob without scope": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "password", "username": "bob", "password": "bob"},
			status:       http.StatusOK,
			want:         map[string]any{"token_type": "Bearer"},
		},
		"wrong": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": "password", "username": "alice", "password": "bob"},
			status:       http.StatusBadRequest,
			want:         map[string]any{"error": "invalid_grant"},
		},
	})
}

func TestCustomGrant(t *testing.T) {
	t.Parallel()
	runTokenCases(t, map[string]tokenCase{
		"with its parameter": {
			authenticate: confidential(),
			form: map[string]string{
				"grant_type": oidcprovider.CustomGrantType, "custom_parameter": "a value", "scope": "api1",
			},
			status: http.StatusOK,
			want:   map[string]any{"custom_member": "a value", "scope": "api1"},
		},
		"without its parameter": {
			authenticate: confidential(),
			form:         map[string]string{"grant_type": oidcprovider.CustomGrantType},
			status:       http.StatusBadRequest,
			want:         map[string]any{"error": "invalid_request"},
		},
	})
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	refresh := func(token string) answer {
		form := map[string]string{"grant_type": "refresh_token", "refresh_token": token}
		return send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, confidential(), form)
	}

	first := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, confidential(), map[string]string{
		"grant_type": "password", "username": "alice", "password": "alice", "scope": "api1",
	})
	require.NotEmpty(t, first.text("refresh_token"), first.members)

	second := refresh(first.text("refresh_token"))
	require.Equal(t, http.StatusOK, second.status, second.members)
	assert.NotEmpty(t, second.text("refresh_token"))
	assert.NotEqual(t, first.text("refresh_token"), second.text("refresh_token"))
	assert.Equal(t, "api1", second.text("scope"))

	assert.Equal(t, "invalid_grant", refresh(first.text("refresh_token")).text("error"))
	assert.Equal(t, "invalid_grant", refresh(second.text("refresh_token")).text("error"), "the replay revokes the grant")
}

func TestDevice(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{Interval: time.Second})
	metadata := server.Metadata()
	begin := func(t *testing.T) (answer, map[string]string) {
		t.Helper()
		started := send(t, server.HTTPClient(), metadata.DeviceAuthorizationEndpoint, public(), map[string]string{"scope": "openid"})
		require.Equal(t, http.StatusOK, started.status, started.members)
		return started, map[string]string{
			"grant_type":  "urn:ietf:params:oauth:grant-type:device_code",
			"device_code": started.text("device_code"),
		}
	}

	t.Run("approved", func(t *testing.T) {
		t.Parallel()
		started, poll := begin(t)
		assert.InDelta(t, 1, started.members["interval"], 0)

		pending := send(t, server.HTTPClient(), metadata.TokenEndpoint, public(), poll)
		assert.Equal(t, "authorization_pending", pending.text("error"))

		require.NoError(t, server.ApproveDevice(t.Context(), started.text("verification_uri_complete")))
		got := send(t, server.HTTPClient(), metadata.TokenEndpoint, public(), poll)
		require.Equal(t, http.StatusOK, got.status, got.members)
		assert.NotEmpty(t, got.text("id_token"))
		assert.NotEmpty(t, got.text("refresh_token"))

		err := server.ApproveDevice(t.Context(), started.text("verification_uri_complete"))
		assert.ErrorContains(t, err, "already been used")
	})

	t.Run("denied", func(t *testing.T) {
		t.Parallel()
		started, poll := begin(t)

		require.NoError(t, server.DenyDevice(t.Context(), started.text("verification_uri_complete")))

		got := send(t, server.HTTPClient(), metadata.TokenEndpoint, public(), poll)
		assert.Equal(t, "access_denied", got.text("error"))
	})
}

func TestDeviceExpires(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{DeviceCodeLifetime: time.Second})
	started := send(t, server.HTTPClient(), server.Metadata().DeviceAuthorizationEndpoint, public(), nil)
	assert.NotContains(t, started.members, "interval")

	require.EventuallyWithT(t, func(collect *assert.CollectT) {
		got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), map[string]string{
			"grant_type":  "urn:ietf:params:oauth:grant-type:device_code",
			"device_code": started.text("device_code"),
		})
		assert.Equal(collect, "expired_token", got.text("error"))
	}, 5*time.Second, 100*time.Millisecond)
}
