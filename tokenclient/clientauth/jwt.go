// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements private_key_jwt and client_secret_jwt (OpenID Connect Core
// section 9, RFC 7523 section 2.2, with the audience of its update
// draft-ietf-oauth-rfc7523bis).

package clientauth

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// JWTOptions are what an assertion is made of besides the key. The zero value is
// the default.
type JWTOptions struct {
	// KeyID is sent as kid, so that the server finds the key. Optional; needed by
	// servers that know several keys of the client.
	KeyID string
	// Algorithm is PS256, RS256, ES256, ES384 or EdDSA for a key, and HS256, HS384 or
	// HS512 for a secret. Default: what fits the key, PS256 for RSA; HS256. RS256 and
	// PS256 cost about thirty times as much as ES256.
	Algorithm string
	// Audience is the aud. Default: the issuer of the server, as one string. Some
	// servers want the URL of the token endpoint instead.
	Audience string
	// AllowUntyped leaves out typ: client-authentication+jwt, for servers that refuse
	// it. An assertion without a type can be mistaken for another JWT.
	AllowUntyped bool
}

// assertionLifetime is how long an assertion is valid.
const assertionLifetime = 60 * time.Second

// PrivateKeyJWT signs a JWT with a key of the client: private_key_jwt. The key may
// be in a file (see [ParsePrivateKeyPEM] and [ParsePrivateKeyJWK]), in a KMS or an
// HSM; it must be safe for concurrent use. RSA keys of fewer than 2048 bits are
// refused. Every attempt has a JWT of its own, valid for 60 s: iss and sub are the
// client identifier, aud is the issuer, jti are 128 random bits.
func PrivateKeyJWT(key crypto.Signer, options JWTOptions) Method {
	return newJWT("private_key_jwt", options, func() (*jose.Signer, error) { return jose.NewSigner(key, options.Algorithm) })
}

// SecretJWT signs a JWT with the client's secret: client_secret_jwt. The secret
// must be at least as long as the hash: 32 bytes for HS256, the default. See
// [PrivateKeyJWT] for the JWT.
func SecretJWT(secret string, options JWTOptions) Method {
	return newJWT("client_secret_jwt", options, func() (*jose.Signer, error) {
		if options.Algorithm == "" {
			options.Algorithm = "HS256"
		}
		return jose.NewMACSigner([]byte(secret), options.Algorithm)
	})
}

// jwt is a method that signs an assertion for each attempt. What it holds is
// behind funcs, where no printing can reach it.
type jwt struct {
	name     string
	audience string
	signer   func() (*jose.Signer, error)
	header   func() []byte
	last     atomic.Pointer[claimsStart]
}

// claimsStart is the part of the claims that all assertions for one audience have.
type claimsStart struct {
	clientID, audience string
	text               []byte
}

func newJWT(name string, options JWTOptions, newSigner func() (*jose.Signer, error)) *jwt {
	signer, err := newSigner()
	if err != nil {
		err = fmt.Errorf("clientauth: %w", err)
	}
	j := &jwt{
		name: name, audience: options.Audience,
		signer: func() (*jose.Signer, error) { return signer, err },
	}
	if err != nil {
		return j
	}
	fields := struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid,omitempty"`
		Type      string `json:"typ,omitempty"`
	}{signer.Algorithm(), options.KeyID, "client-authentication+jwt"}
	if options.AllowUntyped {
		fields.Type = ""
	}
	plain, _ := json.Marshal(fields) // strings cannot fail
	encoded := jose.Header(plain)
	j.header = func() []byte { return encoded }
	return j
}

func (j *jwt) Name() string { return j.name }

// Algorithm returns the alg of the assertions, which tokenclient.New compares with
// what the server accepts, when its metadata is known.
func (j *jwt) Algorithm() string {
	signer, err := j.signer()
	if err != nil {
		return ""
	}
	return signer.Algorithm()
}

// Validate reports a key or a secret that is unusable.
func (j *jwt) Validate(string) error {
	_, err := j.signer()
	return err
}

func (j *jwt) Credentials(_ context.Context, attempt Attempt) (Credentials, error) {
	signer, err := j.signer()
	if err != nil {
		return Credentials{}, err
	}
	start, err := j.start(attempt)
	if err != nil {
		return Credentials{}, err
	}
	claims := appendClaims(make([]byte, 0, 512), start.text, time.Now()) // rarely longer: stays on the stack
	assertion, err := signer.Sign(j.header(), claims)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{Parameters: []Parameter{
		{"client_id", attempt.ClientID},
		{"client_assertion_type", AssertionTypeJWT},
		{"client_assertion", assertion},
	}}, nil
}

var errNoAudience = errors.New(
	"clientauth: the audience of the assertion is unknown; set Config.Issuer or Config.Metadata, or JWTOptions.Audience")

// start returns the claims up to jti.
func (j *jwt) start(attempt Attempt) (*claimsStart, error) {
	audience := j.audience
	if audience == "" {
		audience = attempt.Issuer
	}
	if audience == "" {
		return nil, errNoAudience
	}
	if last := j.last.Load(); last != nil && last.clientID == attempt.ClientID && last.audience == audience {
		return last, nil
	}
	fields, err := json.Marshal(struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		ID       string `json:"jti"`
	}{attempt.ClientID, attempt.ClientID, audience, ""})
	if err != nil {
		return nil, err
	}
	start := &claimsStart{attempt.ClientID, audience, fields[:len(fields)-len(`"}`)]}
	j.last.Store(start)
	return start, nil
}

// appendClaims appends the claims of one assertion.
func appendClaims(claims, start []byte, now time.Time) []byte {
	claims = append(claims, start...)
	claims = jose.AppendID(claims)
	claims = append(claims, `","iat":`...)
	claims = strconv.AppendInt(claims, now.Unix(), 10)
	claims = append(claims, `,"exp":`...)
	claims = strconv.AppendInt(claims, now.Add(assertionLifetime).Unix(), 10)
	return append(claims, '}')
}
