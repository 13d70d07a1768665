// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// keyed is a second server of a column. It knows the keys and certificates of its
// clients, and refuses DPoP proofs without its nonce.
type keyed struct {
	*server

	secretJWT   party
	signing     string // the client that signs assertions
	tls         certified
	selfSigned  certified
	renew       func() tls.Certificate // another certificate of the client tls
	trusting    *http.Client           // trusts the listener for certificates
	base        string                 // of that listener
	signingKeys map[string]crypto.Signer
}

// certified is a client that authenticates with a certificate.
type certified struct {
	id          string
	certificate tls.Certificate
	method      func(func(context.Context) (*tls.Certificate, error)) clientauth.Method
}

// What is ours at these servers, by the interfaces that they have for it.
const (
	addedReplay       = "the memory of used assertions and proofs, through its WithJTIConsumer"
	addedCertificates = "the check of client certificates, through its WithMTLS"
	addedAuthorized   = "the check of client certificates, through its certificateAuthorized"
)

// The key IDs of [keyed.signingKeys], which are also the curve or the kind.
const (
	keyP256    = "P-256"
	keyP384    = "P-384"
	keyRSA     = "RSA"
	keyEd25519 = "Ed25519"
)

func newSigningKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return map[string]crypto.Signer{keyP256: p256, keyP384: p384, keyRSA: rsaKey, keyEd25519: edwards}
}

func keyedGoOIDC(t *testing.T) *keyed {
	t.Helper()
	authority := newCertificate(t, "interop CA", nil)
	client := newCertificate(t, authserver.TLSClientID, &authority)
	selfSigned := newCertificate(t, authserver.SelfSignedTLSClientID, nil)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	keys := newSigningKeys(t)
	public := map[string]crypto.PublicKey{}
	for id, key := range keys {
		public[id] = key.Public()
	}
	running, err := authserver.Start(t.Context(), authserver.Options{
		ClientKeys:          public,
		TLS:                 &authserver.TLS{Certificate: newCertificate(t, "server", &authority), ClientCAs: pool, SelfSigned: selfSigned.Leaf},
		RequireDPoPNonce:    true,
		DeviceInterval:      time.Second,
		BackchannelInterval: time.Second, ApproveBackchannelAfter: 1,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = running.Close() })
	s := &server{
		key: keyGoOIDC, name: "go-oidc", issuer: running.Issuer(), user: authserver.Alice,
		policy: discovery.Policy{AdditionalBaseAddresses: []string{running.TLSAddress()}},
		basic:  party{authserver.ClientID, authserver.ClientSecret, clientauth.SecretBasic},
		public: party{authserver.PublicClientID, "", withoutSecret},
		approveDevice: func(_ context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.ApproveDevice(device.UserCode)
		},
	}
	return &keyed{
		server:      s.discover(t),
		secretJWT:   party{id: authserver.SecretJWTClientID, secret: authserver.SecretJWTClientSecret},
		signing:     authserver.KeyClientID,
		tls:         certified{authserver.TLSClientID, client, clientauth.TLS},
		selfSigned:  certified{authserver.SelfSignedTLSClientID, selfSigned, clientauth.SelfSignedTLS},
		renew:       func() tls.Certificate { return newCertificate(t, authserver.TLSClientID, &authority) },
		trusting:    trusting(pool),
		base:        running.TLSAddress(),
		signingKeys: keys,
	}
}

func keyedOIDCProvider(t *testing.T) *keyed {
	t.Helper()
	keys := newSigningKeys(t)
	var set jose.JSONWebKeySet
	for id, key := range keys {
		if id != keyP384 { // no algorithm that it takes
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
		}
	}
	public, err := json.Marshal(set)
	require.NoError(t, err)
	running := oidcprovider.New(t, oidcprovider.Options{ClientJWKS: public, RequireDPoPNonce: true, Interval: time.Second})
	s := &server{
		key: keyOIDCProvider, name: "oidc-provider", issuer: running.Issuer(), user: oidcprovider.Alice,
		policy: discovery.Policy{AdditionalBaseAddresses: []string{running.HTTPS()}},
		basic:  party{oidcprovider.BasicClientID, oidcprovider.ClientSecret, clientauth.SecretBasic},
		public: party{oidcprovider.PublicClientID, "", withoutSecret},
		approveDevice: func(ctx context.Context, device *tokenclient.DeviceAuthorizationResponse) error {
			return running.ApproveDevice(ctx, device.VerificationURIComplete)
		},
	}
	return &keyed{
		server:     s.discover(t),
		secretJWT:  party{id: oidcprovider.SecretJWTClientID, secret: oidcprovider.SecretJWTClientSecret},
		signing:    oidcprovider.PrivateKeyJWTClientID,
		tls:        certified{oidcprovider.TLSClientID, running.TLSClientCertificate(), clientauth.TLS},
		selfSigned: certified{oidcprovider.SelfSignedTLSClientID, running.SelfSignedTLSClientCertificate(), clientauth.SelfSignedTLS},
		renew: func() tls.Certificate {
			certificate, err := running.NewTLSClientCertificate()
			require.NoError(t, err)
			return certificate
		},
		trusting:    trusting(running.CA()),
		base:        running.HTTPS(),
		signingKeys: keys,
	}
}

// signingConfig is that of the client that signs with the key.
func (k *keyed) signingConfig(id, algorithm string) tokenclient.Config {
	return tokenclient.Config{
		Metadata: k.metadata, ClientID: k.signing,
		Auth: clientauth.PrivateKeyJWT(k.signingKeys[id], clientauth.JWTOptions{KeyID: id, Algorithm: algorithm}),
	}
}

// certifiedConfig is that of a client that presents the certificate.
func (k *keyed) certifiedConfig(c certified, certificate tls.Certificate) tokenclient.Config {
	return tokenclient.Config{
		Metadata: k.metadata, ClientID: c.id, HTTPClient: k.trusting,
		Auth: c.method(func(context.Context) (*tls.Certificate, error) { return &certificate, nil }),
	}
}

func trusting(authorities *x509.CertPool) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities}}}
}

// newCertificate makes a certificate, or without an issuer an authority's.
func newCertificate(t *testing.T, name string, issuer *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := template, crypto.PrivateKey(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	} else {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
