// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"crypto"
	"crypto/sha256"
	"slices"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// The demo clients that prove who they are with a key. Each may use every grant.
// They are not in [Clients], because they are there only when [Options] has their
// keys, but for SecretJWTClientID, which is always there.
const (
	// SecretJWTClientID and SecretJWTClientSecret are the client that authenticates
	// with client_secret_jwt. The secret is long enough for HS512.
	SecretJWTClientID     = "client.jwt"
	SecretJWTClientSecret = "a secret of at least sixty-four bytes, which is what HS512 asks for"

	// KeyClientID authenticates with private_key_jwt, with a key of
	// Options.ClientKeys.
	KeyClientID = "client.key"

	// TLSClientID authenticates with tls_client_auth: its certificate is from
	// Options.TLS.ClientCAs, and its subject is CN=client.tls. Its tokens are bound
	// to the certificate.
	TLSClientID = "client.tls"

	// SelfSignedTLSClientID authenticates with self_signed_tls_client_auth, with the
	// certificate Options.TLS.SelfSigned. Its tokens are bound to the certificate.
	SelfSignedTLSClientID = "client.selfsigned"
)

// The algorithms of proofs and assertions.
var (
	keyAlgorithms    = []goidc.SignatureAlgorithm{goidc.ES256, goidc.ES384, goidc.PS256, goidc.RS256, "EdDSA"} //nolint:gochecknoglobals // Go has no constant lists
	secretAlgorithms = []goidc.SignatureAlgorithm{goidc.HS256, goidc.HS384, goidc.HS512}                       //nolint:gochecknoglobals // the same
)

// keyedRegistrations returns the clients that prove who they are with a key, as
// go-oidc wants them.
func keyedRegistrations(opts Options) []*goidc.Client {
	list := []*goidc.Client{registration(keyed(SecretJWTClientID, goidc.AuthnMethodSecretJWT, SecretJWTClientSecret))}
	if len(opts.ClientKeys) > 0 {
		c := registration(keyed(KeyClientID, goidc.AuthnMethodPrivateKeyJWT, ""))
		c.JWKS = keySet(opts.ClientKeys)
		list = append(list, c)
	}
	if opts.TLS == nil {
		return list
	}
	if opts.TLS.ClientCAs != nil {
		c := registration(keyed(TLSClientID, goidc.AuthnMethodTLS, ""))
		c.TLSSubjectDistinguishedName, c.TLSTokenBindingIsRequired = "CN="+TLSClientID, true
		list = append(list, c)
	}
	if certificate := opts.TLS.SelfSigned; certificate != nil {
		c := registration(keyed(SelfSignedTLSClientID, goidc.AuthnMethodSelfSignedTLS, ""))
		thumbprint := sha256.Sum256(certificate.Raw)
		c.JWKS = &goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{{
			Key: certificate.PublicKey, KeyID: SelfSignedTLSClientID, CertificateThumbprintSHA256: thumbprint[:],
		}}}
		c.TLSTokenBindingIsRequired = true
		list = append(list, c)
	}
	return list
}

func keyed(id string, method goidc.AuthnMethod, secret string) Client {
	return Client{
		ID: id, Secret: secret, AuthMethod: string(method),
		GrantTypes: Clients()[0].GrantTypes, RedirectURIs: redirectURIs(),
	}
}

func keySet(keys map[string]crypto.PublicKey) *goidc.JSONWebKeySet {
	set := &goidc.JSONWebKeySet{}
	for id, key := range keys {
		set.Keys = append(set.Keys, goidc.JSONWebKey{Key: key, KeyID: id, Use: string(goidc.KeyUsageSignature)})
	}
	slices.SortFunc(set.Keys, func(a, b goidc.JSONWebKey) int {
		return slices.Compare([]byte(a.KeyID), []byte(b.KeyID))
	})
	return set
}
