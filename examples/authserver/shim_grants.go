// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"net/http"
	"slices"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// bridge is one request with a grant type that go-oidc does not have.
//
// Such a request goes through go-oidc's JWT bearer grant, whose assertion is
// for the application to understand: so go-oidc itself authenticates the
// client, checks the scope and makes the access, refresh and ID token. Only
// who the token is for, and whether it may be, is decided here.
type bridge struct {
	grantType string
	subject   string
	refusal   error  // sent once the client is authenticated
	member    string // value of [CustomMember]
}

type bridgeKey struct{}

// bridgeGrants is the shim for [GrantPassword] and [GrantCustom].
func (s *Server) bridgeGrants(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != tokenPath {
			next.ServeHTTP(w, r)
			return
		}
		r = withForm(r)
		var b *bridge
		switch r.PostForm.Get("grant_type") {
		case GrantPassword:
			b = passwordGrant(r.PostForm)
		case GrantCustom:
			b = customGrant(r.PostForm)
		}
		if b == nil {
			next.ServeHTTP(w, r)
			return
		}

		r.PostForm.Set("grant_type", string(goidc.GrantJWTBearer))
		r.PostForm.Set("assertion", "bridge")
		a := ask(next, r.WithContext(context.WithValue(r.Context(), bridgeKey{}, b)))
		if b.member != "" {
			addCustomMember(a, b.member)
		}
		a.send(w)
	})
}

// bridgeFrom returns the bridge that came with the request, or nil.
func bridgeFrom(ctx context.Context) *bridge {
	b, _ := ctx.Value(bridgeKey{}).(*bridge)
	return b
}

// checkBridgedGrant decides about a bridged grant before it is saved. Unlike the
// callback for an assertion it may answer any error code, and it knows the client.
func checkBridgedGrant(ctx context.Context, typ goidc.GrantType, g *goidc.Grant) error {
	b := bridgeFrom(ctx)
	if b == nil || typ != goidc.GrantJWTBearer {
		return nil
	}
	if c, known := findClient(g.ClientID); !known || !slices.Contains(c.GrantTypes, b.grantType) {
		return goidc.NewError(goidc.ErrorCodeUnauthorizedClient, "the client may not use this grant type")
	}
	return b.refusal
}
