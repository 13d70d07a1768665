// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"net/http"
	"slices"
)

// A Shim is a capability that go-oidc lacks and this package adds.
type Shim struct {
	// Name says what it is, such as "password grant".
	Name string
	// GrantType is the grant type, if the shim is a grant.
	GrantType string
	// Why says what go-oidc does without it.
	Why string
}

// Shims returns all that is ours and not go-oidc's, in the order in which a
// request passes through.
func Shims() []Shim {
	return []Shim{
		{Name: "WWW-Authenticate on 401", Why: "go-oidc sends none"},
		{Name: "form-encoded Basic credentials (RFC 6749 §2.3.1)", Why: "go-oidc compares the raw form"},
		{Name: "required DPoP nonce (RFC 9449 §8, §9)", Why: "go-oidc has none"},
		{Name: "RFC 8414 metadata alias", Why: "go-oidc serves only openid-configuration"},
		{
			Name: "device interval, lifetime and verification_uri_complete",
			Why:  "go-oidc has no option for 5 s, 300 s and none",
		},
		{Name: "slow_down (RFC 8628 §3.5, CIBA Core §11)", Why: "go-oidc accepts polls at any pace"},
		{Name: "password grant", GrantType: GrantPassword, Why: "go-oidc does not have it"},
		{Name: "custom grant", GrantType: GrantCustom, Why: "go-oidc has no extension grants"},
	}
}

// IsShimGrant reports whether the grant type is one of [Shims].
func IsShimGrant(grantType string) bool {
	return grantType != "" && slices.ContainsFunc(Shims(), func(s Shim) bool { return s.GrantType == grantType })
}

// maxBody bounds a request body.
const maxBody = 1 << 20

// withShims puts the shims in front of go-oidc.
func (s *Server) withShims(oidc http.Handler) http.Handler {
	h := s.bridgeGrants(oidc)
	h = s.pacePolls(h)
	h = describeShims(h)
	h = decodeBasic(h)
	h = challenge(h)
	h = s.requireNonce(h)
	h = s.withCertificate(h)
	return http.MaxBytesHandler(h, maxBody)
}
