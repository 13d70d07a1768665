// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

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

// TestCertificateIsReadOncePerAttempt has a function that fails after its first
// call, or always: then nothing was sent, whatever the request.
func TestCertificateIsReadOncePerAttempt(t *testing.T) {
	t.Parallel()
	server, certificate := newCertificateServer(t), newCertificate(t, "one")
	errVault := errors.New("vault: timeout")
	reads, good := 0, 1
	client := server.client(t, clientauth.TLS(func(context.Context) (*tls.Certificate, error) {
		if reads++; reads > good {
			return nil, errVault
		}
		return certificate, nil
	}), server.Client().Transport)
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	require.NoError(t, err)
	for name, request := range map[string]func() error{
		"refresh_token": func() error {
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			return err
		},
		"UserInfo": func() error { // has no client authentication, and a connection with the certificate
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "s"})
			return err
		},
	} {
		reads, good = 0, 0
		err := request()
		failed := requireError(t, err)
		assert.Equal(t, tokenclient.KindRequest, failed.Kind, name)
		assert.Equal(t, "Config.Auth", failed.Parameter, name)
		assert.Equal(t, tokenclient.NotProcessed, failed.Outcome, name)
		require.ErrorIs(t, err, errVault, name)
		require.ErrorContains(t, err, errVault.Error(), name)
		assert.Equal(t, 1, reads, name)
	}
	assert.Equal(t, []string{"one"}, server.names)
}

// TestCertificateComesTooLate has a function that takes all the time there was.
func TestCertificateComesTooLate(t *testing.T) {
	t.Parallel()
	server, one := newCertificateServer(t), newCertificate(t, "one")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := server.client(t, clientauth.TLS(func(ctx context.Context) (*tls.Certificate, error) {
		<-ctx.Done()
		return one, nil
	}), server.Client().Transport).RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, tokenclient.NotProcessed, requireError(t, err).Outcome)
	assert.Empty(t, server.names)
}

// session is a key in an HSM, which works as long as its session is open.
type session struct {
	crypto.Signer
	closed atomic.Bool
}

func (s *session) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if s.closed.Load() {
		return nil, errors.New("the session is closed")
	}
	return s.Signer.Sign(random, digest, options)
}

// TestCertificateWithNewKeyHandle has the same certificate, whose key is in another
// session with the HSM: new connections are made with that one.
func TestCertificateWithNewKeyHandle(t *testing.T) {
	t.Parallel()
	server, certificate := newCertificateServer(t), newCertificate(t, "one")
	key, ok := certificate.PrivateKey.(crypto.Signer)
	require.True(t, ok)
	var current *tls.Certificate
	client := server.client(t, presenter(&current), server.Client().Transport)
	for range 2 {
		opened := &session{Signer: key}
		current = &tls.Certificate{Certificate: certificate.Certificate, PrivateKey: opened}
		for range 2 {
			_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
			require.NoError(t, err)
		}
		opened.closed.Store(true)
		server.CloseClientConnections()
		require.True(t, eventually(func() bool { opened, closed := server.connections(); return opened == closed }))
	}
	assert.Equal(t, []string{"one", "one", "one", "one"}, server.names)
	opened, _ := server.connections()
	assert.Equal(t, 2, opened)
}

// TestCertificateAndProxies has proxies that see the client's certificate, or not.
// net/http has one TLS configuration, for the server and for a proxy with TLS.
func TestCertificateAndProxies(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			server, one := newCertificateServer(t), newCertificate(t, "one")
			proxy, presented := newTunnel(t, server, scheme == "https")
			given := transportOf(t, server)
			given.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, Host: proxy})
			_, err := server.client(t, presenter(&one), given).
				RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			if scheme == "http" {
				require.NoError(t, err)
				assert.Equal(t, []string{"one"}, server.names)
				return
			}
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, "Config.Auth", failed.Parameter)
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			require.ErrorContains(t, err, "TLS(nil)")
			assert.Zero(t, presented.Load())
		})
	}
}

// newTunnel starts a proxy with or without TLS that connects to one server. It
// counts the certificates that it sees.
func newTunnel(t *testing.T, server *certificateServer, secure bool) (address string, presented *atomic.Int64) {
	t.Helper()
	presented = new(atomic.Int64)
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			presented.Add(int64(len(r.TLS.PeerCertificates)))
		}
		upstream, err := net.Dial("tcp", server.Listener.Addr().String())
		if !assert.NoError(t, err) {
			return
		}
		w.WriteHeader(http.StatusOK)
		client, _, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		go func() {
			_, _ = io.Copy(upstream, client)
			_ = upstream.Close()
		}()
		_, _ = io.Copy(client, upstream)
		_ = client.Close()
	}))
	t.Cleanup(proxy.Close)
	if secure {
		proxy.TLS = &tls.Config{ClientAuth: tls.RequestClientCert} // the certificate of all of httptest
		proxy.StartTLS()
	} else {
		proxy.Start()
	}
	return proxy.Listener.Addr().String(), presented
}
