// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
)

// go-oidc's default paths, which we keep.
const (
	tokenPath               = "/token"
	authorizePath           = "/authorize"
	deviceAuthorizationPath = "/device_authorization"
	devicePath              = "/device"
	userInfoPath            = "/userinfo"
	openIDDiscoveryPath     = "/.well-known/openid-configuration"
)

// newProvider configures go-oidc and returns its handler.
func (s *Server) newProvider() (http.Handler, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	st := newStore(s.opts)
	clients := registrations()

	op, err := provider.New(s.issuer, st,
		func(context.Context) (goidc.JSONWebKeySet, error) { return keys, nil },
		provider.WithStaticClients(clients[0], clients[1:]...),
		provider.WithScopes(scopes()...),
		provider.WithSecretBasicAuthn(), provider.WithSecretPostAuthn(), provider.WithNoneAuthn(),

		provider.WithClientCredentialsGrant(),
		provider.WithAuthCodeGrant(st),
		provider.WithAuthCodeLifetime(seconds(s.opts.CodeLifetime)),
		provider.WithPKCE(goidc.CodeChallengeMethodSHA256),
		provider.WithIssuerResponseParameter(),
		provider.WithPolicies(goidc.NewPolicy("main", acceptAll, s.authenticate)),
		provider.WithErrorRenderer(renderError),

		provider.WithRefreshTokenGrant(st),
		provider.WithRefreshTokenRotation(),
		provider.WithRefreshTokenLifetime(seconds(s.opts.RefreshTokenLifetime)),
		provider.WithRefreshTokenShouldIssue(wantsRefreshToken),

		provider.WithDeviceGrant(st, promptUserCode, renderDeviceConfirmation),

		// The grants that go-oidc does not have come in through this one: see
		// shim_grants.go.
		provider.WithJWTBearerGrant(bridgedSubject),
		provider.WithJWTBearerGrantClientAuthnRequired(),
		provider.WithGrantHandler(checkBridgedGrant),

		provider.WithIDTokenSignatureAlgs(goidc.ES256),
		provider.WithIDTokenLifetime(seconds(s.opts.AccessTokenLifetime)),
		provider.WithTokenOptions(func(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
			return goidc.NewJWTTokenOptions(goidc.ES256, seconds(s.opts.AccessTokenLifetime))
		}),
		provider.WithIDTokenClaims(userClaims), provider.WithUserInfoClaims(userClaims),

		// No assertion is accepted, so there is no JWT ID to remember. Without
		// this option go-oidc prints a warning.
		provider.WithJTIConsumer(func(context.Context, string) error { return nil }),
		provider.WithErrorHandler(func(_ context.Context, err error) { s.log.Info("refused", "reason", err) }),
	)
	if err != nil {
		return nil, err
	}
	return op.Handler(), nil
}

// newKeys returns one ES256 key: to make an RSA key takes longer than all of
// the rest of the start.
func newKeys() (goidc.JSONWebKeySet, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return goidc.JSONWebKeySet{}, fmt.Errorf("generating the signing key: %w", err)
	}
	return goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{{
		Key: key, KeyID: "authserver", Algorithm: string(goidc.ES256), Use: string(goidc.KeyUsageSignature),
	}}}, nil
}

// scopes returns [Scopes] as go-oidc wants them.
func scopes() []goidc.Scope {
	var list []goidc.Scope
	for id := range strings.FieldsSeq(Scopes) {
		list = append(list, goidc.NewScope(id))
	}
	return list
}

// registrations returns [Clients] as go-oidc wants them.
func registrations() []*goidc.Client {
	var list []*goidc.Client
	for _, c := range Clients() {
		meta := goidc.ClientMeta{
			ApplicationType:  goidc.ApplicationTypeNative,
			RedirectURIs:     c.RedirectURIs,
			ResponseTypes:    []goidc.ResponseType{goidc.ResponseTypeCode},
			ScopeIDs:         Scopes,
			TokenAuthnMethod: goidc.AuthnMethod(c.AuthMethod),
		}
		if needsBody(c) {
			meta.TokenAuthnMethod = goidc.AuthnMethodSecretPost
		}
		for _, grant := range c.GrantTypes {
			meta.GrantTypes = append(meta.GrantTypes, goidc.GrantType(grant))
		}
		if slices.ContainsFunc(c.GrantTypes, IsShimGrant) {
			meta.GrantTypes = append(meta.GrantTypes, goidc.GrantJWTBearer)
		}
		list = append(list, &goidc.Client{ID: c.ID, Secret: c.Secret, ClientMeta: meta})
	}
	return list
}

// acceptAll makes the one policy apply to every authorization session.
func acceptAll(*http.Request, *goidc.AuthnSession, *goidc.Client) bool { return true }

// wantsRefreshToken follows OpenID Connect Core §11.
func wantsRefreshToken(_ context.Context, _ *goidc.Client, g *goidc.Grant) bool {
	return hasScope(g.Scopes, goidc.ScopeOfflineAccess.ID)
}

// userClaims returns what the granted scopes tell about the user.
func userClaims(_ context.Context, g *goidc.Grant) map[string]any {
	claims := map[string]any{}
	u, ok := findUser(g.Subject)
	if ok && hasScope(g.Scopes, goidc.ScopeProfile.ID) {
		claims[goidc.ClaimPreferredUsername] = u.Name
	}
	if ok && hasScope(g.Scopes, goidc.ScopeEmail.ID) {
		claims[goidc.ClaimEmail] = u.Email
	}
	return claims
}

// hasScope reports whether the space-separated list holds the scope.
func hasScope(list, scope string) bool {
	return slices.Contains(strings.Fields(list), scope)
}
