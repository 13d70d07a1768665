// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// sign returns a JWT that go-jose has signed.
func sign(t *testing.T, algorithm jose.SignatureAlgorithm, key any, options *jose.SignerOptions, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	text, err := signed.CompactSerialize()
	require.NoError(t, err)
	return text
}

// byAssertion authenticates a client with a new JWT.
func (s server) byAssertion(t *testing.T, id string, algorithm jose.SignatureAlgorithm, key any, kid string) auth {
	t.Helper()
	text := sign(t, algorithm, key, (&jose.SignerOptions{}).WithHeader("kid", kid), map[string]any{
		"iss": id, "sub": id, "aud": s.Issuer(), "jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix(),
	})
	return func(_ http.Header, form url.Values) {
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", text)
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func TestClientAssertions(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	srv := start(t, authserver.Options{ClientKeys: map[string]crypto.PublicKey{"one": key.Public(), "two": newKey(t).Public()}})
	for name, test := range map[string]struct {
		auth   auth
		status int
	}{
		"private_key_jwt":   {srv.byAssertion(t, authserver.KeyClientID, jose.ES256, key, "one"), http.StatusOK},
		"another key's kid": {srv.byAssertion(t, authserver.KeyClientID, jose.ES256, key, "two"), http.StatusUnauthorized},
		"another key":       {srv.byAssertion(t, authserver.KeyClientID, jose.ES256, newKey(t), "one"), http.StatusUnauthorized},
		"client_secret_jwt": {srv.byAssertion(t, authserver.SecretJWTClientID, jose.HS512, []byte(authserver.SecretJWTClientSecret), ""), http.StatusOK},
		"another secret":    {srv.byAssertion(t, authserver.SecretJWTClientID, jose.HS256, make([]byte, 32), ""), http.StatusUnauthorized},
		"none at all":       {inBody(authserver.KeyClientID, ""), http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := srv.token(t, test.auth, "grant_type", "client_credentials", "scope", "api1")
			assert.Equal(t, test.status, got.status, got.body)
			got = srv.token(t, test.auth, "grant_type", "client_credentials", "scope", "api1")
			assert.Equal(t, http.StatusUnauthorized, got.status, "an assertion works once")
		})
	}

	without := start(t, authserver.Options{})
	got := without.token(t, without.byAssertion(t, authserver.KeyClientID, jose.ES256, key, "one"), "grant_type", "client_credentials")
	assert.Equal(t, http.StatusUnauthorized, got.status)
}

// proof is the header of a request.
func proof(t *testing.T, key *ecdsa.PrivateKey, method, target, nonce, token string) string {
	t.Helper()
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": target, "iat": time.Now().Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return sign(t, jose.ES256, key, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"), claims)
}

func TestDPoPNonce(t *testing.T) {
	t.Parallel()
	srv := start(t, authserver.Options{RequireDPoPNonce: true})
	key := newKey(t)
	login := []string{"grant_type", "password", "username", "alice", "password", "alice", "scope", "openid"}
	with := func(proof string) auth {
		return func(header http.Header, form url.Values) {
			demo()(header, form)
			header.Set("DPoP", proof)
		}
	}
	for _, nonce := range []string{"", "made up"} {
		refused := srv.token(t, with(proof(t, key, http.MethodPost, srv.TokenEndpoint(), nonce, "")), login...)
		assert.Equal(t, http.StatusBadRequest, refused.status)
		assert.Equal(t, "use_dpop_nonce", refused.str("error"))
		assert.NotEmpty(t, refused.header.Get("DPoP-Nonce"))
	}
	garbage := srv.token(t, with("garbage"), login...)
	nonce := garbage.header.Get("DPoP-Nonce")
	good := proof(t, key, http.MethodPost, srv.TokenEndpoint(), nonce, "")
	got := srv.token(t, with(good), login...)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "DPoP", got.str("token_type"))
	assert.Equal(t, http.StatusBadRequest, srv.token(t, with(good), login...).status, "a proof works once")
	bearer := srv.token(t, demo(), login...)
	assert.Equal(t, "Bearer", bearer.str("token_type"), "a proof is not insisted on")

	token := got.str("access_token")
	userInfo := func(nonce string) reply {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.UserInfoEndpoint(), nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "DPoP "+token)
		request.Header.Set("DPoP", proof(t, key, http.MethodGet, srv.UserInfoEndpoint(), nonce, token))
		return srv.do(t, request)
	}
	refused := userInfo("")
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Contains(t, refused.header.Get("WWW-Authenticate"), `DPoP realm="authserver", error="use_dpop_nonce"`)
	assert.Equal(t, "alice", userInfo(nonce).str("sub"))
	assert.NotEqual(t, http.StatusOK, srv.bearer(t, http.MethodGet, srv.UserInfoEndpoint(), token, "").status)
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	authority := newCertificate(t, "CA", nil)
	selfSigned := newCertificate(t, authserver.SelfSignedTLSClientID, nil)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	srv := start(t, authserver.Options{TLS: &authserver.TLS{
		Certificate: newCertificate(t, "server", &authority), ClientCAs: pool, SelfSigned: selfSigned.Leaf,
	}})
	document := srv.get(t, srv.Issuer()+"/.well-known/openid-configuration")
	aliases, _ := document.json["mtls_endpoint_aliases"].(map[string]any)
	require.Equal(t, srv.TLSAddress()+"/token", aliases["token_endpoint"])

	for name, test := range map[string]struct {
		id          string
		certificate tls.Certificate
		status      int
	}{
		"from the authority":           {authserver.TLSClientID, newCertificate(t, authserver.TLSClientID, &authority), http.StatusOK},
		"of somebody else":             {authserver.TLSClientID, newCertificate(t, "somebody", &authority), http.StatusUnauthorized},
		"with the name, not signed":    {authserver.TLSClientID, newCertificate(t, authserver.TLSClientID, nil), http.StatusUnauthorized},
		"the self-signed one":          {authserver.SelfSignedTLSClientID, selfSigned, http.StatusOK},
		"another self-signed one":      {authserver.SelfSignedTLSClientID, newCertificate(t, authserver.SelfSignedTLSClientID, nil), http.StatusUnauthorized},
		"the self-signed one, renamed": {authserver.TLSClientID, selfSigned, http.StatusUnauthorized},
		"none":                         {authserver.TLSClientID, tls.Certificate{}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := &http.Transport{TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS12, RootCAs: pool,
				GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &test.certificate, nil },
			}}
			t.Cleanup(transport.CloseIdleConnections)
			over := server{srv.Server, &http.Client{Transport: transport}}
			got := over.send(t, srv.TLSAddress()+"/token", inBody(test.id, ""), "grant_type", "client_credentials", "scope", "api1")
			assert.Equal(t, test.status, got.status, got.body)
		})
	}
}

// newCertificate makes a certificate, or without an issuer an authority's.
func newCertificate(t *testing.T, name string, issuer *tls.Certificate) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := template, crypto.PrivateKey(key)
	if issuer == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
	} else {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
