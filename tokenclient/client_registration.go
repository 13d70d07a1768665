// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file has the metadata of a client (RFC 7591 section 2) as servers register
// it, with the members that other specifications add.

package tokenclient

import "encoding/json"

// ClientRegistration is the metadata of a client: what it asks to be registered
// with, and what the server has registered. It holds no secret, so it may be
// printed and stored; its JSON form is that of the protocol, see
// [ClientRegistration.MarshalJSON].
//
// Every field is optional. A zero field and an empty list are left out, which
// leaves the value to the server; pointers tell false and 0 from that. Names with
// a language tag, such as client_name#fr, and all other members belong into
// Extensions.
type ClientRegistration struct {
	// RedirectURIs are where the server may send a user back to
	// (redirect_uris). Grants with redirects need at least one.
	RedirectURIs []string
	// ResponseTypes are what the client may ask the authorization endpoint for
	// (response_types). The server's default is code.
	ResponseTypes []string
	// GrantTypes are the grants that the client may use (grant_types), such as
	// [GrantTypeClientCredentials]. The server's default is authorization_code.
	GrantTypes []string
	// ApplicationType is web or native (application_type).
	ApplicationType string
	// Contacts are ways to reach those responsible, mostly e-mail addresses
	// (contacts).
	Contacts []string
	// ClientName is the name that users see (client_name).
	ClientName string
	// LogoURI is the address of a logo that users see (logo_uri).
	LogoURI string
	// ClientURI is the address of a page about the client (client_uri).
	ClientURI string
	// PolicyURI is the address of the privacy policy (policy_uri).
	PolicyURI string
	// TOSURI is the address of the terms of service (tos_uri).
	TOSURI string
	// JWKSURI is the address of the client's public keys (jwks_uri). It excludes
	// JWKS.
	JWKSURI string
	// JWKS are the client's public keys: a JSON Web Key Set (jwks). It excludes
	// JWKSURI. A set with a private or symmetric key is not sent.
	JWKS json.RawMessage
	// SectorIdentifierURI is where the redirect URIs of one sector are listed, for
	// pairwise subjects (sector_identifier_uri).
	SectorIdentifierURI string
	// SubjectType is pairwise or public (subject_type).
	SubjectType string
	// Scope is what the client may ask for, separated by spaces (scope).
	Scope string
	// PostLogoutRedirectURIs are where the server may send a user after a logout
	// (post_logout_redirect_uris).
	PostLogoutRedirectURIs []string
	// FrontchannelLogoutURI is what the server loads in the browser at a logout
	// (frontchannel_logout_uri).
	FrontchannelLogoutURI string
	// FrontchannelLogoutSessionRequired asks for iss and sid in that
	// (frontchannel_logout_session_required).
	FrontchannelLogoutSessionRequired *bool
	// BackchannelLogoutURI is where the server posts a logout token
	// (backchannel_logout_uri).
	BackchannelLogoutURI string
	// BackchannelLogoutSessionRequired asks for sid in that
	// (backchannel_logout_session_required).
	BackchannelLogoutSessionRequired *bool
	// SoftwareStatement is a signed JWT with metadata that somebody vouches for
	// (software_statement). Servers send it back as it was.
	SoftwareStatement string
	// SoftwareID names the software, the same for all its installations
	// (software_id).
	SoftwareID string
	// SoftwareVersion is the version of the software (software_version).
	SoftwareVersion string

	// IDTokenSignedResponseAlg is how ID tokens are signed
	// (id_token_signed_response_alg).
	IDTokenSignedResponseAlg string
	// IDTokenEncryptedResponseAlg is how the keys of encrypted ID tokens are
	// wrapped (id_token_encrypted_response_alg).
	IDTokenEncryptedResponseAlg string
	// IDTokenEncryptedResponseEnc is how ID tokens are encrypted
	// (id_token_encrypted_response_enc).
	IDTokenEncryptedResponseEnc string
	// UserInfoSignedResponseAlg is how UserInfo responses are signed
	// (userinfo_signed_response_alg). Without it they are plain JSON.
	UserInfoSignedResponseAlg string
	// UserInfoEncryptedResponseAlg is how the keys of encrypted UserInfo responses
	// are wrapped (userinfo_encrypted_response_alg).
	UserInfoEncryptedResponseAlg string
	// UserInfoEncryptedResponseEnc is how UserInfo responses are encrypted
	// (userinfo_encrypted_response_enc).
	UserInfoEncryptedResponseEnc string
	// RequestObjectSigningAlg is how the client signs request objects
	// (request_object_signing_alg).
	RequestObjectSigningAlg string
	// RequestObjectEncryptionAlg is how the keys of encrypted request objects are
	// wrapped (request_object_encryption_alg).
	RequestObjectEncryptionAlg string
	// RequestObjectEncryptionEnc is how request objects are encrypted
	// (request_object_encryption_enc).
	RequestObjectEncryptionEnc string
	// RequireSignedRequestObject makes the server refuse authorization requests
	// that are not signed (require_signed_request_object, RFC 9101 section 10.5).
	RequireSignedRequestObject *bool

	// TokenEndpointAuthMethod is how the client proves who it is
	// (token_endpoint_auth_method), such as client_secret_basic, which is the
	// server's default, private_key_jwt or none.
	TokenEndpointAuthMethod string
	// TokenEndpointAuthSigningAlg is how the client signs its assertions
	// (token_endpoint_auth_signing_alg).
	TokenEndpointAuthSigningAlg string
	// DefaultMaxAge is after how many seconds a user has to log in anew
	// (default_max_age).
	DefaultMaxAge *int64
	// RequireAuthTime asks for auth_time in ID tokens (require_auth_time).
	RequireAuthTime *bool
	// DefaultACRValues are the authentication contexts that are asked for by
	// default, the best first (default_acr_values).
	DefaultACRValues []string
	// InitiateLoginURI is where a third party can start a login
	// (initiate_login_uri).
	InitiateLoginURI string
	// RequestURIs are the request_uri values that the client may use
	// (request_uris).
	RequestURIs []string
	// IntrospectionSignedResponseAlg is how introspection responses are signed
	// (introspection_signed_response_alg, RFC 9701 section 6).
	IntrospectionSignedResponseAlg string
	// IntrospectionEncryptedResponseAlg is how the keys of encrypted introspection
	// responses are wrapped (introspection_encrypted_response_alg).
	IntrospectionEncryptedResponseAlg string
	// IntrospectionEncryptedResponseEnc is how introspection responses are
	// encrypted (introspection_encrypted_response_enc).
	IntrospectionEncryptedResponseEnc string

	// DPoPBoundAccessTokens makes the server refuse token requests without a DPoP
	// proof (dpop_bound_access_tokens, RFC 9449 section 5.2).
	DPoPBoundAccessTokens *bool
	// TLSClientCertificateBoundAccessTokens binds tokens to the client's
	// certificate (tls_client_certificate_bound_access_tokens, RFC 8705 section
	// 3.4).
	TLSClientCertificateBoundAccessTokens *bool
	// TLSClientAuthSubjectDN is the subject of the client's certificate
	// (tls_client_auth_subject_dn, RFC 8705 section 2.1.2). It and the next four
	// exclude each other.
	TLSClientAuthSubjectDN string
	// TLSClientAuthSANDNS is a DNS name in the certificate
	// (tls_client_auth_san_dns).
	TLSClientAuthSANDNS string
	// TLSClientAuthSANURI is a URI in the certificate (tls_client_auth_san_uri).
	TLSClientAuthSANURI string
	// TLSClientAuthSANIP is an IP address in the certificate
	// (tls_client_auth_san_ip).
	TLSClientAuthSANIP string
	// TLSClientAuthSANEmail is an e-mail address in the certificate
	// (tls_client_auth_san_email).
	TLSClientAuthSANEmail string

	// Extensions are all other members, by name, each a JSON value, kept as it is
	// written: null stays null, and a number keeps its digits. A name that has a
	// field of its own is an error, and so is one of the members that are no
	// metadata: client_id, client_secret, client_id_issued_at,
	// client_secret_expires_at, registration_access_token and
	// registration_client_uri. Nil when a server has sent none.
	Extensions map[string]json.RawMessage
}

