// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// Metadata is what an authorization server publishes about itself (OpenID Connect
// Discovery section 3, RFC 8414 section 2). A member that the server does not
// have, or has as null, is the zero value; the specifications' defaults are not
// filled in, but methods know them. Do not change it: it may be shared.
type Metadata struct {
	// Issuer is issuer: the issuer identifier of the server.
	Issuer string
	// AuthorizationEndpoint is authorization_endpoint: where a user's browser is sent to log in.
	AuthorizationEndpoint string
	// TokenEndpoint is token_endpoint: where tokens are requested.
	TokenEndpoint string
	// JWKSURI is jwks_uri: where the keys of the server are.
	JWKSURI string
	// RegistrationEndpoint is registration_endpoint: where clients register (RFC 7591).
	RegistrationEndpoint string
	// ServiceDocumentation is service_documentation: a page for developers.
	ServiceDocumentation string
	// OPPolicyURI is op_policy_uri: a page on how clients may use the server's data.
	OPPolicyURI string
	// OPTOSURI is op_tos_uri: a page with the server's terms of service.
	OPTOSURI string
	// RevocationEndpoint is revocation_endpoint: where tokens are revoked (RFC 7009).
	RevocationEndpoint string
	// IntrospectionEndpoint is introspection_endpoint: where tokens are introspected (RFC 7662).
	IntrospectionEndpoint string
	// SignedMetadata is signed_metadata: the metadata as a signed JWT, which is not verified here (RFC 8414 section 2.1).
	SignedMetadata string
	// DeviceAuthorizationEndpoint is device_authorization_endpoint: where device logins start (RFC 8628).
	DeviceAuthorizationEndpoint string
	// UserInfoEndpoint is userinfo_endpoint: where claims about a user are (OpenID Connect Core section 5.3).
	UserInfoEndpoint string
	// PushedAuthorizationRequestEndpoint is pushed_authorization_request_endpoint: where authorization requests are pushed (RFC 9126).
	PushedAuthorizationRequestEndpoint string
	// CheckSessionIframe is check_session_iframe: a page that tells whether a user is still logged in.
	CheckSessionIframe string
	// EndSessionEndpoint is end_session_endpoint: where a user's browser is sent to log out.
	EndSessionEndpoint string
	// BackchannelAuthenticationEndpoint is backchannel_authentication_endpoint: where CIBA requests are sent.
	BackchannelAuthenticationEndpoint string

	// The lists below are nil when the server does not have them.

	// ScopesSupported is scopes_supported: scopes that can be asked for.
	ScopesSupported []string
	// ResponseTypesSupported is response_types_supported: response types.
	ResponseTypesSupported []string
	// ResponseModesSupported is response_modes_supported: response modes; see the method ResponseModes for the default.
	ResponseModesSupported []string
	// GrantTypesSupported is grant_types_supported: grant types; see the method GrantTypes for the default.
	GrantTypesSupported []string
	// TokenEndpointAuthMethodsSupported is token_endpoint_auth_methods_supported: ways of client authentication at the token endpoint; see the method TokenEndpointAuthMethods for the default.
	TokenEndpointAuthMethodsSupported []string
	// TokenEndpointAuthSigningAlgValuesSupported is token_endpoint_auth_signing_alg_values_supported: algorithms of client assertions at the token endpoint.
	TokenEndpointAuthSigningAlgValuesSupported []string
	// UILocalesSupported is ui_locales_supported: languages of the pages.
	UILocalesSupported []string
	// RevocationEndpointAuthMethodsSupported is revocation_endpoint_auth_methods_supported: ways of client authentication at the revocation endpoint; see the method RevocationEndpointAuthMethods for the default.
	RevocationEndpointAuthMethodsSupported []string
	// RevocationEndpointAuthSigningAlgValuesSupported is revocation_endpoint_auth_signing_alg_values_supported: algorithms of client assertions at the revocation endpoint.
	RevocationEndpointAuthSigningAlgValuesSupported []string
	// IntrospectionEndpointAuthMethodsSupported is introspection_endpoint_auth_methods_supported: ways of client authentication at the introspection endpoint.
	IntrospectionEndpointAuthMethodsSupported []string
	// IntrospectionEndpointAuthSigningAlgValuesSupported is introspection_endpoint_auth_signing_alg_values_supported: algorithms of client assertions at the introspection endpoint.
	IntrospectionEndpointAuthSigningAlgValuesSupported []string
	// CodeChallengeMethodsSupported is code_challenge_methods_supported: PKCE methods.
	CodeChallengeMethodsSupported []string
	// ACRValuesSupported is acr_values_supported: classes of authentication.
	ACRValuesSupported []string
	// SubjectTypesSupported is subject_types_supported: kinds of subject identifiers: public, pairwise.
	SubjectTypesSupported []string
	// IDTokenSigningAlgValuesSupported is id_token_signing_alg_values_supported: algorithms that sign ID tokens.
	IDTokenSigningAlgValuesSupported []string
	// IDTokenEncryptionAlgValuesSupported is id_token_encryption_alg_values_supported: algorithms that encrypt the keys of ID tokens.
	IDTokenEncryptionAlgValuesSupported []string
	// IDTokenEncryptionEncValuesSupported is id_token_encryption_enc_values_supported: algorithms that encrypt ID tokens.
	IDTokenEncryptionEncValuesSupported []string
	// UserInfoSigningAlgValuesSupported is userinfo_signing_alg_values_supported: algorithms that sign UserInfo responses.
	UserInfoSigningAlgValuesSupported []string
	// UserInfoEncryptionAlgValuesSupported is userinfo_encryption_alg_values_supported: algorithms that encrypt the keys of UserInfo responses.
	UserInfoEncryptionAlgValuesSupported []string
	// UserInfoEncryptionEncValuesSupported is userinfo_encryption_enc_values_supported: algorithms that encrypt UserInfo responses.
	UserInfoEncryptionEncValuesSupported []string
	// RequestObjectSigningAlgValuesSupported is request_object_signing_alg_values_supported: algorithms that sign request objects.
	RequestObjectSigningAlgValuesSupported []string
	// RequestObjectEncryptionAlgValuesSupported is request_object_encryption_alg_values_supported: algorithms that encrypt the keys of request objects.
	RequestObjectEncryptionAlgValuesSupported []string
	// RequestObjectEncryptionEncValuesSupported is request_object_encryption_enc_values_supported: algorithms that encrypt request objects.
	RequestObjectEncryptionEncValuesSupported []string
	// IntrospectionSigningAlgValuesSupported is introspection_signing_alg_values_supported: algorithms that sign introspection responses (RFC 9701).
	IntrospectionSigningAlgValuesSupported []string
	// IntrospectionEncryptionAlgValuesSupported is introspection_encryption_alg_values_supported: algorithms that encrypt the keys of introspection responses.
	IntrospectionEncryptionAlgValuesSupported []string
	// IntrospectionEncryptionEncValuesSupported is introspection_encryption_enc_values_supported: algorithms that encrypt introspection responses.
	IntrospectionEncryptionEncValuesSupported []string
	// DisplayValuesSupported is display_values_supported: values of the parameter display.
	DisplayValuesSupported []string
	// ClaimTypesSupported is claim_types_supported: kinds of claims; see the method ClaimTypes for the default.
	ClaimTypesSupported []string
	// ClaimsSupported is claims_supported: names of claims.
	ClaimsSupported []string
	// ClaimsLocalesSupported is claims_locales_supported: languages of claims.
	ClaimsLocalesSupported []string
	// BackchannelTokenDeliveryModesSupported is backchannel_token_delivery_modes_supported: ways in which CIBA delivers tokens: poll, ping, push.
	BackchannelTokenDeliveryModesSupported []string
	// BackchannelAuthenticationRequestSigningAlgValuesSupported is backchannel_authentication_request_signing_alg_values_supported: algorithms that sign CIBA requests.
	BackchannelAuthenticationRequestSigningAlgValuesSupported []string
	// AuthorizationDetailsTypesSupported is authorization_details_types_supported: types of authorization details (RFC 9396).
	AuthorizationDetailsTypesSupported []string
	// DPoPSigningAlgValuesSupported is dpop_signing_alg_values_supported: algorithms of DPoP proofs (RFC 9449).
	DPoPSigningAlgValuesSupported []string
	// PromptValuesSupported is prompt_values_supported: values of the parameter prompt.
	PromptValuesSupported []string
	// ProtectedResources is protected_resources: the APIs that tokens of the server are for (RFC 9728 section 4).
	ProtectedResources []string

	// The switches below are nil when the server does not have them.

	// TLSClientCertificateBoundAccessTokens is tls_client_certificate_bound_access_tokens: whether tokens can be bound to a client certificate (RFC 8705).
	TLSClientCertificateBoundAccessTokens *bool
	// ClaimsParameterSupported is claims_parameter_supported: whether the parameter claims is understood.
	ClaimsParameterSupported *bool
	// RequestParameterSupported is request_parameter_supported: whether the parameter request is understood.
	RequestParameterSupported *bool
	// RequestURIParameterSupported is request_uri_parameter_supported: whether the parameter request_uri is understood; see the method RequestURIParameter for the default.
	RequestURIParameterSupported *bool
	// RequireRequestURIRegistration is require_request_uri_registration: whether request URIs have to be registered.
	RequireRequestURIRegistration *bool
	// RequireSignedRequestObject is require_signed_request_object: whether authorization requests have to be signed (RFC 9101).
	RequireSignedRequestObject *bool
	// RequirePushedAuthorizationRequests is require_pushed_authorization_requests: whether authorization requests have to be pushed (RFC 9126).
	RequirePushedAuthorizationRequests *bool
	// AuthorizationResponseIssParameterSupported is authorization_response_iss_parameter_supported: whether authorization responses have the parameter iss (RFC 9207).
	AuthorizationResponseIssParameterSupported *bool
	// FrontchannelLogoutSupported is frontchannel_logout_supported: whether the server logs out through the browser.
	FrontchannelLogoutSupported *bool
	// FrontchannelLogoutSessionSupported is frontchannel_logout_session_supported: whether it then sends iss and sid.
	FrontchannelLogoutSessionSupported *bool
	// BackchannelLogoutSupported is backchannel_logout_supported: whether the server logs out by direct requests.
	BackchannelLogoutSupported *bool
	// BackchannelLogoutSessionSupported is backchannel_logout_session_supported: whether it then sends sid.
	BackchannelLogoutSessionSupported *bool
	// BackchannelUserCodeParameterSupported is backchannel_user_code_parameter_supported: whether CIBA requests may have a user code.
	BackchannelUserCodeParameterSupported *bool

	// MTLSEndpointAliases are the endpoints for clients that authenticate by
	// certificate (RFC 8705 section 5).
	MTLSEndpointAliases MTLSEndpointAliases
	// Ignored are the names of members that are there in a type that they should
	// not have. They count as missing.
	Ignored []string

	raw  string
	keys *Keys
}

