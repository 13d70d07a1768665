// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const keyGoOIDC = "go-oidc"

// What examples/authserver adds to go-oidc.
const (
	addedRFC8414   = "the RFC 8414 path"
	addedEncoding  = "form-decoding of Basic credentials"
	addedPassword  = "the password grant"
	addedCustom    = "the custom grant"
	addedDecisions = "what token exchange and JWT bearer refuse, and the aud and act of an exchanged token, through its callbacks"
	addedPace      = "slow_down"
	addedDevice    = "the interval, lifetime and complete address of a device login"
)

// goOIDC starts the server that is embedded in the examples.
func goOIDC(t *testing.T, o options) *server {
	t.Helper()
	running, err := authserver.Start(t.Context(), authserver.Options{
		DeviceLifetime:      o.deviceLifetime,
		DeviceInterval:      o.deviceInterval,
		BackchannelInterval: o.deviceInterval,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = running.Close() }) // it may have been stopped

	s := &server{
		key:      keyGoOIDC,
		name:     "go-oidc",
		home:     "https://github.com/luikyv/go-oidc",
		version:  goOIDCVersion(t),
		issuer:   running.Issuer(),
		basic:    party{authserver.ClientID, authserver.ClientSecret, clientauth.SecretBasic},
		special:  party{authserver.SpecialClientID, authserver.SpecialClientSecret, clientauth.SecretBasic},
		post:     party{authserver.PostClientID, authserver.PostClientSecret, clientauth.SecretPost},
		public:   party{authserver.PublicClientID, "", withoutSecret},
		user:     authserver.Alice,
		password: authserver.AlicePassword,

		grantRefused: refusal{tokenclient.ErrUnauthorizedClient, http.StatusUnauthorized},
		approveDevice: func(_ context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.ApproveDevice(device.UserCode)
		},
		denyDevice: func(_ context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.DenyDevice(device.UserCode)
		},
		decideBackchannel: func(authRequestID string, approve bool) error {
			if approve {
				return running.ApproveBackchannel(authRequestID)
			}
			return running.DenyBackchannel(authRequestID)
		},
		newAssertion: running.NewAssertion,
		another:      goOIDC,
		stop:         running.Close,
	}
	return s.discover(t)
}

// goOIDCVersion returns the version in go.mod, which go mod tidy keeps at what is
// compiled in. A test binary does not know it.
func goOIDCVersion(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	found := regexp.MustCompile(`\bgithub\.com/luikyv/go-oidc (v\S+)`).FindSubmatch(text)
	require.NotNil(t, found, "go.mod does not require go-oidc")
	return string(found[1])
}