// registrationMember is one member of the JSON form of a ClientRegistration.
type registrationMember struct {
	name  string
	field any // *string, *[]string, **bool, **int64 or *json.RawMessage
}

// members returns all members, in the order in which they are written.
func (r *ClientRegistration) members() []registrationMember {
	return []registrationMember{
		{"redirect_uris", &r.RedirectURIs},
		{"response_types", &r.ResponseTypes},
		{"grant_types", &r.GrantTypes},
		{"application_type", &r.ApplicationType},
		{"contacts", &r.Contacts},
		{"client_name", &r.ClientName},
		{"logo_uri", &r.LogoURI},
		{"client_uri", &r.ClientURI},
		{"policy_uri", &r.PolicyURI},
		{"tos_uri", &r.TOSURI},
		{"jwks_uri", &r.JWKSURI},
		{"jwks", &r.JWKS},
		{"sector_identifier_uri", &r.SectorIdentifierURI},
		{"subject_type", &r.SubjectType},
		{"scope", &r.Scope},
		{"post_logout_redirect_uris", &r.PostLogoutRedirectURIs},
		{"frontchannel_logout_uri", &r.FrontchannelLogoutURI},
		{"frontchannel_logout_session_required", &r.FrontchannelLogoutSessionRequired},
		{"backchannel_logout_uri", &r.BackchannelLogoutURI},
		{"backchannel_logout_session_required", &r.BackchannelLogoutSessionRequired},
		{"software_statement", &r.SoftwareStatement},
		{"software_id", &r.SoftwareID},
		{"software_version", &r.SoftwareVersion},
		{"id_token_signed_response_alg", &r.IDTokenSignedResponseAlg},
		{"id_token_encrypted_response_alg", &r.IDTokenEncryptedResponseAlg},
		{"id_token_encrypted_response_enc", &r.IDTokenEncryptedResponseEnc},
		{"userinfo_signed_response_alg", &r.UserInfoSignedResponseAlg},
		{"userinfo_encrypted_response_alg", &r.UserInfoEncryptedResponseAlg},
		{"userinfo_encrypted_response_enc", &r.UserInfoEncryptedResponseEnc},
		{"request_object_signing_alg", &r.RequestObjectSigningAlg},
		{"request_object_encryption_alg", &r.RequestObjectEncryptionAlg},
		{"request_object_encryption_enc", &r.RequestObjectEncryptionEnc},
		{"require_signed_request_object", &r.RequireSignedRequestObject},
		{"token_endpoint_auth_method", &r.TokenEndpointAuthMethod},
		{"token_endpoint_auth_signing_alg", &r.TokenEndpointAuthSigningAlg},
		{"default_max_age", &r.DefaultMaxAge},
		{"require_auth_time", &r.RequireAuthTime},
		{"default_acr_values", &r.DefaultACRValues},
		{"initiate_login_uri", &r.InitiateLoginURI},
		{"request_uris", &r.RequestURIs},
		{"introspection_signed_response_alg", &r.IntrospectionSignedResponseAlg},
		{"introspection_encrypted_response_alg", &r.IntrospectionEncryptedResponseAlg},
		{"introspection_encrypted_response_enc", &r.IntrospectionEncryptedResponseEnc},
		{"dpop_bound_access_tokens", &r.DPoPBoundAccessTokens},
		{"tls_client_certificate_bound_access_tokens", &r.TLSClientCertificateBoundAccessTokens},
		{"tls_client_auth_subject_dn", &r.TLSClientAuthSubjectDN},
		{"tls_client_auth_san_dns", &r.TLSClientAuthSANDNS},
		{"tls_client_auth_san_uri", &r.TLSClientAuthSANURI},
		{"tls_client_auth_san_ip", &r.TLSClientAuthSANIP},
		{"tls_client_auth_san_email", &r.TLSClientAuthSANEmail},
	}
}
