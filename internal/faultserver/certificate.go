// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"time"
)

// certificates are made in memory, once. All but unknown come from the authority
// that pool trusts.
type certificates struct {
	pool                              *x509.CertPool
	good, expired, wrongName, unknown tls.Certificate
}

var authority = sync.OnceValue(func() certificates {
	now := time.Now()
	issuer, stranger := newIssuer(), newIssuer()
	made := certificates{pool: x509.NewCertPool()}
	made.pool.AddCert(issuer.certificate)
	made.good = issuer.issue(host, now.Add(24*time.Hour))
	made.expired = issuer.issue(host, now.Add(-time.Minute))
	made.wrongName = issuer.issue("other.example", now.Add(24*time.Hour))
	made.unknown = stranger.issue(host, now.Add(24*time.Hour))
	return made
})

type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newIssuer() issuer {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "faultserver"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	encoded := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return issuer{must(x509.ParseCertificate(encoded)), key}
}

func (i issuer) issue(name string, notAfter time.Time) tls.Certificate {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: notAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	encoded := must(x509.CreateCertificate(rand.Reader, template, i.certificate, &key.PublicKey, i.key))
	return tls.Certificate{Certificate: [][]byte{encoded}, PrivateKey: key}
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

// must is for what cannot fail with these arguments; if it does, no handshake
// succeeds, and the test without a fault says so.
func must[T any](value T, _ error) T { return value }

func present(certificate func(certificates) tls.Certificate) func(*tls.Config) {
	return func(config *tls.Config) { config.Certificates = []tls.Certificate{certificate(authority())} }
}

// outdated offers no version that is safe.
func outdated(config *tls.Config) {
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
}
