// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// withKey are the programs whose client has a key instead of a secret.
func withKey() []string { return []string{"privatekeyjwt", "mtls", "fapi2"} }

// Each program that has a key, by itself: the embedded server and its demo client.
func TestKeysEmbedded(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		"privatekeyjwt":     {"Authenticated by private_key_jwt with a key of type *ecdsa.PublicKey.", "Bearer [redacted] until "},
		"mtls":              {"Authenticated by tls_client_auth.", "Bearer [redacted] until ", "the certificate  ", "the token's cnf  "},
		"mtls -self-signed": {"Authenticated by self_signed_tls_client_auth.", "Bearer [redacted] until ", "the token's cnf  "},
		"dpop": {
			"DPoP [redacted] until ", `/userinfo: 200 OK, sub "alice"`, "signed with ES256",
			`{"typ":"dpop+jwt","alg":"ES256","jwk":{"crv":"P-256","kty":"EC","x":"`, `"htm":"GET","htu":"http://127.0.0.1:`, `"ath":"`, `"nonce":"`,
		},
		"fapi2": {"Pushed; the address works once, for 1m0s.", "token type     DPoP", "Refreshed: DPoP [redacted]", "Called the UserInfo endpoint: 200 OK"},
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			words := strings.Fields(command)
			stdout, stderr := start(t, words[0], words[1:]...).end(0)
			for _, text := range want {
				assert.Contains(t, stdout, text)
			}
			assert.NotContains(t, stdout, `"d":`, "the private part of a key")
			assert.Contains(t, stderr, "Embedded server at http://127.0.0.1:")
		})
	}
}

func TestKeyProgramsAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range withKey() {
		source, err := os.ReadFile(filepath.Join(name, "main.go"))
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(source), "\n"), 90, name)
	}
}

func TestKeyProgramsHelp(t *testing.T) {
	t.Parallel()
	for _, name := range withKey() {
		stdout, stderr := start(t, name, "-h").end(0)
		assert.Contains(t, stdout+stderr, "usage: go run -C examples ./"+name)
		assert.NotContains(t, stdout+stderr, "-client-secret", name)
	}
}

// keyFiles are private keys in files, by the name of the format.
type keyFiles struct {
	keys  map[string]crypto.Signer
	files map[string]string
}

func newKeyFiles(t *testing.T) keyFiles {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	sec1, err := x509.MarshalECPrivateKey(p256)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(edwards)
	require.NoError(t, err)
	jwk, err := jose.JSONWebKey{Key: p256, KeyID: "JWK", Algorithm: "ES256"}.MarshalJSON()
	require.NoError(t, err)

	k := keyFiles{
		keys:  map[string]crypto.Signer{"SEC 1": p256, "PKCS#1": rsaKey, "PKCS#8": edwards, "JWK": p256},
		files: map[string]string{},
	}
	for name, text := range map[string][]byte{
		"SEC 1":  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1}),
		"PKCS#1": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}),
		"PKCS#8": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
		"JWK":    jwk,
	} {
		k.files[name] = secretFile(t, string(text))
	}
	return k
}

func (k keyFiles) public() map[string]crypto.PublicKey {
	public := map[string]crypto.PublicKey{}
	for name, key := range k.keys {
		public[name] = key.Public()
	}
	return public
}

