// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// newCertificate returns a self-signed certificate.
func newCertificate(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// certificateServer notes who presents which certificate.
type certificateServer struct {
	*httptest.Server

	mu        sync.Mutex
	names     []string // of the certificates, one for each request; "" = none
	forms     []string
	protocols []string
	opened    int
	closed    int
}

// newCertificateServer starts a server that asks for certificates, and names an
// authority that has issued none of them. The options change it before.
func newCertificateServer(t *testing.T, options ...func(*httptest.Server)) *certificateServer {
	t.Helper()
	s := new(certificateServer)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		name := ""
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		s.mu.Lock()
		s.names, s.forms, s.protocols = append(s.names, name), append(s.forms, string(body)), append(s.protocols, r.Proto)
		s.mu.Unlock()
		_, _ = io.WriteString(w, tokenBody)
	}))
	other, err := x509.ParseCertificate(newCertificate(t, "another authority").Certificate[0])
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(other)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, ClientCAs: pool}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch state {
		case http.StateNew:
			s.opened++
		case http.StateClosed:
			s.closed++
		default:
		}
	}
	for _, option := range options {
		option(s.Server)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *certificateServer) connections() (opened, closed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.closed
}

// client returns a client of the server, which is the alias in its metadata.
func (s *certificateServer) client(t *testing.T, auth clientauth.Method, transport http.RoundTripper) *tokenclient.Client {
	t.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: &discovery.Metadata{
			TokenEndpoint:       "https://as.example/token",
			MTLSEndpointAliases: discovery.MTLSEndpointAliases{TokenEndpoint: s.URL, UserInfoEndpoint: s.URL},
		},
		ClientID: "client", Auth: auth, HTTPClient: &http.Client{Transport: transport},
	})
	require.NoError(t, err)
	return client
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	for name, newMethod := range map[string]func(func(context.Context) (*tls.Certificate, error)) clientauth.Method{
		"tls_client_auth": clientauth.TLS, "self_signed_tls_client_auth": clientauth.SelfSignedTLS,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newCertificateServer(t)
			current := newCertificate(t, "one")
			method := newMethod(func(context.Context) (*tls.Certificate, error) { return current, nil })
			assert.Equal(t, name, method.Name())
			given, ok := server.Client().Transport.(*http.Transport)
			require.True(t, ok)
			client := server.client(t, method, given)
			request := func() {
				_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
				require.NoError(t, err)
			}
			request()
			request()
			opened, _ := server.connections()
			assert.Equal(t, 1, opened, "one connection as long as the certificate is the same")

			current = newCertificate(t, "two")
			request()
			assert.Equal(t, []string{"one", "one", "two"}, server.names)
			assert.Equal(t, "grant_type=client_credentials&client_id=client", server.forms[0])
			assert.Eventually(t, func() bool { _, closed := server.connections(); return closed == 1 }, 10*time.Second, time.Millisecond,
				"the idle connection of the old certificate is closed")
			assert.Nil(t, given.TLSClientConfig.GetClientCertificate, "the caller's transport is not changed")
		})
	}
}

func TestMutualTLSByTheCallersTransport(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t)
	given, ok := server.Client().Transport.(*http.Transport)
	require.True(t, ok)
	own := given.Clone()
	certificate := newCertificate(t, "own")
	own.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	client := server.client(t, clientauth.TLS(nil), own)
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	require.NoError(t, err)
	assert.Equal(t, []string{"own"}, server.names)
	assert.Equal(t, "grant_type=refresh_token&refresh_token=r&client_id=client", server.forms[0])
}

func TestMutualTLSFails(t *testing.T) {
	t.Parallel()
	errHSM := errors.New("the HSM is offline")
	for name, test := range map[string]struct {
		certificate *tls.Certificate
		err         error
	}{
		"an error":      {nil, errHSM},
		"none":          {nil, nil},
		"empty":         {&tls.Certificate{}, nil},
		"without a key": {&tls.Certificate{Certificate: [][]byte{{1}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newCertificateServer(t)
			method := clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return test.certificate, test.err })
			client := server.client(t, method, server.Client().Transport)
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			if test.err != nil {
				assert.ErrorIs(t, err, test.err)
			}
			opened, _ := server.connections()
			assert.Zero(t, opened, "nothing was sent")
		})
	}
}

