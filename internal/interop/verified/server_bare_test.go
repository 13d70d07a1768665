// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/require"
)

// bareGoOIDC starts go-oidc as it is, without what examples/authserver adds and
// chooses, with one client, and returns its issuer. A client that authenticates
// does so by client_secret_basic.
func bareGoOIDC(t *testing.T, client goidc.Client, more ...provider.Option) string {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	issuer := "http://" + listener.Listener.Addr().String()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	keys := goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{{
		Key: key, KeyID: "bare", Algorithm: string(goidc.ES256), Use: string(goidc.KeyUsageSignature),
	}}}

	options := append([]provider.Option{
		provider.WithStaticClients(&client),
		provider.WithScopes(goidc.ScopeOpenID, goidc.NewScope(scope)),
		provider.WithSecretBasicAuthn(), provider.WithNoneAuthn(),
		provider.WithIDTokenSignatureAlgs(goidc.ES256),
		provider.WithTokenOptions(func(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
			return goidc.NewJWTTokenOptions(goidc.ES256, 60)
		}),
		provider.WithJTIConsumer(func(context.Context, string) error { return nil }), // without it, a warning is printed
	}, more...)
	op, err := provider.New(issuer, nil, func(context.Context) (goidc.JSONWebKeySet, error) { return keys, nil }, options...)
	require.NoError(t, err)
	listener.Config.Handler = op.Handler()
	listener.Start()
	t.Cleanup(listener.Close)
	return issuer
}

// bareLogin starts go-oidc as it is, with a public client that logs in alice.
func bareLogin(t *testing.T, more ...provider.Option) (*server, party) {
	t.Helper()
	login := func(_ http.ResponseWriter, _ *http.Request, session *goidc.AuthnSession, _ *goidc.Client) (goidc.Status, error) {
		session.Subject, session.GrantedScopes = "alice", session.Scopes
		return goidc.StatusSuccess, nil
	}
	client := goidc.Client{ID: "bare", ClientMeta: goidc.ClientMeta{
		ApplicationType: goidc.ApplicationTypeNative, ScopeIDs: "openid", TokenAuthnMethod: goidc.AuthnMethodNone,
		RedirectURIs: []string{"http://127.0.0.1/callback"}, PostLogoutRedirectURIs: []string{loggedOutURI},
		GrantTypes: []goidc.GrantType{goidc.GrantAuthorizationCode}, ResponseTypes: []goidc.ResponseType{goidc.ResponseTypeCode},
	}}
	bare := &server{issuer: bareGoOIDC(t, client, append([]provider.Option{
		provider.WithAuthCodeGrant(nil), provider.WithPKCE(goidc.CodeChallengeMethodSHA256),
		provider.WithPolicies(goidc.NewPolicy("main",
			func(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true }, login)),
	}, more...)...)}
	return bare.discover(t), party{"bare", "", withoutSecret}
}
