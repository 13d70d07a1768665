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
	// refusedMessage is the binding message that a user refuses.
	refusedMessage = "deny"
	// phoneDelay is how long a user takes who decides without being told.
	phoneDelay = 1500 * time.Millisecond
)

func backchannelRows() []row {
	const group = "CIBA, poll"
	added := map[string]string{keyOIDCProvider: addedInterval}
	return []row{
		{group: group, name: "approved while polling", check: checkBackchannelApproved, added: added},
		{group: group, name: "denied", check: checkBackchannelDenied, added: added},
		{group: group, name: "redeemed twice", check: checkBackchannelReplayed, added: added},
		{group: group, name: "unknown user", check: checkBackchannelUnknownUser},
		{group: group, name: "wrong secret", check: checkBackchannelWrongSecret},
	}
}

// ring asks bob, whose phone shows the message.
func ring(t *testing.T, client *tokenclient.Client, message string) *tokenclient.BackchannelAuthenticationResponse {
	t.Helper()
	started, err := client.RequestBackchannelAuthentication(t.Context(), tokenclient.BackchannelAuthenticationRequest{
		Scope: loginScope, LoginHint: "bob", BindingMessage: message,
	})
	require.NoError(t, err)
	assert.NotEmpty(t, started.AuthenticationRequestID)
	assert.Positive(t, started.ExpiresIn)
	assert.Equal(t, time.Second, started.Interval)
	return started
}

// pollBackchannel polls, and has the user decide once a poll has found nothing.
func (s *server) pollBackchannel(
	t *testing.T, client *tokenclient.Client, started *tokenclient.BackchannelAuthenticationResponse, approve bool,
) (*tokenclient.TokenResponse, error) {
	t.Helper()
	pending, err := client.RequestBackchannelAuthenticationToken(t.Context(), started.TokenRequest())
	assertRefused(t, pending, err, tokenclient.ErrAuthorizationPending, http.StatusBadRequest)

	request, polls := started.TokenRequest(), 0
	var failures []error
	request.Pending = func(poll tokenclient.PendingPoll) {
		polls++
		failures = append(failures, poll.Err)
		if polls == 1 {
			failures = append(failures, s.decideBackchannel(started.AuthenticationRequestID, approve))
		}
	}
	got, err := client.PollBackchannelAuthenticationToken(t.Context(), request)
	require.NoError(t, errors.Join(failures...))
	return got, err
}

func checkBackchannelApproved(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.post} {
		client := s.client(t, p)
		got, err := s.pollBackchannel(t, client, ring(t, client, "W4SCT"), true)
		requireToken(t, got, err)
		assert.Equal(t, "bob", s.verifyIDToken(t, got.IDToken).Subject)

		got, err = refresh(t, client, got.RefreshToken)
		requireToken(t, got, err)
	}
}

func checkBackchannelDenied(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	got, err := s.pollBackchannel(t, client, ring(t, client, refusedMessage), false)
	assertRefused(t, got, err, tokenclient.ErrAccessDenied, got.StatusCode)
	assert.Contains(t, []int{http.StatusBadRequest, http.StatusForbidden}, got.StatusCode)
}

func checkBackchannelReplayed(t *testing.T, s *server) {
	client := s.client(t, s.basic)
	started := ring(t, client, "once")
	got, err := s.pollBackchannel(t, client, started, true)
	requireToken(t, got, err)

	got, err = client.RequestBackchannelAuthenticationToken(t.Context(), started.TokenRequest())
	assertRefused(t, got, err, tokenclient.ErrInvalidGrant, http.StatusBadRequest)
}

func checkBackchannelUnknownUser(t *testing.T, s *server) {
	got, err := s.client(t, s.basic).RequestBackchannelAuthentication(t.Context(),
		tokenclient.BackchannelAuthenticationRequest{Scope: loginScope, LoginHint: "nobody"})
	requireRefused(t, &got.Response, err, tokenclient.ErrUnknownUserID, http.StatusBadRequest)
	assert.Empty(t, got.AuthenticationRequestID)
}

func checkBackchannelWrongSecret(t *testing.T, s *server) {
	got, err := s.client(t, s.basic.with("wrong")).RequestBackchannelAuthentication(t.Context(),
		tokenclient.BackchannelAuthenticationRequest{Scope: loginScope, LoginHint: "bob"})
	requireRefused(t, &got.Response, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
}
