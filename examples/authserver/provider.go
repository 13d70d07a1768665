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
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
)

// go-oidc's default paths, which we keep.
const (
	tokenPath               = "/token"
	authorizePath           = "/authorize"
	deviceAuthorizationPath = "/device_authorization"
	devicePath              = "/device"
	backchannelPath         = "/bc-authorize"
	pushedAuthorizationPath = "/par"
	introspectionPath       = "/introspect"
	revocationPath          = "/revoke"
	userInfoPath            = "/userinfo"
	registrationPath        = "/register"
	openIDDiscoveryPath     = "/.well-known/openid-configuration"
)

// newProvider configures go-oidc.
func (s *Server) newProvider() (*provider.Provider, error) {
	keys, err := newKeys()
	if err != nil {
		return nil, err
	}
	options := s.grantOptions()
	options = append(options, s.endpointOptions()...)
	options = append(options, s.tokenOptions()...)
	options = append(options, s.tlsOptions()...)
	return provider.New(s.issuer, s.store,
		func(context.Context) (goidc.JSONWebKeySet, error) { return keys, nil }, options...)
}

// grantOptions are the clients and the ways to a token.
func (s *Server) grantOptions() []provider.Option {
	clients := append(registrations(), keyedRegistrations(s.opts)...)
	return []provider.Option{
		provider.WithStaticClients(clients[0], clients[1:]...),
		provider.WithScopes(scopes()...),
		provider.WithSecretBasicAuthn(), provider.WithSecretPostAuthn(), provider.WithNoneAuthn(),
		provider.WithSecretJWTAuthn(secretAlgorithms[0], secretAlgorithms[1:]...),
		provider.WithPrivateKeyJWTAuthn(keyAlgorithms[0], keyAlgorithms[1:]...),
		provider.WithDefaultAuthn(goidc.AuthnMethodSecretBasic),

		provider.WithClientCredentialsGrant(),
		provider.WithAuthCodeGrant(s.store),
		provider.WithAuthCodeLifetime(seconds(s.opts.CodeLifetime)),
		provider.WithPKCE(goidc.CodeChallengeMethodSHA256),
		provider.WithIssuerResponseParameter(),
		provider.WithPolicies(goidc.NewPolicy("main", acceptAll, s.authenticate)),
		provider.WithErrorRenderer(renderError),

		provider.WithRefreshTokenGrant(s.store),
		provider.WithRefreshTokenRotation(),
		provider.WithRefreshTokenLifetime(seconds(s.opts.RefreshTokenLifetime)),
		provider.WithRefreshTokenShouldIssue(wantsRefreshToken),

		provider.WithDeviceGrant(s.store, promptUserCode, renderDeviceConfirmation),
		provider.WithCIBAGrant(s.store, goidc.CIBADeliveryModePoll),
		provider.WithCIBASessionHandler(s.ringUser),
		provider.WithCIBAPollingInterval(seconds(s.opts.BackchannelInterval)),
		provider.WithCIBALifetime(seconds(s.opts.BackchannelLifetime)),
		provider.WithTokenExchangeGrant(s.exchange),
		provider.WithTokenExchangeClientAuthnRequired(),

		// The grants that go-oidc does not have come in through this one as well:
		// see shim_grants.go.
		provider.WithJWTBearerGrant(s.assertions.subject),
		provider.WithJWTBearerGrantClientAuthnRequired(),
		provider.WithGrantHandler(finishGrant),
	}
}

// endpointOptions are the endpoints besides those of the grants.
func (s *Server) endpointOptions() []provider.Option {
	return []provider.Option{
		provider.WithPAR(s.store),
		provider.WithPARLifetime(seconds(s.opts.CodeLifetime)),
		provider.WithTokenIntrospection(mayIntrospect),
		provider.WithTokenRevocation(acceptClient),
		// Access tokens are JWTs, which nobody looks up: only the whole grant can
		// be revoked.
		provider.WithTokenRevocationRevokeGrantOnAccessToken(),
		provider.WithUserInfoClaims(userClaims),
		provider.WithUserInfoSignatureAlgs(goidc.ES256),
		provider.WithDCR(&clientStore{clients: map[string]goidc.Client{}}),
		provider.WithDCRClientHandler(completeClient),
		provider.WithDCRTokenRotation(),
	}
}

// tokenOptions are what the tokens are like, and where refusals are logged.
func (s *Server) tokenOptions() []provider.Option {
	return []provider.Option{
		provider.WithIDTokenSignatureAlgs(goidc.ES256),
		provider.WithIDTokenLifetime(seconds(s.opts.AccessTokenLifetime)),
		provider.WithTokenOptions(func(context.Context, *goidc.Grant, *goidc.Client) goidc.TokenOptions {
			return goidc.NewJWTTokenOptions(goidc.ES256, seconds(s.opts.AccessTokenLifetime))
		}),
		provider.WithIDTokenClaims(userClaims),
		provider.WithTokenClaims(tokenClaims),

		// A client assertion and a DPoP proof work once. (The assertions of the JWT
		// bearer grant do not come here.)
		provider.WithDPoP(keyAlgorithms[0], keyAlgorithms[1:]...),
		provider.WithJTIConsumer((&seenIDs{until: map[string]time.Time{}}).consume),
		provider.WithErrorHandler(func(_ context.Context, err error) { s.log.Info("refused", "reason", err) }),
	}
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
		list = append(list, registration(c))
	}
	return list
}

func registration(c Client) *goidc.Client {
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
	if slices.Contains(meta.GrantTypes, goidc.GrantCIBA) {
		meta.CIBATokenDeliveryMode = goidc.CIBADeliveryModePoll
	}
	return &goidc.Client{ID: c.ID, Secret: c.Secret, ClientMeta: meta}
}

// mayIntrospect keeps clients that prove nothing from learning about tokens.
func mayIntrospect(_ context.Context, c *goidc.Client, _ goidc.TokenInfo) bool { return !c.IsPublic() }

// acceptClient lets every client revoke its own tokens.
func acceptClient(context.Context, *goidc.Client) bool { return true }

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
