// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import "slices"

// GrantTypes returns GrantTypesSupported, or what its absence means:
// authorization_code and implicit (RFC 8414 section 2).
func (m *Metadata) GrantTypes() []string {
	return orDefault(m.GrantTypesSupported, "authorization_code", "implicit")
}

// ResponseModes returns ResponseModesSupported, or what its absence means: query
// and fragment (RFC 8414 section 2).
func (m *Metadata) ResponseModes() []string {
	return orDefault(m.ResponseModesSupported, "query", "fragment")
}

// TokenEndpointAuthMethods returns TokenEndpointAuthMethodsSupported, or what its
// absence means: client_secret_basic (RFC 8414 section 2).
func (m *Metadata) TokenEndpointAuthMethods() []string {
	return orDefault(m.TokenEndpointAuthMethodsSupported, "client_secret_basic")
}

// RevocationEndpointAuthMethods returns RevocationEndpointAuthMethodsSupported, or
// what its absence means: client_secret_basic (RFC 8414 section 2).
func (m *Metadata) RevocationEndpointAuthMethods() []string {
	return orDefault(m.RevocationEndpointAuthMethodsSupported, "client_secret_basic")
}

// ClaimTypes returns ClaimTypesSupported, or what its absence means: normal
// (OpenID Connect Discovery section 3).
func (m *Metadata) ClaimTypes() []string { return orDefault(m.ClaimTypesSupported, "normal") }

// RequestURIParameter returns RequestURIParameterSupported, or what its absence
// means: true (OpenID Connect Discovery section 3).
func (m *Metadata) RequestURIParameter() bool {
	return m.RequestURIParameterSupported == nil || *m.RequestURIParameterSupported
}

// orDefault returns a copy, so that nobody changes what is shared.
func orDefault(list []string, absent ...string) []string {
	if list == nil {
		return absent
	}
	return slices.Clone(list)
}
