// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const keyOIDCProvider = "oidc-provider"

// What internal/interop/oidcprovider adds to oidc-provider, by the interface that
// oidc-provider has for it.
const (
	addedGrantType = "the grants password, token exchange, JWT bearer and custom, through its registerGrantType"
	addedInterval  = "the member interval of device and CIBA answers"
	addedScope     = "the refusal of unknown scopes, through its getResourceServerInfo"
)

// oidcProvider starts oidc-provider in a process of its own.
func oidcProvider(t *testing.T, o options) *server {
	t.Helper()
	running := oidcprovider.New(t, oidcprovider.Options{
		DeviceCodeLifetime: o.deviceLifetime,
		Interval:           o.deviceInterval,
		CIBADelay:          phoneDelay,

		RequirePushedAuthorization: o.requirePushed,
	})

	s := &server{
		key:      keyOIDCProvider,
		name:     "oidc-provider",
		home:     "https://github.com/panva/node-oidc-provider",
		version:  oidcProviderVersion(t),
		issuer:   running.Issuer(),
		policy:   discovery.Policy{AdditionalBaseAddresses: []string{running.HTTPS()}}, // its mtls_endpoint_aliases
		basic:    party{oidcprovider.BasicClientID, oidcprovider.ClientSecret, clientauth.SecretBasic},
		special:  party{oidcprovider.SpecialClientID, oidcprovider.SpecialClientSecret, clientauth.SecretBasic},
		post:     party{oidcprovider.PostClientID, oidcprovider.ClientSecret, clientauth.SecretPost},
		public:   party{oidcprovider.PublicClientID, "", withoutSecret},
		user:     oidcprovider.Alice,
		password: oidcprovider.Alice,

		grantRefused: refusal{tokenclient.ErrInvalidRequest, http.StatusBadRequest},
		approveDevice: func(ctx context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.ApproveDevice(ctx, device.VerificationURIComplete)
		},
		denyDevice: func(ctx context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.DenyDevice(ctx, device.VerificationURIComplete)
		},
		decideBackchannel: func(string, bool) error { return nil },
		newAssertion:      running.NewAssertion,
		another:           oidcProvider,
		stop:              running.Close,
	}
	return s.discover(t)
}

// oidcProviderVersion returns the version that npm has installed.
func oidcProviderVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../oidcprovider/node_modules/oidc-provider/package.json")
	require.NoError(t, err)
	var installed struct{ Version string }
	require.NoError(t, json.Unmarshal(text, &installed))
	return installed.Version
}
