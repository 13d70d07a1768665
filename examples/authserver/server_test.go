// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

func TestStartIsQuick(t *testing.T) {
	t.Parallel()

	// The best of a few, because other tests run at the same time.
	best := time.Hour
	for range 5 {
		begin := time.Now()
		srv, err := authserver.Start(t.Context(), authserver.Options{})
		require.NoError(t, err)
		best = min(best, time.Since(begin))
		require.NoError(t, srv.Close())
	}
	t.Log("start", best)
	assert.Less(t, best, 200*time.Millisecond)
}

func TestStartListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()

	for _, addr := range []string{":0", "0.0.0.0:0", "192.0.2.1:0", "localhost", "example.com:0", "[::]:0"} {
		_, err := authserver.Start(t.Context(), authserver.Options{Addr: addr})
		require.ErrorContains(t, err, "authserver: address", addr)
	}
	srv := start(t, authserver.Options{Addr: "127.0.0.1:0"})
	assert.True(t, strings.HasPrefix(srv.Issuer(), "http://127.0.0.1:"), srv.Issuer())
}

func TestStartReportsAnAddressInUse(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	_, err := authserver.Start(t.Context(), authserver.Options{Addr: strings.TrimPrefix(srv.Issuer(), "http://")})
	require.ErrorContains(t, err, "authserver: listening")
}

func TestDiscovery(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	openid := srv.get(t, srv.Issuer()+"/.well-known/openid-configuration")
	oauth := srv.get(t, srv.Issuer()+"/.well-known/oauth-authorization-server")
	require.Equal(t, http.StatusOK, openid.status)
	require.Equal(t, openid.json, oauth.json)
	assert.Equal(t, "application/json", oauth.header.Get("Content-Type"))

	assert.Equal(t, srv.Issuer(), openid.str("issuer"))
	assert.Equal(t, srv.TokenEndpoint(), openid.str("token_endpoint"))
	assert.Equal(t, srv.AuthorizationEndpoint(), openid.str("authorization_endpoint"))
	for member, endpoint := range map[string]string{
		"device_authorization_endpoint":         srv.DeviceAuthorizationEndpoint(),
		"backchannel_authentication_endpoint":   srv.BackchannelAuthenticationEndpoint(),
		"pushed_authorization_request_endpoint": srv.PushedAuthorizationEndpoint(),
		"introspection_endpoint":                srv.IntrospectionEndpoint(),
		"revocation_endpoint":                   srv.RevocationEndpoint(),
		"userinfo_endpoint":                     srv.UserInfoEndpoint(),
		"registration_endpoint":                 srv.RegistrationEndpoint(),
	} {
		assert.Equal(t, endpoint, openid.str(member), member)
	}
	assert.Equal(t, []any{"poll"}, openid.json["backchannel_token_delivery_modes_supported"])
	assert.ElementsMatch(t, []any{
		"client_credentials", "authorization_code", "refresh_token",
		"urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba",
		"urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"password", "urn:example:custom",
	}, openid.json["grant_types_supported"])
	assert.ElementsMatch(t, []any{"client_secret_basic", "client_secret_post", "none", "client_secret_jwt", "private_key_jwt"},
		openid.json["token_endpoint_auth_methods_supported"])
	assert.Equal(t, []any{"S256"}, openid.json["code_challenge_methods_supported"])
	assert.Equal(t, true, openid.json["authorization_response_iss_parameter_supported"])

	keys := srv.get(t, openid.str("jwks_uri"))
	require.Len(t, keys.json["keys"], 1)
	assert.NotContains(t, keys.body, `"d"`, "only the public key")
}

func TestShimsNameTheirGrants(t *testing.T) {
	t.Parallel()

	assert.True(t, authserver.IsShimGrant(authserver.GrantPassword))
	assert.True(t, authserver.IsShimGrant(authserver.GrantCustom))
	assert.False(t, authserver.IsShimGrant("client_credentials"))
	assert.False(t, authserver.IsShimGrant(""))
	for _, s := range authserver.Shims() {
		assert.NotEmpty(t, s.Name)
		assert.NotEmpty(t, s.Why)
	}
}

func TestLogHasReasonsAndNoSecrets(t *testing.T) {
	t.Parallel()

	var log syncBuffer
	srv := start(t, authserver.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	srv.token(t, basic(authserver.ClientID, "canary-secret"), "grant_type", "client_credentials")
	srv.token(t, demo(), "grant_type", "password", "username", "alice", "password", "canary-password")
	srv.token(t, demo(), "grant_type", "refresh_token", "refresh_token", "canary-token")
	srv.get(t, srv.AuthorizationEndpoint()+"?state=canary-state")

	text := log.String()
	assert.Contains(t, text, "path=/token status=401")
	assert.Contains(t, text, "invalid client secret")
	assert.NotContains(t, text, "canary")
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
