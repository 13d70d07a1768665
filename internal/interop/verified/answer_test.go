// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// requireToken checks what every token of all servers has.
func requireToken(t *testing.T, got *tokenclient.TokenResponse, err error) {
	t.Helper()
	require.NoError(t, err)
	require.False(t, got.IsError())
	assert.Equal(t, 200, got.StatusCode)
	assert.NotEmpty(t, got.AccessToken)
	assert.Equal(t, tokenclient.TokenTypeBearer, got.TokenType)
	assert.Positive(t, got.ExpiresIn)
	assert.Equal(t, got.AccessToken, got.Token().AccessToken())
	assert.False(t, got.Token().Expiry.IsZero())
}

// assertRefused checks an OAuth error of the token endpoint.
func assertRefused(t *testing.T, got *tokenclient.TokenResponse, err error, code tokenclient.ErrorCode, status int) {
	t.Helper()
	require.NotNil(t, got)
	requireRefused(t, &got.Response, err, code, status)
	assert.Empty(t, got.AccessToken)
}

// requireRefused checks an OAuth error of any endpoint.
func requireRefused(t *testing.T, got *tokenclient.Response, err error, code tokenclient.ErrorCode, status int) {
	t.Helper()
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, code)
	assert.Equal(t, tokenclient.KindProtocol, refused.Kind)
	if code == tokenclient.ErrAuthorizationPending || code == tokenclient.ErrSlowDown {
		assert.Equal(t, tokenclient.NotProcessed, refused.Outcome)
	} else {
		assert.Equal(t, tokenclient.Final, refused.Outcome)
	}
	assert.Equal(t, status, refused.StatusCode)

	assert.True(t, got.IsError())
	assert.Equal(t, status, got.StatusCode)
	assert.Equal(t, string(code), got.Field("error").String())
}

// requireKind checks a failure that is no OAuth error.
func requireKind(t *testing.T, err error, want tokenclient.ErrorKind) {
	t.Helper()
	var failure *tokenclient.Error
	require.ErrorAs(t, err, &failure)
	require.Equal(t, want, failure.Kind)
}
