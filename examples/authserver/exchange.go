// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// Audiences are the services that a token exchange may name as audience,
// separated by spaces.
const Audiences = "api1 api2"

// Where a grant keeps what a token exchange adds to its tokens.
const (
	audienceKey = "authserver.audience"
	actorKey    = "authserver.actor"
)

// exchange is go-oidc's callback for a token exchange (RFC 8693): it decides
// whether the tokens are good, and whom the new one is about. The subject and the
// actor are access tokens of this server; go-oidc makes the new token.
func (s *Server) exchange(ctx context.Context, r goidc.TokenExchangeRequest) (goidc.TokenExchangeResult, error) {
	none := goidc.TokenExchangeResult{}
	if r.RequestedTokenType == goidc.TokenTypeIdentifierRefreshToken {
		return none, goidc.NewError(goidc.ErrorCodeInvalidRequest, "no refresh token is issued")
	}
	if len(r.Resource) > 0 {
		return none, goidc.NewError(goidc.ErrorCodeInvalidTarget, "the server knows no resource, only audiences")
	}
	for _, audience := range r.Audience {
		if !slices.Contains(strings.Fields(Audiences), audience) {
			return none, goidc.NewError(goidc.ErrorCodeInvalidTarget, "unknown audience")
		}
	}

	subject, err := s.party(ctx, r.SubjectToken, r.SubjectTokenType)
	if err != nil {
		return none, err
	}
	kept := map[string]any{}
	if len(r.Audience) > 0 {
		kept[audienceKey] = r.Audience
	}
	if r.ActorToken != "" {
		if kept[actorKey], err = s.party(ctx, r.ActorToken, r.ActorTokenType); err != nil {
			return none, err
		}
	}
	return goidc.TokenExchangeResult{Subject: subject, Store: kept}, nil
}

// party returns whom a token of this server is about.
func (s *Server) party(ctx context.Context, token string, typ goidc.TokenTypeIdentifier) (string, error) {
	isJWT := strings.Count(token, ".") == 2 // a refresh token is none, and would be active as well
	if !isJWT || typ != goidc.TokenTypeIdentifierAccessToken && typ != goidc.TokenTypeIdentifierJWT {
		return "", goidc.NewError(goidc.ErrorCodeInvalidRequest, "tokens of this type are not accepted")
	}
	info, err := s.provider.Introspect(ctx, token)
	if err != nil {
		return "", err
	}
	if !info.IsActive {
		return "", goidc.NewError(goidc.ErrorCodeInvalidRequest, "the token is not active")
	}
	return info.Subject, nil
}

// tokenClaims are what a token exchange adds to an access token: whom it is for,
// and who acts (RFC 8693 section 4.1).
func tokenClaims(_ context.Context, _ *goidc.Token, g *goidc.Grant) map[string]any {
	claims := map[string]any{}
	if audience, ok := g.Store[audienceKey]; ok {
		claims[goidc.ClaimAudience] = audience
	}
	if actor, ok := g.Store[actorKey]; ok {
		claims["act"] = map[string]any{goidc.ClaimSubject: actor}
	}
	return claims
}