func TestPrivateKeyJWTFiles(t *testing.T) {
	t.Parallel()
	keys := newKeyFiles(t)
	server := startServer(t, authserver.Options{ClientKeys: keys.public()})
	issuer := []string{"-issuer", server.Issuer(), "-client-id", authserver.KeyClientID, "-scope", "api2"}
	for name, args := range map[string][]string{
		"SEC 1":            {"-key", keys.files["SEC 1"], "-key-id", "SEC 1"},
		"PKCS#1":           {"-key", keys.files["PKCS#1"], "-key-id", "PKCS#1"},
		"PKCS#1, RS256":    {"-key", keys.files["PKCS#1"], "-key-id", "PKCS#1", "-algorithm", "RS256"},
		"PKCS#8":           {"-key", keys.files["PKCS#8"], "-key-id", "PKCS#8"},
		"JWK with its kid": {"-key", keys.files["JWK"]},
		"options":          {"-key", keys.files["JWK"], "-allow-untyped", "-audience", server.TokenEndpoint()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, "privatekeyjwt", append(args, issuer...)...).end(0)
			assert.Contains(t, stdout, "api2")
			assert.Contains(t, stdout, "Bearer [redacted] until ")
			assert.NotContains(t, stderr, "Embedded")
		})
	}
	t.Run("by environment, endpoints by hand", func(t *testing.T) {
		t.Parallel()
		// The issuer is unknown then, so the audience has to be named.
		args := append([]string{"KEY_FILE=" + keys.files["JWK"], "CLIENT_ID=" + authserver.KeyClientID, "SCOPE=api1"},
			server.endpoints("-audience", server.Issuer())...)
		stdout, stderr := start(t, "privatekeyjwt", args...).end(0)
		server.requireSecret(t, stdout, stderr)
	})
}

func TestKeysRefused(t *testing.T) {
	t.Parallel()
	keys := newKeyFiles(t)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	shortFile := secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(short)})))
	server := startServer(t, authserver.Options{ClientKeys: keys.public()})
	elsewhere := []string{"-issuer", server.Issuer(), "-client-id", authserver.KeyClientID}
	for name, test := range map[string]struct {
		program string
		args    []string
		want    string
	}{
		"a key made here":        {"privatekeyjwt", elsewhere, "Hint: see -client-id, -client-secret (or CLIENT_SECRET) and -auth, or the key or certificate"},
		"another key's name":     {"privatekeyjwt", append([]string{"-key", keys.files["PKCS#8"], "-key-id", "SEC 1"}, elsewhere...), "invalid_client"},
		"short":                  {"privatekeyjwt", []string{"-key", shortFile}, "2048"},
		"no such file":           {"privatekeyjwt", []string{"-key", filepath.Join(t.TempDir(), "none")}, "none"},
		"no key":                 {"privatekeyjwt", []string{"-key", secretFile(t, "canary")}, "clientauth: "},
		"not for the key":        {"privatekeyjwt", []string{"-key", keys.files["JWK"], "-algorithm", "PS256"}, "PS256"},
		"no certificate file":    {"mtls", []string{"-certificate", "none", "-key", "none"}, "none"},
		"fapi2, another key":     {"fapi2", elsewhere, "invalid_client"},
		"fapi2 without metadata": {"fapi2", server.endpoints("-client-id", "x"), "FAPI 2.0 needs -issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, test.program, test.args...).end(1)
			assert.Contains(t, stderr, test.want)
			assert.NotContains(t, stdout+stderr, "canary")
		})
	}
}

func TestMutualTLSFiles(t *testing.T) {
	t.Parallel()
	authority := newCertificate(t, "CA", nil)
	client, own := newCertificate(t, authserver.TLSClientID, &authority), newCertificate(t, "own", nil)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	server := startServer(t, authserver.Options{TLS: &authserver.TLS{
		Certificate: newCertificate(t, "server", &authority), ClientCAs: pool, SelfSigned: own.Leaf,
	}})
	elsewhere := func(id string, certificate tls.Certificate, more ...string) []string {
		key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
		require.NoError(t, err)
		return append([]string{
			"-issuer", server.Issuer(), "-additional-base", server.TLSAddress(), "-client-id", id, "-scope", "api2",
			"-certificate", pemFile(t, "CERTIFICATE", certificate.Certificate[0]), "-key", pemFile(t, "PRIVATE KEY", key),
		}, more...)
	}
	ca := []string{"-ca", pemFile(t, "CERTIFICATE", authority.Certificate[0])}

	stdout, stderr := start(t, "mtls", elsewhere(authserver.TLSClientID, client, ca...)...).end(0)
	assert.Contains(t, stdout, "the token's cnf  "+clientauth.CertificateThumbprint(client.Leaf))
	assert.Contains(t, stdout, "api2")
	assert.NotContains(t, stderr, "Embedded")
	stdout, _ = start(t, "mtls", elsewhere(authserver.SelfSignedTLSClientID, own, append(ca, "-self-signed")...)...).end(0)
	assert.Contains(t, stdout, "the token's cnf  "+clientauth.CertificateThumbprint(own.Leaf))

	_, stderr = start(t, "mtls", elsewhere(authserver.TLSClientID, own, ca...)...).end(1)
	assert.Contains(t, stderr, "invalid_client")
	_, stderr = start(t, "mtls", elsewhere(authserver.TLSClientID, client)...).end(1)
	assert.Contains(t, stderr, "Kind     transport", "nobody whom the system knows has signed the server's certificate")
}

