// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func TestAssertion(t *testing.T) {
	t.Parallel()
	attempt := clientauth.Attempt{ClientID: "client", Issuer: "https://as.example", Endpoint: "https://as.example/token", Number: 2}
	var seen []clientauth.Attempt
	method := clientauth.Assertion(func(_ context.Context, attempt clientauth.Attempt) (string, error) {
		seen = append(seen, attempt)
		return "a.b.c", nil
	})
	require.NoError(t, validate(t, method, "client"))
	assert.Empty(t, seen)

	got, err := method.Credentials(t.Context(), attempt)
	require.NoError(t, err)
	assert.Equal(t, []clientauth.Attempt{attempt}, seen)
	assert.Equal(t, clientauth.Credentials{Parameters: []clientauth.Parameter{
		{Name: "client_id", Value: "client"},
		{Name: "client_assertion_type", Value: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		{Name: "client_assertion", Value: "a.b.c"},
	}}, got)
}

// TestAssertionErrorIsWhole checks that an error wins over what came with it.
func TestAssertionErrorIsWhole(t *testing.T) {
	t.Parallel()
	method := clientauth.Assertion(func(ctx context.Context, _ clientauth.Attempt) (string, error) { return "a.b.c", ctx.Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := method.Credentials(ctx, clientauth.Attempt{ClientID: "client"})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, clientauth.Credentials{}, got)
}
