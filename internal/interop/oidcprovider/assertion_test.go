// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

func TestAssertionGrants(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	request := func(form map[string]string) answer {
		return send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, confidential(), form)
	}
	assertion, err := server.NewAssertion(oidcprovider.Bob)
	require.NoError(t, err)
	bearer := map[string]string{
		"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion, "scope": "api1",
	}

	got := request(bearer)
	require.Equal(t, http.StatusOK, got.status, got.members)
	assert.Equal(t, "api1", got.text("scope"))
	assert.Equal(t, "invalid_grant", request(bearer).text("error"), "an assertion works once")
	bearer["assertion"] = assertion[:len(assertion)-4] + "AAAA"
	assert.Equal(t, "invalid_grant", request(bearer).text("error"), "the signature counts")

	got = request(map[string]string{
		"grant_type":    "urn:ietf:params:oauth:grant-type:token-exchange",
		"subject_token": got.text("access_token"), "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
		"audience": "api2", "scope": "api2",
	})
	require.Equal(t, http.StatusOK, got.status, got.members)
	told := send(t, server.HTTPClient(), server.Metadata().IntrospectionEndpoint, confidential(), map[string]string{
		"token": got.text("access_token"),
	})
	assert.Equal(t, oidcprovider.Bob, told.text("sub"))
	assert.Equal(t, []any{"api2"}, told.members["aud"])
}
