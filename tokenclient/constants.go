// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

// The grant types that this package has a method for, and the value that each
// sends as grant_type.
const (
	GrantTypeClientCredentials         = "client_credentials"                              // RFC 6749 section 4.4
	GrantTypePassword                  = "password"                                        // RFC 6749 section 4.3
	GrantTypeAuthorizationCode         = "authorization_code"                              // RFC 6749 section 4.1
	GrantTypeRefreshToken              = "refresh_token"                                   // RFC 6749 section 6
	GrantTypeDeviceCode                = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628 section 3.4
	GrantTypeTokenExchange             = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693 section 2.1
	GrantTypeJWTBearer                 = "urn:ietf:params:oauth:grant-type:jwt-bearer"     // RFC 7523 section 2.1
	GrantTypeSAML2Bearer               = "urn:ietf:params:oauth:grant-type:saml2-bearer"   // RFC 7522 section 2.1
	GrantTypeBackchannelAuthentication = "urn:openid:params:grant-type:ciba"               // CIBA Core section 10.1
)

// The token types that are registered for use in an Authorization header. A
// server may write them in any case.
const (
	TokenTypeBearer = "Bearer" // RFC 6750
	TokenTypeDPoP   = "DPoP"   // RFC 9449
)

// The registered hints for a server that has to find a token, at introspection and
// at revocation. A wrong one does no harm.
const (
	TokenTypeHintAccessToken  = "access_token"  // RFC 7009 section 2.1
	TokenTypeHintRefreshToken = "refresh_token" // RFC 7009 section 2.1
)

// TokenTypeNotApplicable is the token type of what a token exchange has issued
// that is no access token: it has no place in an Authorization header (RFC 8693
// section 2.2.1).
const TokenTypeNotApplicable = "N_A"

// The token type identifiers, which say what a token in a token exchange is (RFC
// 8693 section 3).
const (
	TokenTypeIdentifierAccessToken  = "urn:ietf:params:oauth:token-type:access_token"  // an access token, whatever its form
	TokenTypeIdentifierRefreshToken = "urn:ietf:params:oauth:token-type:refresh_token" // a refresh token
	TokenTypeIdentifierIDToken      = "urn:ietf:params:oauth:token-type:id_token"      // an OpenID Connect ID token
	TokenTypeIdentifierSAML1        = "urn:ietf:params:oauth:token-type:saml1"         // a SAML 1.1 assertion, base64url-encoded
	TokenTypeIdentifierSAML2        = "urn:ietf:params:oauth:token-type:saml2"         // a SAML 2.0 assertion, base64url-encoded
	TokenTypeIdentifierJWT          = "urn:ietf:params:oauth:token-type:jwt"           // any JWT (RFC 7519), an access token included
)
