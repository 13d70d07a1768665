// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

const cibaGrant = "urn:openid:params:grant-type:ciba"

// ring starts a CIBA request of the demo client.
func (s server) ring(t *testing.T, more ...string) reply {
	t.Helper()
	return s.send(t, s.BackchannelAuthenticationEndpoint(), demo(), append([]string{"scope", "openid offline_access api1"}, more...)...)
}

// pollCIBA asks for the token of a CIBA request.
func (s server) pollCIBA(t *testing.T, request reply) reply {
	t.Helper()
	return s.token(t, demo(), "grant_type", cibaGrant, "auth_req_id", request.str("auth_req_id"))
}

func TestBackchannelApproved(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{BackchannelLifetime: 2 * time.Minute})
	request := srv.ring(t, "login_hint", authserver.Bob, "binding_message", "W4SCT")
	require.Equal(t, http.StatusOK, request.status, request.body)
	assert.InDelta(t, 120, request.json["expires_in"], 0)
	assert.InDelta(t, 5, request.json["interval"], 0)
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "authorization_pending")
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "slow_down")

	id := request.str("auth_req_id")
	require.NoError(t, srv.ApproveBackchannel(id))
	require.Error(t, srv.ApproveBackchannel(id), "already decided")
	require.Error(t, srv.DenyBackchannel(id), "already decided")

	r := srv.pollCIBA(t, request)
	requireToken(t, r)
	assert.Equal(t, authserver.Bob, claims(t, r.str("access_token"))["sub"])
	assert.Equal(t, authserver.Bob, claims(t, r.str("id_token"))["sub"])
	requireToken(t, srv.refresh(t, r))
}

func TestBackchannelWorksOnce(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	request := srv.ring(t, "login_hint", authserver.Alice)
	var approved atomic.Int32
	atOnce(20, func() reply {
		if srv.ApproveBackchannel(request.str("auth_req_id")) == nil {
			approved.Add(1)
		}
		return reply{}
	})
	assert.EqualValues(t, 1, approved.Load())
	requireToken(t, srv.pollCIBA(t, request))
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "invalid_grant")
}

func TestBackchannelDenied(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	request := srv.ring(t, "login_hint", authserver.Alice)
	require.NoError(t, srv.DenyBackchannel(request.str("auth_req_id")))
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "access_denied")
	require.Error(t, srv.ApproveBackchannel(request.str("auth_req_id")))
	require.EqualError(t, srv.ApproveBackchannel("unknown"), "authserver: no user is asked by this auth_req_id")
}

func TestBackchannelDecidedByPolls(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{ApproveBackchannelAfter: 1})
	login := srv.token(t, demo(), "grant_type", "password", "username", "bob", "password", "bob", "scope", "openid")
	request := srv.ring(t, "id_token_hint", login.str("id_token"))
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "authorization_pending")
	r := srv.pollCIBA(t, request)
	requireToken(t, r)
	assert.Equal(t, authserver.Bob, claims(t, r.str("access_token"))["sub"])

	request = srv.ring(t, "login_hint", "deny")
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "authorization_pending")
	requireError(t, srv.pollCIBA(t, request), http.StatusBadRequest, "access_denied")
}

func TestBackchannelExpires(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{BackchannelLifetime: time.Second})
	request := srv.ring(t, "login_hint", authserver.Alice)
	require.Eventually(t, func() bool { return srv.pollCIBA(t, request).str("error") == "expired_token" },
		10*time.Second, 20*time.Millisecond)
	require.Error(t, srv.ApproveBackchannel(request.str("auth_req_id")))
}

func TestBackchannelRefused(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	for name, test := range map[string]struct {
		parameters []string
		code       string
	}{
		"no hint":      {nil, "invalid_request"},
		"two hints":    {[]string{"login_hint", "alice", "login_hint_token", "x"}, "invalid_request"},
		"unknown user": {[]string{"login_hint", "carol"}, "unknown_user_id"},
		"message":      {[]string{"login_hint", "alice", "binding_message", strings.Repeat("a", 65)}, "invalid_binding_message"},
		"user code":    {[]string{"login_hint", "alice", "user_code", "1234"}, "invalid_request"},
		"scope":        {[]string{"login_hint", "alice", "scope", "nothing"}, "invalid_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parameters := append([]string{"scope", "openid"}, test.parameters...)
			if name == "scope" {
				parameters = test.parameters
			}
			requireError(t, srv.send(t, srv.BackchannelAuthenticationEndpoint(), demo(), parameters...), http.StatusBadRequest, test.code)
		})
	}
	requireError(t, srv.send(t, srv.BackchannelAuthenticationEndpoint(), basic(authserver.ClientID, "wrong"), "login_hint", "alice"),
		http.StatusUnauthorized, "invalid_client")
	requireError(t, srv.send(t, srv.BackchannelAuthenticationEndpoint(), public(), "login_hint", "alice"),
		http.StatusUnauthorized, "unauthorized_client")

	request := srv.ring(t, "login_hint", authserver.Alice)
	requireError(t, srv.token(t, inBody(authserver.PostClientID, authserver.PostClientSecret),
		"grant_type", cibaGrant, "auth_req_id", request.str("auth_req_id")), http.StatusBadRequest, "invalid_grant")
}
