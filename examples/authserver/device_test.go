// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// device asks for a device code.
func (s server) device(t *testing.T) reply {
	t.Helper()
	r := s.send(t, s.DeviceAuthorizationEndpoint(), public(), "scope", "openid offline_access api1")
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.NotEmpty(t, r.str("device_code"))
	require.NotEmpty(t, r.str("user_code"))
	return r
}

// poll asks for the token of a device.
func (s server) poll(t *testing.T, device reply) reply {
	t.Helper()
	return s.token(t, public(), "grant_type", deviceGrant, "device_code", device.str("device_code"))
}

func TestDeviceAnswer(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{DeviceLifetime: 2 * time.Minute, DeviceInterval: time.Second})
	d := srv.device(t)
	assert.InDelta(t, 120, d.json["expires_in"], 0)
	assert.InDelta(t, 1, d.json["interval"], 0)
	assert.Equal(t, srv.Issuer()+"/device", d.str("verification_uri"))
	assert.Equal(t, srv.Issuer()+"/device?user_code="+d.str("user_code"), d.str("verification_uri_complete"))

	standard := start(t, authserver.Options{})
	d = standard.device(t)
	assert.InDelta(t, 300, d.json["expires_in"], 0)
	assert.InDelta(t, 5, d.json["interval"], 0)

	requireError(t, srv.send(t, srv.DeviceAuthorizationEndpoint(), demo(), "scope", "nothing"),
		http.StatusBadRequest, "invalid_scope")
	requireError(t, srv.send(t, srv.DeviceAuthorizationEndpoint(), basic(authserver.ClientID, "wrong")),
		http.StatusUnauthorized, "invalid_client")
}

func TestDeviceApproved(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	d := srv.device(t)
	requireError(t, srv.poll(t, d), http.StatusBadRequest, "authorization_pending")
	requireError(t, srv.poll(t, d), http.StatusBadRequest, "slow_down")

	require.NoError(t, srv.ApproveDevice(strings.ToLower(d.str("user_code"))))
	require.Error(t, srv.ApproveDevice(d.str("user_code")), "already decided")
	require.Error(t, srv.DenyDevice(d.str("user_code")), "already decided")

	r := srv.poll(t, d)
	requireToken(t, r)
	assert.Equal(t, authserver.Alice, claims(t, r.str("access_token"))["sub"])
	requireToken(t, srv.token(t, public(), "grant_type", "refresh_token", "refresh_token", r.str("refresh_token")))

	requireError(t, srv.poll(t, d), http.StatusBadRequest, "invalid_grant")
}

func TestDeviceDenied(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	d := srv.device(t)
	require.NoError(t, srv.DenyDevice(d.str("user_code")))
	// RFC 8628 wants 400; that is go-oidc's way, and other servers' too.
	requireError(t, srv.poll(t, d), http.StatusForbidden, "access_denied")
	require.Error(t, srv.ApproveDevice(d.str("user_code")))
	requireError(t, srv.poll(t, d), http.StatusForbidden, "access_denied")

	require.EqualError(t, srv.ApproveDevice("UNKNOWN"), "authserver: no device waits with this user code")
}

func TestDeviceIsDecidedOnceEvenAtTheSameMoment(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	d := srv.device(t)
	var won atomic.Int32
	atOnce(20, func() reply {
		if srv.ApproveDevice(d.str("user_code")) == nil {
			won.Add(1)
		}
		return reply{}
	})
	assert.EqualValues(t, 1, won.Load())
	requireToken(t, srv.poll(t, d))
}

func TestDeviceExpires(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{DeviceLifetime: time.Second})
	d := srv.device(t)
	require.Eventually(t, func() bool { return srv.poll(t, d).str("error") == "expired_token" },
		10*time.Second, 20*time.Millisecond)
	require.Error(t, srv.ApproveDevice(d.str("user_code")))
}

func TestDeviceApprovedByPolls(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{ApproveDeviceAfter: 1})
	d := srv.device(t)
	requireError(t, srv.poll(t, d), http.StatusBadRequest, "authorization_pending")
	requireToken(t, srv.poll(t, d))
}

func TestDeviceCodeOfAnotherClient(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	d := srv.device(t)
	requireError(t, srv.token(t, demo(), "grant_type", deviceGrant, "device_code", d.str("device_code")),
		http.StatusBadRequest, "invalid_grant")
	requireError(t, srv.token(t, public(), "grant_type", deviceGrant, "device_code", "unknown"),
		http.StatusBadRequest, "invalid_grant")
	requireError(t, srv.token(t, public(), "grant_type", deviceGrant), http.StatusBadRequest, "invalid_request")
}

func TestDevicePage(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		interactive bool
		user        string
	}{
		"one click": {false, authserver.Alice},
		"login":     {true, authserver.Bob},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			srv := start(t, authserver.Options{Interactive: test.interactive})
			d := srv.device(t)
			prompt := srv.get(t, d.str("verification_uri"))
			assert.Contains(t, prompt.body, `name="user_code"`)
			wrong := srv.get(t, d.str("verification_uri")+"?user_code=WRONG")
			assert.Contains(t, wrong.body, "No device waits with this code")

			typed := d.str("user_code")[:4] + "-" + strings.ToLower(d.str("user_code")[4:])
			page := srv.get(t, d.str("verification_uri")+"?"+url.Values{"user_code": {typed}}.Encode())
			target := srv.form(t, page)
			assert.Equal(t, test.interactive, strings.Contains(page.body, `name="password"`))
			requireError(t, srv.poll(t, d), http.StatusBadRequest, "authorization_pending")

			done := srv.send(t, target, nil, "decision", "allow", "username", test.user, "password", test.user)
			assert.Contains(t, done.body, "Your device is connected")
			r := srv.poll(t, d)
			requireToken(t, r)
			assert.Equal(t, test.user, claims(t, r.str("access_token"))["sub"])

			again := srv.get(t, d.str("verification_uri_complete"))
			assert.Equal(t, http.StatusBadRequest, again.status)
			assert.Contains(t, again.body, "already decided")
		})
	}
}

func TestDevicePageDenies(t *testing.T) {
	t.Parallel()

	srv := start(t, authserver.Options{})
	d := srv.device(t)
	target := srv.form(t, srv.get(t, d.str("verification_uri_complete")))
	denied := srv.send(t, target, nil, "decision", "deny")
	assert.Equal(t, http.StatusForbidden, denied.status)
	assert.Contains(t, denied.body, "access_denied")
	requireError(t, srv.poll(t, d), http.StatusForbidden, "access_denied")
}
