// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

// The grant types that this package has a method for, and the value that each
// sends as grant_type.
const (
	GrantTypeClientCredentials = "client_credentials"                           // RFC 6749 section 4.4
	GrantTypePassword          = "password"                                     // RFC 6749 section 4.3
	GrantTypeAuthorizationCode = "authorization_code"                           // RFC 6749 section 4.1
	GrantTypeRefreshToken      = "refresh_token"                                // RFC 6749 section 6
	GrantTypeDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 section 3.4
)

// The token types that are registered for use in an Authorization header. A
// server may write them in any case.
const (
	TokenTypeBearer = "Bearer" // RFC 6750
	TokenTypeDPoP   = "DPoP"   // RFC 9449
)
