// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// presenter returns a method that presents what the pointer points to.
func presenter(certificate **tls.Certificate) clientauth.Method {
	return clientauth.SelfSignedTLS(func(context.Context) (*tls.Certificate, error) { return *certificate, nil })
}

func withHTTP2(server *httptest.Server) { server.EnableHTTP2 = true }

// transportOf returns the transport that trusts a server.
func transportOf(t *testing.T, server *certificateServer) *http.Transport {
	t.Helper()
	transport, ok := server.Client().Transport.(*http.Transport)
	require.True(t, ok)
	return transport
}

// withOneHTTP2Pool installs HTTP/2 in a transport as http2.ConfigureTransports of
// golang.org/x/net does: with a pool for all that have the same function.
func withOneHTTP2Pool(t *testing.T, transport *http.Transport) {
	t.Helper()
	other := &http.Transport{ForceAttemptHTTP2: true}
	other.CloseIdleConnections() // fills TLSNextProto
	upgrade := other.TLSNextProto["h2"]
	require.NotNil(t, upgrade)
	t.Cleanup(other.CloseIdleConnections)
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{"h2": upgrade}
	transport.TLSClientConfig.NextProtos = []string{"h2", "http/1.1"}
}

// TestCertificatesShareNoConnection has clients whose transports are copies of one
// that golang.org/x/net has configured: each is to be known by its own certificate.
func TestCertificatesShareNoConnection(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t, withHTTP2)
	given := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: transportOf(t, server).TLSClientConfig.RootCAs}}
	withOneHTTP2Pool(t, given)
	t.Cleanup(given.CloseIdleConnections)
	one, two := newCertificate(t, "one"), newCertificate(t, "two")
	clients := []*tokenclient.Client{server.client(t, presenter(&one), given), server.client(t, presenter(&two), given)}
	for _, client := range clients {
		_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.NoError(t, err)
	}
	one = newCertificate(t, "one, renewed")
	_, err := clients[0].RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"one", "two", "one, renewed"}, server.names)
	assert.Equal(t, []string{"HTTP/2.0", "HTTP/2.0", "HTTP/2.0"}, server.protocols)
	assert.Contains(t, given.TLSNextProto, "h2", "the caller's transport is not changed")
}

// TestCertificateWithPlainTransport has a transport without a TLS configuration,
// which speaks HTTP/2 by itself: its copy does too, and not HTTP/1.1 to a server
// with which it has agreed on HTTP/2.
func TestCertificateWithPlainTransport(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t, withHTTP2)
	given := new(http.Transport)
	given.CloseIdleConnections() // as any use does, this gives it a TLS configuration
	given.TLSClientConfig.RootCAs = transportOf(t, server).TLSClientConfig.RootCAs
	one := newCertificate(t, "one")
	_, err := server.client(t, presenter(&one), given).
		RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"HTTP/2.0"}, server.protocols)
}

// TestCertificateWithoutHTTP2 has a transport that is not to speak HTTP/2.
func TestCertificateWithoutHTTP2(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t, withHTTP2)
	given := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: transportOf(t, server).TLSClientConfig.RootCAs},
		TLSNextProto:    map[string]func(string, *tls.Conn) http.RoundTripper{}, ForceAttemptHTTP2: true,
	}
	one := newCertificate(t, "one")
	_, err := server.client(t, presenter(&one), given).
		RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	assert.Equal(t, []string{"HTTP/1.1"}, server.protocols)
}
