// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

func TestHTTPS(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{HTTPSIssuer: true})
	require.Equal(t, server.HTTPS(), server.Issuer())
	form := map[string]string{"grant_type": "client_credentials", "scope": "api1"}

	t.Run("with our CA", func(t *testing.T) {
		t.Parallel()
		got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, confidential(), form)
		assert.Equal(t, http.StatusOK, got.status, got.members)
	})

	t.Run("without our CA", func(t *testing.T) {
		t.Parallel()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.HTTPS()+"/jwks", nil)
		require.NoError(t, err)

		_, err = http.DefaultClient.Do(request)

		var refused *tls.CertificateVerificationError
		assert.ErrorAs(t, err, &refused)
	})

	t.Run("code", func(t *testing.T) {
		t.Parallel()
		request := newCodeRequest(server, oidcprovider.PublicClientID, nil)
		callback, err := server.Login(t.Context(), request.url)
		require.NoError(t, err)
		assert.NotEmpty(t, callback.Query().Get("code"))
	})
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})
	tokenEndpoint := server.Metadata().MTLSEndpointAliases["token_endpoint"]

	tests := map[string]struct {
		clientID    string
		certificate tls.Certificate
		status      int
	}{
		"signed by our CA":        {oidcprovider.TLSClientID, server.TLSClientCertificate(), http.StatusOK},
		"self-signed":             {oidcprovider.SelfSignedTLSClientID, server.SelfSignedTLSClientCertificate(), http.StatusOK},
		"self-signed, not wanted": {oidcprovider.TLSClientID, server.SelfSignedTLSClientCertificate(), http.StatusUnauthorized},
		"of another client":       {oidcprovider.SelfSignedTLSClientID, server.TLSClientCertificate(), http.StatusUnauthorized},
		"none":                    {oidcprovider.TLSClientID, tls.Certificate{}, http.StatusUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := server.HTTPClient()
			transport, ok := client.Transport.(*http.Transport)
			require.True(t, ok)
			transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				return &test.certificate, nil
			}
			identify := func(_ http.Header, form url.Values) { form.Set("client_id", test.clientID) }

			got := send(t, client, tokenEndpoint, identify, map[string]string{
				"grant_type": "client_credentials", "scope": "api1",
			})

			assert.Equal(t, test.status, got.status, got.members)
		})
	}
}
