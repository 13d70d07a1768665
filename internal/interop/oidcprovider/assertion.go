// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// AssertionIssuer is the issuer whose JWTs the server accepts as a grant (RFC
// 7523). It does not exist; [Server.NewAssertion] signs in its name.
const AssertionIssuer = "https://issuer.example"

// NewAssertion returns a JWT of [AssertionIssuer] about a user, for the JWT bearer
// grant. It is good for five minutes, and works once.
func (s *Server) NewAssertion(subject string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.keys.assertionKey}, nil)
	if err != nil {
		return "", fmt.Errorf("oidcprovider: sign an assertion: %w", err)
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(map[string]any{
		"iss": AssertionIssuer, "sub": subject, "aud": s.Issuer(), "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	}).Serialize()
}
