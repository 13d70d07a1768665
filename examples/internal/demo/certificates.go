// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// Certificates are the files of a client that proves who it is by a certificate.
type Certificates struct{ certificate, key, authorities *string }

// CertificateFlags defines the flags for the files; flag.Parse comes next.
func CertificateFlags() *Certificates {
	return &Certificates{
		certificate: String("certificate", "CERTIFICATE_FILE", "PEM file that holds the certificate of the client; without one everything is made in memory"),
		key:         String("key", "KEY_FILE", "PEM file that holds its private key"),
		authorities: String("ca", "CA_FILE", "PEM file that holds who has signed the server's certificate; by default the system knows"),
	}
}

// Material is what a program with mutual TLS needs.
type Material struct {
	// Client is the certificate of the client, with its key.
	Client *tls.Certificate
	// HTTPClient trusts the server.
	HTTPClient *http.Client
	// Embedded is for the embedded server: nil when there are files.
	Embedded *authserver.TLS
}

// Read reads the files or, without any, makes a certificate authority, and with it
// certificates for the embedded server and its client.
func (c *Certificates) Read(selfSigned bool) (*Material, error) {
	if *c.certificate == "" {
		return newMaterial(selfSigned)
	}
	client, err := tls.LoadX509KeyPair(*c.certificate, *c.key)
	if err != nil {
		return nil, err
	}
	var authorities *x509.CertPool
	if *c.authorities != "" {
		text, err := os.ReadFile(*c.authorities)
		if err != nil {
			return nil, err
		}
		authorities = x509.NewCertPool()
		if !authorities.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate", *c.authorities)
		}
	}
	return &Material{Client: &client, HTTPClient: httpClient(authorities)}, nil
}

func newMaterial(selfSigned bool) (*Material, error) {
	authority, err := newAuthority("example CA")
	if err != nil {
		return nil, err
	}
	server, err := issue("example server", &authority)
	if err != nil {
		return nil, err
	}
	name, issuer := authserver.TLSClientID, &authority
	if selfSigned {
		name, issuer = authserver.SelfSignedTLSClientID, nil
	}
	client, err := issue(name, issuer)
	if err != nil {
		return nil, err
	}
	authorities := x509.NewCertPool()
	authorities.AddCert(authority.Leaf)
	embedded := &authserver.TLS{Certificate: server, ClientCAs: authorities}
	if selfSigned {
		embedded.SelfSigned = client.Leaf
	}
	return &Material{Client: &client, HTTPClient: httpClient(authorities), Embedded: embedded}, nil
}

// newAuthority makes a certificate authority in memory.
func newAuthority(name string) (tls.Certificate, error) {
	template := certificate(name)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage |= x509.KeyUsageCertSign
	return sign(template, nil)
}

// issue makes a certificate for 127.0.0.1, or for a client with that name. Without
// an authority it is self-signed.
func issue(name string, authority *tls.Certificate) (tls.Certificate, error) {
	return sign(certificate(name), authority)
}

func certificate(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func sign(template *x509.Certificate, authority *tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	parent, signer := template, crypto.PrivateKey(key)
	if authority != nil {
		parent, signer = authority.Leaf, authority.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// httpClient returns a client that trusts these certificate authorities, or, when
// they are nil, those of the system.
func httpClient(authorities *x509.CertPool) *http.Client {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: authorities},
		TLSHandshakeTimeout: 10 * time.Second,
	}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}
