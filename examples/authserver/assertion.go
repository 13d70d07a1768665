// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/luikyv/go-oidc/pkg/goidc"
)

// AssertionIssuer is the issuer whose JWTs the server accepts as a grant
// (RFC 7523). It does not exist; [Server.NewAssertion] signs in its name.
const AssertionIssuer = "https://issuer.example"

// assertionLifetime is that of a new assertion, and the most that is accepted.
const assertionLifetime = 5 * time.Minute

// assertions checks JWT bearer assertions: go-oidc leaves that to the application.
type assertions struct {
	audience string
	key      goidc.JSONWebKey

	mu   sync.Mutex
	used map[string]time.Time // the jti of each assertion, and until when it would be good
}

func newAssertions(audience string) (*assertions, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	return &assertions{audience: audience, key: keys.Keys[0], used: map[string]time.Time{}}, nil
}

// NewAssertion returns a JWT of [AssertionIssuer] about a user, for the JWT
// bearer grant. It is good for five minutes, and works once.
func (s *Server) NewAssertion(subject string) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: goidc.ES256, Key: s.assertions.key}, nil)
	if err != nil {
		return "", fmt.Errorf("authserver: signing an assertion: %w", err)
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: AssertionIssuer, Subject: subject, Audience: jwt.Audience{s.issuer}, ID: rand.Text(),
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertionLifetime)),
	}).Serialize()
}

// subject is go-oidc's callback for an assertion: it returns the user whom the
// assertion is about.
func (a *assertions) subject(ctx context.Context, assertion string) (goidc.JWTBearerResult, error) {
	if b := bridgeFrom(ctx); b != nil {
		return goidc.JWTBearerResult{Subject: b.subject}, nil
	}
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{goidc.ES256})
	if err != nil {
		return goidc.JWTBearerResult{}, errors.New("the assertion is not a JWT of this issuer")
	}
	var claims jwt.Claims
	if err := token.Claims(a.key.Public().Key, &claims); err != nil {
		return goidc.JWTBearerResult{}, err
	}
	if err := a.check(claims, time.Now()); err != nil {
		return goidc.JWTBearerResult{}, err
	}
	return goidc.JWTBearerResult{Subject: claims.Subject}, nil
}

// check checks the claims as RFC 7523 section 3 requires, and takes the jti.
func (a *assertions) check(claims jwt.Claims, now time.Time) error {
	expected := jwt.Expected{Issuer: AssertionIssuer, AnyAudience: jwt.Audience{a.audience, a.audience + tokenPath}, Time: now}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		return err
	}
	if claims.Expiry == nil || claims.Expiry.Time().After(now.Add(assertionLifetime+time.Second)) {
		return errors.New("exp is missing or too far away")
	}
	if _, ok := findUser(claims.Subject); !ok {
		return errors.New("sub is not a user")
	}

	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.used, func(_ string, expiry time.Time) bool { return now.After(expiry) })
	if _, again := a.used[claims.ID]; again || claims.ID == "" {
		return errors.New("jti is missing or was used")
	}
	a.used[claims.ID] = claims.Expiry.Time()
	return nil
}

// finishGrant is go-oidc's callback before a grant is saved. Of a grant that a
// callback has decided about, go-oidc does not know the user's name.
func finishGrant(ctx context.Context, typ goidc.GrantType, g *goidc.Grant) error {
	if err := checkBridgedGrant(ctx, typ, g); err != nil {
		return err
	}
	if _, ok := findUser(g.Subject); ok && g.Username == "" {
		g.Username = g.Subject
	}
	return nil
}
