// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	groupDiscovery = "discovery"
	openIDPath     = "/.well-known/openid-configuration"
	oauthPath      = "/.well-known/oauth-authorization-server"
)

func discoveryRows() []row {
	return []row{
		{group: groupDiscovery, name: "by issuer, OpenID form", check: checkOpenIDDiscovery},
		{
			group: groupDiscovery, name: "by issuer, RFC 8414 form", check: checkOAuthDiscovery,
			added: map[string]string{keyGoOIDC: addedRFC8414},
		},
		{group: groupDiscovery, name: "by the full address of the document", check: checkDocumentAddress},
		{group: groupDiscovery, name: "a Client that knows nothing else", check: checkMetadataClient},
		{group: groupDiscovery, name: "endpoints elsewhere refused, each by name, and accepted when their base address is added", check: checkElsewhere},
		{group: groupDiscovery, name: "another issuer refused", check: checkWrongIssuer},
		{group: groupDiscovery, name: "no document: its address and the status", check: checkNoDocument},
	}
}

func (s *server) fetch(t *testing.T, address string, form discovery.Form) (*discovery.Metadata, error) {
	t.Helper()
	return discovery.Fetch(t.Context(), address, discovery.Options{Policy: s.policy, Form: form})
}

func checkOpenIDDiscovery(t *testing.T, s *server) {
	got, err := s.fetch(t, s.issuer, discovery.OpenIDForm)
	require.NoError(t, err)
	assert.Equal(t, s.issuer, got.Issuer)
	for _, endpoint := range []string{
		got.TokenEndpoint, got.AuthorizationEndpoint, got.DeviceAuthorizationEndpoint, got.JWKSURI,
		got.IntrospectionEndpoint, got.RevocationEndpoint, got.UserInfoEndpoint, got.RegistrationEndpoint,
		got.PushedAuthorizationRequestEndpoint, got.BackchannelAuthenticationEndpoint,
	} {
		assert.True(t, strings.HasPrefix(endpoint, s.issuer+"/"), endpoint)
	}
	assert.Subset(t, got.GrantTypes(), []string{
		tokenclient.GrantTypeClientCredentials, tokenclient.GrantTypePassword, tokenclient.GrantTypeAuthorizationCode,
		tokenclient.GrantTypeRefreshToken, tokenclient.GrantTypeDeviceCode, customGrant,
	})
	assert.Subset(t, got.TokenEndpointAuthMethods(), []string{"client_secret_basic", "client_secret_post", "none"})
	assert.Contains(t, got.CodeChallengeMethodsSupported, "S256")
	require.NotNil(t, got.AuthorizationResponseIssParameterSupported)
	assert.True(t, *got.AuthorizationResponseIssParameterSupported)
	assert.Empty(t, got.Ignored)
}

func checkOAuthDiscovery(t *testing.T, s *server) {
	got, err := s.fetch(t, s.issuer, discovery.OAuthForm)
	require.NoError(t, err)
	assert.JSONEq(t, s.metadata.Raw(), got.Raw())
}

func checkDocumentAddress(t *testing.T, s *server) {
	got, err := s.fetch(t, s.issuer+openIDPath, discovery.AnyForm)
	require.NoError(t, err)
	assert.Equal(t, s.issuer, got.Issuer)
	assert.JSONEq(t, s.metadata.Raw(), got.Raw())
}

func checkMetadataClient(t *testing.T, s *server) {
	found, err := s.fetch(t, s.issuer, discovery.AnyForm)
	require.NoError(t, err)
	client := newClient(t, tokenclient.Config{Metadata: found, ClientID: s.basic.id, Auth: s.basic.method(s.basic.secret)})

	back := s.signIn(t, client, loginScope)
	assert.Equal(t, s.issuer, back.Issuer)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, got, err)
	got, err = refresh(t, client, got.RefreshToken)
	requireToken(t, got, err)
}

// checkElsewhere meets mtls_endpoint_aliases on another port, which examples/authserver
// has not.
func checkElsewhere(t *testing.T, s *server) {
	issuer, policy := s.issuer, s.policy
	if s.key == keyGoOIDC {
		const aliases = "https://127.0.0.1:1"
		issuer = bareGoOIDC(t, goidc.Client{ID: "client"}, provider.WithMTLS(aliases, nil))
		policy.AdditionalBaseAddresses = []string{aliases}
	}
	_, err := discovery.Fetch(t.Context(), issuer, discovery.Options{})
	var refused *discovery.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, discovery.KindPolicy, refused.Kind)
	assert.Equal(t, http.StatusOK, refused.StatusCode)
	require.NotEmpty(t, refused.Violations)
	members := map[string]bool{}
	for _, violation := range refused.Violations {
		members[violation.Member] = true
		assert.Equal(t, discovery.RuleEndpointHost, violation.Rule)
		assert.True(t, strings.HasPrefix(violation.Member, "mtls_endpoint_aliases."), violation.Member)
		assert.Contains(t, refused.Error(), violation.Member)
	}
	assert.True(t, members["mtls_endpoint_aliases.token_endpoint"])
	assert.True(t, members["mtls_endpoint_aliases.userinfo_endpoint"])

	got, err := discovery.Fetch(t.Context(), issuer, discovery.Options{Policy: policy})
	require.NoError(t, err)
	assert.Len(t, refused.Violations, len(got.Field("mtls_endpoint_aliases").Map()), "one for each alias")
	assert.True(t, strings.HasPrefix(got.MTLSEndpointAliases.TokenEndpoint, policy.AdditionalBaseAddresses[0]+"/"))
}

// checkWrongIssuer asks by another name of the same host.
func checkWrongIssuer(t *testing.T, s *server) {
	address := strings.Replace(s.issuer, "127.0.0.1", "localhost", 1)
	_, err := s.fetch(t, address, discovery.OpenIDForm)
	var refused *discovery.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, discovery.KindPolicy, refused.Kind)
	assert.Contains(t, refused.Violations, discovery.Violation{
		Member: "issuer", Value: s.issuer, Rule: discovery.RuleIssuerMismatch,
	})

	policy := s.policy
	policy.Issuer = "https://another.example"
	_, err = discovery.Fetch(t.Context(), s.issuer+openIDPath, discovery.Options{Policy: policy})
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "issuer", refused.Violations[0].Member)
}

func checkNoDocument(t *testing.T, s *server) {
	_, err := s.fetch(t, s.issuer+"/nothing", discovery.AnyForm)
	var missing *discovery.Error
	require.ErrorAs(t, err, &missing)
	assert.Equal(t, discovery.KindHTTP, missing.Kind)
	assert.Equal(t, http.StatusNotFound, missing.StatusCode)
	assert.Equal(t, s.issuer+oauthPath+"/nothing", missing.Address, "the last that was tried")
}
