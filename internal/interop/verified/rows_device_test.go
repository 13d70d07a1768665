// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	neverSlowsDown = "it never sends slow_down"
	sendsInterval  = "it always sends an interval"
)

func deviceRows() []row {
	const group = "device_code"
	added := map[string]string{keyGoOIDC: addedDevice}
	return []row{
		{group: group, name: "approved at once, confidential client", check: checkDeviceApproved, added: added},
		{
			group: group, name: "approved while polling, public client", check: checkDevicePending,
			added: map[string]string{keyGoOIDC: addedDevice, keyOIDCProvider: addedInterval},
		},
		{group: group, name: "denied", check: checkDeviceDenied, added: added},
		{
			group: group, name: "slow_down obeyed", check: checkDeviceSlowDown,
			added:   map[string]string{keyGoOIDC: addedPace},
			without: map[string]string{keyOIDCProvider: neverSlowsDown},
		},
		{
			group: group, name: "5 s when no interval is sent", check: checkDeviceDefaultInterval,
			without: map[string]string{keyGoOIDC: sendsInterval},
		},
		{group: group, name: "expired, as the server says and by the clock", check: checkDeviceExpired, added: added},
		{group: group, name: "code redeemed twice", check: checkDeviceReplayed, added: added},
		{group: group, name: "unknown client", check: checkDeviceUnknownClient},
	}
}

// startDevice starts a device login.
func startDevice(t *testing.T, client *tokenclient.Client) *tokenclient.DeviceAuthorizationResponse {
	t.Helper()
	device, err := client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{Scope: loginScope})
	require.NoError(t, err)
	assert.NotEmpty(t, device.DeviceCode)
	assert.NotEmpty(t, device.UserCode)
	assert.NotEmpty(t, device.VerificationURI)
	assert.Contains(t, device.VerificationURIComplete, device.VerificationURI)
	assert.Positive(t, device.ExpiresIn)
	return device
}

func checkDeviceApproved(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.special, s.post} {
		client := s.client(t, p)
		device := startDevice(t, client)
		require.NoError(t, s.approveDevice(t.Context(), device))
		got, err := client.RequestDeviceToken(t.Context(), device.TokenRequest())
		requireToken(t, got, err)
		assert.NotEmpty(t, got.IDToken)
	}
}

// pollUntil polls, and has the user act once the first poll has found nothing.
func pollUntil(t *testing.T, client *tokenclient.Client, device *tokenclient.DeviceAuthorizationResponse, act func() error) (*tokenclient.TokenResponse, error) {
	t.Helper()
	request, polls := device.TokenRequest(), 0
	var failures []error
	request.Pending = func(poll tokenclient.PendingPoll) {
		polls++
		failures = append(failures, poll.Err)
		if polls == 1 {
			failures = append(failures, act())
		}
	}
	got, err := client.PollDeviceToken(t.Context(), request)
	require.NoError(t, errors.Join(failures...))
	assert.Equal(t, 1, polls, "polls while the user had not decided")
	return got, err
}

func checkDevicePending(t *testing.T, s *server) {
	client := s.client(t, s.public)
	device := startDevice(t, client)
	assert.Equal(t, time.Second, device.Interval)
	got, err := client.RequestDeviceToken(t.Context(), device.TokenRequest())
	assertRefused(t, got, err, tokenclient.ErrAuthorizationPending, http.StatusBadRequest)

	got, err = pollUntil(t, client, device, func() error { return s.approveDevice(t.Context(), device) })
	requireToken(t, got, err)
	assert.NotEmpty(t, got.RefreshToken)

	got, err = refresh(t, client, got.RefreshToken)
	requireToken(t, got, err)
}

func checkDeviceDenied(t *testing.T, s *server) {
	client := s.client(t, s.public)
	device := startDevice(t, client)
	got, err := pollUntil(t, client, device, func() error { return s.denyDevice(t.Context(), device) })
	assertRefused(t, got, err, tokenclient.ErrAccessDenied, got.StatusCode)
	assert.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.StatusCode)
}

// checkDeviceSlowDown polls faster than the server allows, once.
func checkDeviceSlowDown(t *testing.T, s *server) {
	const tooFast = 300 * time.Millisecond
	client := s.client(t, s.public)
	device := startDevice(t, client)
	require.Equal(t, time.Second, device.Interval)

	request := device.TokenRequest()
	request.Interval = tooFast
	var waits []time.Duration
	request.Pending = func(poll tokenclient.PendingPoll) {
		waits = append(waits, poll.Wait)
		if len(waits) == 2 {
			assert.NoError(t, s.approveDevice(t.Context(), device))
		}
	}
	got, err := client.PollDeviceToken(t.Context(), request)
	requireToken(t, got, err)
	require.Len(t, waits, 2)
	assert.LessOrEqual(t, waits[0], tooFast)
	assert.Greater(t, waits[1], 4*time.Second, "the interval and five seconds more")
}

func checkDeviceDefaultInterval(t *testing.T, s *server) {
	device := startDevice(t, s.another(t, options{}).client(t, s.public))
	assert.False(t, device.Field("interval").Exists())
	assert.Equal(t, 5*time.Second, device.Interval)
}

func checkDeviceExpired(t *testing.T, s *server) {
	const lifetime = 2 * time.Second
	short := s.another(t, options{deviceLifetime: lifetime, deviceInterval: time.Second})
	client := short.client(t, short.public)

	request := startDevice(t, client).TokenRequest()
	request.Expiry = time.Time{} // as if the answer had not said
	got, err := client.PollDeviceToken(t.Context(), request)
	assertRefused(t, got, err, tokenclient.ErrExpiredToken, http.StatusBadRequest)

	device := startDevice(t, client)
	assert.InDelta(t, lifetime, device.ExpiresIn, float64(time.Second))
	request = device.TokenRequest()
	request.Interval = time.Minute
	got, err = client.PollDeviceToken(t.Context(), request)
	var expired *tokenclient.Error
	require.ErrorAs(t, err, &expired)
	require.ErrorIs(t, err, tokenclient.ErrExpiredToken)
	assert.Equal(t, tokenclient.KindPolicy, expired.Kind)
	assert.True(t, got.IsError())
	assert.False(t, time.Now().Before(device.Expiry))
}

func checkDeviceReplayed(t *testing.T, s *server) {
	client := s.client(t, s.public)
	device := startDevice(t, client)
	require.NoError(t, s.approveDevice(t.Context(), device))
	got, err := client.RequestDeviceToken(t.Context(), device.TokenRequest())
	requireToken(t, got, err)

	got, err = client.RequestDeviceToken(t.Context(), device.TokenRequest())
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}

func checkDeviceUnknownClient(t *testing.T, s *server) {
	client := s.client(t, party{"nobody", "", withoutSecret})
	got, err := client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{Scope: scope})
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, tokenclient.ErrInvalidClient)
	assert.Contains(t, refused.Error(), s.metadata.DeviceAuthorizationEndpoint)
	assert.True(t, got.IsError())
}
