// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// The scopes of all servers.
const (
	scope        = "api1"
	loginScope   = "openid offline_access api1"
	unknownScope = "api1 nothing-of-the-kind"
)

// redirectURI is registered at all servers with any port.
const redirectURI = "http://127.0.0.1:53682/callback"

// The custom grant of all servers.
const (
	customGrant     = "urn:example:custom"
	customParameter = "custom_parameter"
	customMember    = "custom_member"
)

// party is a client as it is registered at a server.
type party struct {
	id, secret string
	method     func(secret string) clientauth.Method
}

// refusal is what a server says; RFC 6749 leaves the status, and more, to it.
type refusal struct {
	code   tokenclient.ErrorCode
	status int
}

// server is one column: a running server, what it publishes about itself, and what
// a person would do at it.
type server struct {
	key     string // short, for the exceptions of rows
	name    string
	version string
	home    string // its address on the web

	issuer   string
	policy   discovery.Policy // accepts what it publishes
	metadata *discovery.Metadata

	basic, special, post, public party
	// grantRefused is what it says to a client that may not use a grant type.
	grantRefused refusal

	user, password string

	// approveDevice and denyDevice are what a user does at the verification page.
	approveDevice, denyDevice func(ctx context.Context, device *tokenclient.DeviceAuthorizationResponse) error

	// decideBackchannel is what a user does on the phone. It does nothing when the
	// user decides without it, after [phoneDelay] and by the message: a
	// [refusedMessage] is refused.
	decideBackchannel func(authRequestID string, approve bool) error

	// newAssertion returns a JWT about a user from somebody whom the server trusts.
	newAssertion func(subject string) (string, error)

	// another starts a further server of the same kind for the time of the test.
	another func(t *testing.T, o options) *server

	// stop ends the server early.
	stop func() error

	// keyed is a second one that knows the keys of its clients.
	keyed *keyed
}

// options are what rows want to be different.
type options struct {
	deviceLifetime time.Duration // 0 = the server's default
	deviceInterval time.Duration // 0 = the server's default
	requirePushed  bool          // oidc-provider only
}

func (s *server) title() string { return s.name + " " + s.version }

// startAll starts one server of each kind for the time of the test.
func startAll(t *testing.T) []*server {
	t.Helper()
	o := options{deviceInterval: time.Second}
	columns := []*server{goOIDC(t, o), oidcProvider(t, o)}
	columns[0].keyed, columns[1].keyed = keyedGoOIDC(t), keyedOIDCProvider(t)
	return columns
}

// discover asks a server that has just started what it is.
func (s *server) discover(t *testing.T) *server {
	t.Helper()
	var err error
	s.metadata, err = discovery.Fetch(t.Context(), s.issuer, discovery.Options{Policy: s.policy})
	require.NoError(t, err)
	return s
}

// config is that of the party at the server.
func (s *server) config(p party) tokenclient.Config {
	return tokenclient.Config{
		Metadata: s.metadata,
		ClientID: p.id,
		Auth:     p.method(p.secret),
	}
}

func (s *server) client(t *testing.T, p party) *tokenclient.Client {
	t.Helper()
	return newClient(t, s.config(p))
}

func newClient(t *testing.T, config tokenclient.Config) *tokenclient.Client {
	t.Helper()
	client, err := tokenclient.New(config)
	require.NoError(t, err)
	return client
}

func withoutSecret(string) clientauth.Method { return clientauth.None() }

// with returns the party with another secret.
func (p party) with(secret string) party {
	p.secret = secret
	return p
}
