// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func metadata() *discovery.Metadata {
	return &discovery.Metadata{
		Issuer:                      "https://as.example",
		TokenEndpoint:               "https://as.example/token",
		AuthorizationEndpoint:       "https://as.example/authorize",
		DeviceAuthorizationEndpoint: "https://as.example/device",
		MTLSEndpointAliases: discovery.MTLSEndpointAliases{
			TokenEndpoint: "https://mtls.as.example/token", DeviceAuthorizationEndpoint: "https://mtls.as.example/device",
		},
	}
}

// named is a method of client authentication that somebody else wrote.
type named string

func (n named) Name() string { return string(n) }

func (named) Credentials(context.Context, clientauth.Attempt) (clientauth.Credentials, error) {
	return clientauth.Credentials{}, nil
}

func TestEndpointsFromMetadata(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		endpoints     tokenclient.Endpoints
		auth          clientauth.Method
		token, device string
	}{
		"all from metadata": {tokenclient.Endpoints{}, clientauth.SecretBasic("s"), "https://as.example/token", "https://as.example/device"},
		"one by hand": {
			tokenclient.Endpoints{Token: "https://other.example/token"},
			clientauth.SecretBasic("s"),
			"https://other.example/token", "https://as.example/device",
		},
		"with a certificate": {
			tokenclient.Endpoints{}, named("tls_client_auth"), "https://mtls.as.example/token", "https://mtls.as.example/device",
		},
		"with a self-signed certificate": {
			tokenclient.Endpoints{}, named("self_signed_tls_client_auth"), "https://mtls.as.example/token", "https://mtls.as.example/device",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder(http.MethodPost, test.token, httpmock.NewStringResponder(http.StatusOK, tokenBody))
			mock.RegisterResponder(http.MethodPost, test.device, httpmock.NewStringResponder(http.StatusOK, deviceStart+"}"))
			client, err := tokenclient.New(tokenclient.Config{
				Metadata: metadata(), Endpoints: test.endpoints, ClientID: "client", Auth: test.auth,
				HTTPClient: &http.Client{Transport: mock},
			})
			require.NoError(t, err)
			_, err = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
			require.NoError(t, err)
			_, err = client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
			require.NoError(t, err)
			assert.Equal(t, 2, mock.GetTotalCallCount())
		})
	}
}

func TestMetadataIsKept(t *testing.T) {
	t.Parallel()
	sent := make(chan *http.Request, 1)
	published := metadata()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, published.TokenEndpoint, answer(sent, http.StatusOK, tokenBody))
	issuer := ""
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: published, ClientID: "client", HTTPClient: &http.Client{Transport: mock},
		Auth: clientauth.Assertion(func(_ context.Context, attempt clientauth.Attempt) (string, error) {
			issuer = attempt.Issuer
			return "signed", nil
		}),
	})
	require.NoError(t, err)
	published.TokenEndpoint, published.Issuer = "https://evil.example", "https://evil.example"
	_, err = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	assert.Equal(t, "https://as.example", issuer)
	assert.Len(t, sent, 1)
}

func TestEndpointOfMetadataIsCheckedWhenUsed(t *testing.T) {
	t.Parallel()
	published := metadata()
	published.DeviceAuthorizationEndpoint = "http://as.example/device"
	client, err := tokenclient.New(tokenclient.Config{Metadata: published})
	require.NoError(t, err, "what is not used does no harm")
	_, err = client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
	failed := requireError(t, err)
	assert.Equal(t, "Config.Endpoints.DeviceAuthorization", failed.Parameter)
	assert.Contains(t, err.Error(), "https")

	_, err = tokenclient.New(tokenclient.Config{Metadata: &discovery.Metadata{Issuer: "https://as.example"}})
	assert.Equal(t, "Config.Endpoints", requireError(t, err).Parameter)
}

func TestRequirementsOfMetadata(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	tests := map[string]struct {
		change    func(*discovery.Metadata)
		parameter string // of the error; empty = none
	}{
		"nothing": {func(*discovery.Metadata) {}, ""},
		"not pushed, not signed": {func(m *discovery.Metadata) {
			m.RequirePushedAuthorizationRequests, m.RequireSignedRequestObject = &no, &no
		}, ""},
		"pushed": {func(m *discovery.Metadata) { m.RequirePushedAuthorizationRequests = &yes }, "request_uri"},
		"signed": {func(m *discovery.Metadata) { m.RequireSignedRequestObject = &yes }, "request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			published := metadata()
			test.change(published)
			client, err := tokenclient.New(tokenclient.Config{Metadata: published, ClientID: "client"})
			require.NoError(t, err)
			address, err := client.AuthorizeURL(tokenclient.NewAuthorizeRequest("openid", redirectURI))
			if test.parameter == "" {
				require.NoError(t, err)
				assert.True(t, strings.HasPrefix(address, published.AuthorizationEndpoint+"?"))
				return
			}
			assert.Equal(t, test.parameter, requireError(t, err).Parameter)
		})
	}
}

func TestIssuerOfMetadata(t *testing.T) {
	t.Parallel()
	yes := true
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	parse := func(t *testing.T, published *discovery.Metadata, issuer string, values url.Values) error {
		t.Helper()
		client, err := tokenclient.New(tokenclient.Config{Metadata: published, Issuer: issuer, ClientID: "client"})
		require.NoError(t, err)
		values.Set("code", "c")
		values.Set("state", login.State)
		_, err = client.ParseAuthorizeResponse(values, login)
		return err
	}
	always := metadata()
	always.AuthorizationResponseIssParameterSupported = &yes
	require.NoError(t, parse(t, metadata(), "", url.Values{}))
	require.NoError(t, parse(t, metadata(), "", url.Values{"iss": {"https://as.example"}}))
	require.NoError(t, parse(t, metadata(), "https://by.hand.example", url.Values{"iss": {"https://by.hand.example"}}))
	require.NoError(t, parse(t, always, "", url.Values{"iss": {"https://as.example"}}))
	for name, err := range map[string]error{
		"another issuer":  parse(t, metadata(), "", url.Values{"iss": {"https://evil.example"}}),
		"missing":         parse(t, always, "", url.Values{}),
		"over by-hand":    parse(t, metadata(), "https://by.hand.example", url.Values{"iss": {"https://as.example"}}),
		"empty is no iss": parse(t, always, "", url.Values{"iss": {""}}),
	} {
		assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind, name)
	}
}
