// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// keyMaterial is made anew for each server. What the process must read is in
// files; the private keys of clients stay in memory.
type keyMaterial struct {
	files tlsFiles

	authority           tls.Certificate
	tlsClient           tls.Certificate
	selfSignedTLSClient tls.Certificate
	selfSignedTLSJWKS   json.RawMessage
	clientKey           *ecdsa.PrivateKey
	clientJWKS          json.RawMessage
	assertionKey        *ecdsa.PrivateKey
	assertionJWKS       json.RawMessage
}

func newKeyMaterial(directory string) (*keyMaterial, error) {
	authority, err := issue(certificateTemplate("interop CA"), nil)
	if err != nil {
		return nil, err
	}
	listener, err := issue(certificateTemplate("localhost"), &authority)
	if err != nil {
		return nil, err
	}
	tlsClient, err := issue(certificateTemplate(TLSClientID), &authority)
	if err != nil {
		return nil, err
	}
	selfSigned, err := issue(certificateTemplate(SelfSignedTLSClientID), nil)
	if err != nil {
		return nil, err
	}
	selfSignedJWKS, err := publicJWKS(selfSigned.Leaf.PublicKey, selfSigned.Certificate[0])
	if err != nil {
		return nil, err
	}
	clientKey, clientJWKS, err := newKey()
	if err != nil {
		return nil, err
	}
	assertionKey, assertionJWKS, err := newKey()
	if err != nil {
		return nil, err
	}
	files, err := writeTLSFiles(directory, authority, listener)
	if err != nil {
		return nil, err
	}
	return &keyMaterial{
		files:               files,
		authority:           authority,
		tlsClient:           tlsClient,
		selfSignedTLSClient: selfSigned,
		selfSignedTLSJWKS:   selfSignedJWKS,
		clientKey:           clientKey,
		clientJWKS:          clientJWKS,
		assertionKey:        assertionKey,
		assertionJWKS:       assertionJWKS,
	}, nil
}

// newKey returns a key and the JWK set of its public half.
func newKey() (*ecdsa.PrivateKey, json.RawMessage, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	set, err := publicJWKS(key.Public(), nil)
	return key, set, err
}

func (k *keyMaterial) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(k.authority.Leaf)
	return pool
}

func certificateTemplate(commonName string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: commonName},
		NotBefore:   now.Add(-time.Hour),
		NotAfter:    now.Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
}

// issue makes a certificate with a new key, signed by the issuer or, without
// one, by itself and fit to be an authority.
func issue(template *x509.Certificate, issuer *tls.Certificate) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}

	parent, signer := template, crypto.PrivateKey(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	} else {
		template.BasicConstraintsValid = true
		template.IsCA = true
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

func writeTLSFiles(directory string, authority, listener tls.Certificate) (tlsFiles, error) {
	key, err := x509.MarshalPKCS8PrivateKey(listener.PrivateKey)
	if err != nil {
		return tlsFiles{}, err
	}
	files := tlsFiles{
		Key:  filepath.Join(directory, "key.pem"),
		Cert: filepath.Join(directory, "cert.pem"),
		CA:   filepath.Join(directory, "ca.pem"),
	}
	for _, file := range []struct {
		path, kind string
		der        []byte
	}{
		{files.Key, "PRIVATE KEY", key},
		{files.Cert, "CERTIFICATE", listener.Certificate[0]},
		{files.CA, "CERTIFICATE", authority.Certificate[0]},
	} {
		text := pem.EncodeToMemory(&pem.Block{Type: file.kind, Bytes: file.der})
		if err := os.WriteFile(file.path, text, 0o600); err != nil {
			return tlsFiles{}, err
		}
	}
	return files, nil
}

// publicJWKS returns the JWK set of the key, with its certificate if there is one.
func publicJWKS(key crypto.PublicKey, certificate []byte) (json.RawMessage, error) {
	curveKey, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("a key of type %T has no P-256 JWK", key)
	}
	public, err := curveKey.ECDH()
	if err != nil {
		return nil, err
	}
	point := public.Bytes()[1:] // after the byte that says "uncompressed"
	jwk := map[string]any{
		"kty": "EC",
		"crv": "P-256",
		"x":   base64.RawURLEncoding.EncodeToString(point[:32]),
		"y":   base64.RawURLEncoding.EncodeToString(point[32:]),
		"use": "sig",
		"kid": ClientKeyID,
	}
	if certificate != nil {
		jwk["x5c"] = []string{base64.StdEncoding.EncodeToString(certificate)}
	}
	return json.Marshal(map[string]any{"keys": []any{jwk}})
}
