// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBridgedGrantIsOnlyForClientsThatHaveIt(t *testing.T) {
	t.Parallel()

	ctx := context.WithValue(t.Context(), bridgeKey{}, &bridge{grantType: GrantPassword, subject: Alice})
	g := &goidc.Grant{ClientID: ClientID}
	require.NoError(t, checkBridgedGrant(ctx, goidc.GrantJWTBearer, g))

	var refused goidc.Error
	require.ErrorAs(t, checkBridgedGrant(ctx, goidc.GrantJWTBearer, &goidc.Grant{ClientID: PublicClientID}), &refused)
	assert.Equal(t, goidc.ErrorCodeUnauthorizedClient, refused.Code)

	// Every other grant passes, and an assertion without a bridge does not.
	require.NoError(t, checkBridgedGrant(ctx, goidc.GrantAuthorizationCode, &goidc.Grant{ClientID: PublicClientID}))
	checks, err := newAssertions("https://as.example")
	require.NoError(t, err)
	_, err = checks.subject(t.Context(), "assertion")
	require.Error(t, err)
}