func TestMutualTLSNeedsATransport(t *testing.T) {
	t.Parallel()
	certificate := newCertificate(t, "one")
	_, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client",
		Auth:       clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return certificate, nil }),
		HTTPClient: &http.Client{Transport: inMemory{}},
	})
	assert.Equal(t, "Config.HTTPClient", requireError(t, err).Parameter)

	_, err = tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client",
		Auth: clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return certificate, nil }),
	})
	require.NoError(t, err, "the default transport can present one")
}

func TestCertificateThumbprint(t *testing.T) {
	t.Parallel()
	certificate := &x509.Certificate{Raw: []byte("abc")} // SHA-256 of abc, FIPS 180-4
	assert.Equal(t, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", clientauth.CertificateThumbprint(certificate))
	assert.Empty(t, clientauth.CertificateThumbprint(nil))
}

func TestAlgorithmIsComparedWithMetadata(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		accepted []string
		ok       bool
	}{
		"not known":    {nil, true},
		"accepted":     {[]string{"PS256", "ES256"}, true},
		"not accepted": {[]string{"RS256"}, false},
	} {
		published := metadata()
		published.TokenEndpointAuthSigningAlgValuesSupported = test.accepted
		_, err := tokenclient.New(tokenclient.Config{
			Metadata: published, ClientID: "client", Auth: clientauth.PrivateKeyJWT(key, clientauth.JWTOptions{}),
		})
		if test.ok {
			require.NoError(t, err, name)
			continue
		}
		assert.Equal(t, "Config.Auth", requireError(t, err).Parameter, name)
		assert.ErrorContains(t, err, "ES256", name)
	}
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	for accepted, ok := range map[string]bool{"": true, "PS256 ES256": true, "PS256": false} {
		published := metadata()
		if accepted != "" {
			published.DPoPSigningAlgValuesSupported = strings.Fields(accepted)
		}
		_, err := tokenclient.New(tokenclient.Config{Metadata: published, ClientID: "client", DPoP: prover})
		if ok {
			require.NoError(t, err, accepted)
			continue
		}
		assert.Equal(t, "Config.DPoP", requireError(t, err).Parameter)
		assert.ErrorContains(t, err, "ES256")
	}
}

func TestMutualTLSDoesNotResumeAnOldSession(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t)
	current := newCertificate(t, "old")
	given, ok := server.Client().Transport.(*http.Transport)
	require.True(t, ok)
	given.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	method := clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return current, nil })
	client := server.client(t, method, given)
	for _, name := range []string{"old", "new"} {
		current = newCertificate(t, name)
		_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"old", "new"}, server.names)
}

func TestMutualTLSNeedsItsOwnHandshake(t *testing.T) {
	t.Parallel()
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("never called") }
	_, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client", HTTPClient: &http.Client{Transport: &http.Transport{DialTLSContext: dial}},
		Auth: clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return newCertificate(t, "one"), nil }),
	})
	assert.Equal(t, "Config.HTTPClient", requireError(t, err).Parameter)
}

// TestCertificateIsNotForHostsThatAServerChose: the address of a registration comes
// in an answer.
func TestCertificateIsNotForHostsThatAServerChose(t *testing.T) {
	t.Parallel()
	server := newCertificateServer(t)
	one := newCertificate(t, "one")
	client := server.client(t, clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return one, nil }), server.Client().Transport)
	_, err := client.ReadClient(t.Context(), tokenclient.ClientManagementRequest{RegistrationClientURI: server.URL, RegistrationAccessToken: "t"})
	require.Error(t, err, "the server answers with something else")
	assert.Equal(t, []string{""}, server.names)
}

// TestCertificateIsNotSentThroughAProxyThatRefuses has an error whose type says
// nothing: that nothing was sent shows in the trace of the connection.
func TestCertificateIsNotSentThroughAProxyThatRefuses(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(proxy.Close)
	address, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	server, one := newCertificateServer(t), newCertificate(t, "one")
	given, ok := server.Client().Transport.(*http.Transport)
	require.True(t, ok)
	given.Proxy = http.ProxyURL(address)
	client := server.client(t, clientauth.TLS(func(context.Context) (*tls.Certificate, error) { return one, nil }), given)
	_, err = client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	failed := requireError(t, err)
	assert.Equal(t, tokenclient.KindTransport, failed.Kind)
	assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
}