func pemFile(t *testing.T, kind string, der []byte) string {
	t.Helper()
	return secretFile(t, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// newCertificate makes a certificate, or without an issuer an authority's.
func newCertificate(t *testing.T, name string, issuer *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
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

// The logins of dpop and fapi2 at a server elsewhere, in the user's browser.
func TestBoundLoginOtherServer(t *testing.T) {
	t.Parallel()
	keys := newKeyFiles(t)
	server := startServer(t, authserver.Options{ClientKeys: keys.public(), RequireDPoPNonce: true})
	issuer := []string{"-no-browser", "-issuer", server.Issuer()}
	// Not through the proxy: a proof is for the address that the server knows.
	byHand := []string{
		"-no-browser", "-token-endpoint", server.TokenEndpoint(), "-authorization-endpoint", server.AuthorizationEndpoint(),
		"-client-id", "public", "-scope", "openid", "-api", server.UserInfoEndpoint(),
	}
	for name, test := range map[string]struct {
		program string
		args    []string
		want    []string
	}{
		"dpop": {"dpop", append(issuer, "-client-id", "public", "-scope", "openid"), []string{`/userinfo: 200 OK, sub "alice"`}},
		"dpop, confidential": {
			"dpop", append(issuer, "-client-id", "client.post", "-client-secret", "secret.post", "-auth", "post", "-scope", "openid"),
			[]string{"DPoP [redacted]"},
		},
		"dpop by hand": {
			"dpop", byHand,
			[]string{`/userinfo: 200 OK, sub "alice"`},
		},
		"fapi2": {
			"fapi2", append(issuer, "-client-id", authserver.KeyClientID, "-key", keys.files["PKCS#1"], "-key-id", "PKCS#1", "-scope", "openid"),
			[]string{"Pushed;", "token type    DPoP", "Called the UserInfo endpoint: 200 OK"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, test.program, test.args...)
			shown, err := browser(t).Get(p.await("Open this address: "))
			assert.Contains(t, page(t, shown, err), "Logged in")
			stdout, stderr := p.end(0)
			for _, want := range test.want {
				assert.Contains(t, stdout, want)
			}
			assert.NotContains(t, stdout+stderr, shown.Request.URL.Query().Get("code"))
		})
	}
}

// A login whose user says no, and one that nobody makes.
func TestBoundLoginRefused(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{Interactive: true})
	p := start(t, "dpop", "-no-browser", "-issuer", server.Issuer(), "-client-id", "public", "-scope", "openid")
	shown, _ := answer(t, browser(t), p.await("Open this address: "), map[string][]string{"decision": {"deny"}})
	assert.Contains(t, shown, "Not logged in")
	_, stderr := p.end(1)
	assert.Contains(t, stderr, "access_denied")
	_, stderr = start(t, "dpop", "-no-browser", "-timeout", "1ms", "-issuer", server.Issuer(), "-client-id", "public", "-scope", "openid").end(1)
	assert.Contains(t, stderr, "waiting for the login: context deadline exceeded")
}
