// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func tlsRows() []row {
	const group = "mutual TLS"
	return []row{
		{
			group: group, name: "tls_client_auth over mtls_endpoint_aliases, token bound to the certificate",
			check: func(t *testing.T, s *server) { checkCertificate(t, s.keyed, s.keyed.tls) },
		},
		{
			group: group, name: "self_signed_tls_client_auth over mtls_endpoint_aliases, token bound to the certificate",
			check: func(t *testing.T, s *server) { checkCertificate(t, s.keyed, s.keyed.selfSigned) },
		},
		{group: group, name: "pushed login, code, refresh and UserInfo over mtls_endpoint_aliases", check: checkCertificateLogin},
		{group: group, name: "certificate renewed while the program runs: the next token is bound to the new one", check: checkRenewedCertificate},
		{
			group: group, name: "refused: no certificate, another client's certificate", check: checkNoCertificate,
			added: map[string]string{keyGoOIDC: addedCertificates, keyOIDCProvider: addedAuthorized},
		},
		{group: group, name: "bound token without the certificate refused at UserInfo", check: checkBoundWithoutCertificate},
	}
}

// notingHosts returns a context in which it is noted where requests go.
func notingHosts(ctx context.Context) (noting context.Context, seen func() []string) {
	var mu sync.Mutex
	var hosts []string
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(host string) {
			mu.Lock()
			defer mu.Unlock()
			hosts = append(hosts, "https://"+host)
		}}), func() []string {
			mu.Lock()
			defer mu.Unlock()
			return hosts
		}
}

func requireHosts(t *testing.T, seen []string, want string, requests int) {
	t.Helper()
	require.Len(t, seen, requests)
	for _, host := range seen {
		require.Equal(t, want, host)
	}
}

func checkCertificate(t *testing.T, k *keyed, c certified) {
	t.Helper()
	ctx, seen := notingHosts(t.Context())
	client := newClient(t, k.certifiedConfig(c, c.certificate))
	got, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	requireToken(t, got, err)
	k.requireCertificate(t, got, c)

	info, err := client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{Token: got.AccessToken})
	require.NoError(t, err)
	assert.Equal(t, c.id, info.ClientID)
	requireHosts(t, seen(), k.base, 2)
}

// requireCertificate asks, as another client without a certificate, what the token
// is bound to.
func (k *keyed) requireCertificate(t *testing.T, token *tokenclient.TokenResponse, c certified) {
	t.Helper()
	info := k.introspect(t, k.basic, token.AccessToken)
	assert.True(t, info.Active)
	assert.Equal(t, clientauth.CertificateThumbprint(c.certificate.Leaf), info.Field("cnf").Get("x5t#S256").String())
}

func checkCertificateLogin(t *testing.T, s *server) {
	k := s.keyed
	ctx, seen := notingHosts(t.Context())
	client := newClient(t, k.certifiedConfig(k.tls, k.tls.certificate))
	pushed, err := client.PushAuthorization(ctx, tokenclient.NewAuthorizeRequest(userScope+" offline_access", redirectURI))
	require.NoError(t, err)
	sent := pushed.AuthorizeRequest()
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	require.Contains(t, address, k.issuer, "the user's browser has no certificate")
	back, err := client.ParseAuthorizeResponse(k.login(t, address), sent)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(ctx, back.TokenRequest())
	requireToken(t, got, err)
	k.requireCertificate(t, got, k.tls)

	got, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: got.RefreshToken})
	requireToken(t, got, err)
	k.requireCertificate(t, got, k.tls)
	user, err := client.GetUserInfo(ctx, tokenclient.UserInfoRequest{AccessToken: got.AccessToken, Subject: k.user})
	require.NoError(t, err)
	assert.Equal(t, k.user, user.Subject)
	requireHosts(t, seen(), k.base, 4)
}

func checkRenewedCertificate(t *testing.T, s *server) {
	k := s.keyed
	client := k.tls
	config := k.certifiedConfig(client, client.certificate)
	config.Auth = clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return &client.certificate, nil })
	requester := newClient(t, config)
	for range 2 {
		got, err := requester.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
		requireToken(t, got, err)
		k.requireCertificate(t, got, client)
		client.certificate = k.renew()
	}
}

func checkNoCertificate(t *testing.T, s *server) {
	k := s.keyed
	without := k.certifiedConfig(k.tls, k.tls.certificate)
	without.Auth = clientauth.TLS(nil)
	for _, config := range []tokenclient.Config{
		without,
		k.certifiedConfig(k.tls, k.selfSigned.certificate),
		k.certifiedConfig(k.selfSigned, k.tls.certificate),
		k.certifiedConfig(k.selfSigned, newCertificate(t, k.selfSigned.id, nil)),
	} {
		got, err := newClient(t, config).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
		assertRefused(t, got, err, tokenclient.ErrInvalidClient, http.StatusUnauthorized)
	}
}

func checkBoundWithoutCertificate(t *testing.T, s *server) {
	k := s.keyed
	client := newClient(t, k.certifiedConfig(k.tls, k.tls.certificate))
	token := k.redeem(t, client, tokenclient.NewAuthorizeRequest(userScope, redirectURI)).AccessToken
	for _, thief := range []tokenclient.Config{
		k.config(k.public),
		k.certifiedConfig(k.selfSigned, k.selfSigned.certificate),
	} {
		got, err := newClient(t, thief).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token, AllowAnySubject: true})
		require.ErrorIs(t, err, tokenclient.ErrInvalidToken)
		assert.Empty(t, got.Claims)
	}
}
