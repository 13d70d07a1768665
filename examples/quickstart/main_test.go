// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// A grant that fails is a row of the table, the others go on, and the program fails.
func TestFailedGrant(t *testing.T) {
	t.Parallel()
	server, err := authserver.Start(t.Context(), authserver.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Close()) })
	metadata, err := discovery.Fetch(t.Context(), server.Issuer(), discovery.Options{})
	require.NoError(t, err)
	broken := func(context.Context, *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
		return nil, "", errors.New("broken")
	}
	basic := clientauth.SecretBasic(authserver.ClientSecret)

	var out strings.Builder
	err = printGrants(t.Context(), &out, metadata, []grant{
		{"first", authserver.ClientID, basic, "", broken},
		{"second", "", basic, "", clientCredentials}, // no client
		{"third", authserver.ClientID, basic, "", clientCredentials},
	})
	assert.EqualError(t, err, "2 of 3 grants failed")
	assert.Regexp(t, `(?m)^first .* FAILED: broken$`, out.String())
	assert.Regexp(t, `(?m)^second .* FAILED: tokenclient: `, out.String())
	assert.Regexp(t, `(?m)^third .* Bearer `, out.String())
}