// MTLSEndpointAliases is mtls_endpoint_aliases: where clients go that present a
// certificate. Empty means the ordinary endpoint.
type MTLSEndpointAliases struct {
	// TokenEndpoint is token_endpoint: where tokens are requested.
	TokenEndpoint string
	// RegistrationEndpoint is registration_endpoint: where clients register (RFC 7591).
	RegistrationEndpoint string
	// RevocationEndpoint is revocation_endpoint: where tokens are revoked (RFC 7009).
	RevocationEndpoint string
	// IntrospectionEndpoint is introspection_endpoint: where tokens are introspected (RFC 7662).
	IntrospectionEndpoint string
	// DeviceAuthorizationEndpoint is device_authorization_endpoint: where device logins start (RFC 8628).
	DeviceAuthorizationEndpoint string
	// UserInfoEndpoint is userinfo_endpoint: where claims about a user are (OpenID Connect Core section 5.3).
	UserInfoEndpoint string
	// PushedAuthorizationRequestEndpoint is pushed_authorization_request_endpoint: where authorization requests are pushed (RFC 9126).
	PushedAuthorizationRequestEndpoint string
	// BackchannelAuthenticationEndpoint is backchannel_authentication_endpoint: where CIBA requests are sent.
	BackchannelAuthenticationEndpoint string
}

// Raw returns the document as it came.
func (m *Metadata) Raw() string { return m.raw }

// JSON returns the document, parsed. Its Get method takes gjson's path language;
// [Metadata.Field] takes a name.
func (m *Metadata) JSON() gjson.Result { return jsonfield.Parse(m.raw) }

// Field returns the top-level member of that literal name, or a Result that does
// not exist.
func (m *Metadata) Field(name string) gjson.Result { return jsonfield.Find(m.raw, name) }

// Keys returns the keys of the server, from JWKSURI. They are fetched when they
// are first asked for. It is nil when the server has no JWKSURI, and for metadata
// that was not fetched: see [NewKeys].
func (m *Metadata) Keys() *Keys { return m.keys }
