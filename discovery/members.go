// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// parseMetadata reads a document. The error is a [jsonfield.Problem].
func parseMetadata(body string) (*Metadata, error) {
	m := &Metadata{raw: body}
	err := jsonfield.Members(body, func(name string, value gjson.Result) {
		if !jsonfield.Absent(value) && !m.read(name, value) {
			m.Ignored = append(m.Ignored, name)
		}
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// read takes one member. It is not ok when its type is wrong.
func (m *Metadata) read(name string, value gjson.Result) (ok bool) {
	if target := m.text(name); target != nil {
		*target, ok = jsonfield.String(value)
		return ok
	}
	if target := m.list(name); target != nil {
		*target, ok = jsonfield.Texts(value)
		return ok
	}
	if target := m.flag(name); target != nil {
		*target, ok = truth(value)
		return ok
	}
	if name == "mtls_endpoint_aliases" {
		return m.readAliases(value)
	}
	return true
}

func (m *Metadata) readAliases(value gjson.Result) bool {
	ok := value.IsObject()
	value.ForEach(func(name, alias gjson.Result) bool {
		if target := m.MTLSEndpointAliases.text(name.Str); target != nil && !jsonfield.Absent(alias) {
			text, isText := jsonfield.String(alias)
			*target, ok = text, ok && isText
		}
		return true
	})
	return ok
}

// truth returns a boolean, also one that is written as a string.
func truth(value gjson.Result) (*bool, bool) {
	isTrue := value.Type == gjson.True || value.Type == gjson.String && strings.EqualFold(value.Str, "true")
	isFalse := value.Type == gjson.False || value.Type == gjson.String && strings.EqualFold(value.Str, "false")
	if !isTrue && !isFalse {
		return nil, false
	}
	return &isTrue, true
}

// text returns the field of a member that is a string, or nil.
func (m *Metadata) text(name string) *string {
	switch name {
	case "issuer":
		return &m.Issuer
	case "authorization_endpoint":
		return &m.AuthorizationEndpoint
	case "token_endpoint":
		return &m.TokenEndpoint
	case "jwks_uri":
		return &m.JWKSURI
	case "registration_endpoint":
		return &m.RegistrationEndpoint
	case "service_documentation":
		return &m.ServiceDocumentation
	case "op_policy_uri":
		return &m.OPPolicyURI
	case "op_tos_uri":
		return &m.OPTOSURI
	case "revocation_endpoint":
		return &m.RevocationEndpoint
	case "introspection_endpoint":
		return &m.IntrospectionEndpoint
	case "signed_metadata":
		return &m.SignedMetadata
	case "device_authorization_endpoint":
		return &m.DeviceAuthorizationEndpoint
	case "userinfo_endpoint":
		return &m.UserInfoEndpoint
	case "pushed_authorization_request_endpoint":
		return &m.PushedAuthorizationRequestEndpoint
	case "check_session_iframe":
		return &m.CheckSessionIframe
	case "end_session_endpoint":
		return &m.EndSessionEndpoint
	case "backchannel_authentication_endpoint":
		return &m.BackchannelAuthenticationEndpoint
	}
	return nil
}

// list returns the field of a member that is a list, or nil.
func (m *Metadata) list(name string) *[]string {
	switch name {
	case "scopes_supported":
		return &m.ScopesSupported
	case "response_types_supported":
		return &m.ResponseTypesSupported
	case "response_modes_supported":
		return &m.ResponseModesSupported
	case "grant_types_supported":
		return &m.GrantTypesSupported
	case "token_endpoint_auth_methods_supported":
		return &m.TokenEndpointAuthMethodsSupported
	case "ui_locales_supported":
		return &m.UILocalesSupported
	case "revocation_endpoint_auth_methods_supported":
		return &m.RevocationEndpointAuthMethodsSupported
	case "introspection_endpoint_auth_methods_supported":
		return &m.IntrospectionEndpointAuthMethodsSupported
	case "code_challenge_methods_supported":
		return &m.CodeChallengeMethodsSupported
	case "acr_values_supported":
		return &m.ACRValuesSupported
	case "subject_types_supported":
		return &m.SubjectTypesSupported
	case "display_values_supported":
		return &m.DisplayValuesSupported
	case "claim_types_supported":
		return &m.ClaimTypesSupported
	case "claims_supported":
		return &m.ClaimsSupported
	case "claims_locales_supported":
		return &m.ClaimsLocalesSupported
	case "backchannel_token_delivery_modes_supported":
		return &m.BackchannelTokenDeliveryModesSupported
	case "authorization_details_types_supported":
		return &m.AuthorizationDetailsTypesSupported
	case "prompt_values_supported":
		return &m.PromptValuesSupported
	case "protected_resources":
		return &m.ProtectedResources
	}
	return m.algorithms(name)
}

// algorithms returns the field of a list of algorithms, or nil.
func (m *Metadata) algorithms(name string) *[]string {
	switch name {
	case "token_endpoint_auth_signing_alg_values_supported":
		return &m.TokenEndpointAuthSigningAlgValuesSupported
	case "revocation_endpoint_auth_signing_alg_values_supported":
		return &m.RevocationEndpointAuthSigningAlgValuesSupported
	case "introspection_endpoint_auth_signing_alg_values_supported":
		return &m.IntrospectionEndpointAuthSigningAlgValuesSupported
	case "id_token_signing_alg_values_supported":
		return &m.IDTokenSigningAlgValuesSupported
	case "id_token_encryption_alg_values_supported":
		return &m.IDTokenEncryptionAlgValuesSupported
	case "id_token_encryption_enc_values_supported":
		return &m.IDTokenEncryptionEncValuesSupported
	case "userinfo_signing_alg_values_supported":
		return &m.UserInfoSigningAlgValuesSupported
	case "userinfo_encryption_alg_values_supported":
		return &m.UserInfoEncryptionAlgValuesSupported
	case "userinfo_encryption_enc_values_supported":
		return &m.UserInfoEncryptionEncValuesSupported
	case "request_object_signing_alg_values_supported":
		return &m.RequestObjectSigningAlgValuesSupported
	case "request_object_encryption_alg_values_supported":
		return &m.RequestObjectEncryptionAlgValuesSupported
	case "request_object_encryption_enc_values_supported":
		return &m.RequestObjectEncryptionEncValuesSupported
	case "introspection_signing_alg_values_supported":
		return &m.IntrospectionSigningAlgValuesSupported
	case "introspection_encryption_alg_values_supported":
		return &m.IntrospectionEncryptionAlgValuesSupported
	case "introspection_encryption_enc_values_supported":
		return &m.IntrospectionEncryptionEncValuesSupported
	case "backchannel_authentication_request_signing_alg_values_supported":
		return &m.BackchannelAuthenticationRequestSigningAlgValuesSupported
	case "dpop_signing_alg_values_supported":
		return &m.DPoPSigningAlgValuesSupported
	}
	return nil
}

// flag returns the field of a member that is a boolean, or nil.
func (m *Metadata) flag(name string) **bool {
	switch name {
	case "tls_client_certificate_bound_access_tokens":
		return &m.TLSClientCertificateBoundAccessTokens
	case "claims_parameter_supported":
		return &m.ClaimsParameterSupported
	case "request_parameter_supported":
		return &m.RequestParameterSupported
	case "request_uri_parameter_supported":
		return &m.RequestURIParameterSupported
	case "require_request_uri_registration":
		return &m.RequireRequestURIRegistration
	case "require_signed_request_object":
		return &m.RequireSignedRequestObject
	case "require_pushed_authorization_requests":
		return &m.RequirePushedAuthorizationRequests
	case "authorization_response_iss_parameter_supported":
		return &m.AuthorizationResponseIssParameterSupported
	case "frontchannel_logout_supported":
		return &m.FrontchannelLogoutSupported
	case "frontchannel_logout_session_supported":
		return &m.FrontchannelLogoutSessionSupported
	case "backchannel_logout_supported":
		return &m.BackchannelLogoutSupported
	case "backchannel_logout_session_supported":
		return &m.BackchannelLogoutSessionSupported
	case "backchannel_user_code_parameter_supported":
		return &m.BackchannelUserCodeParameterSupported
	}
	return nil
}

// text returns the field of an alias, or nil.
func (m *MTLSEndpointAliases) text(name string) *string {
	switch name {
	case "token_endpoint":
		return &m.TokenEndpoint
	case "registration_endpoint":
		return &m.RegistrationEndpoint
	case "revocation_endpoint":
		return &m.RevocationEndpoint
	case "introspection_endpoint":
		return &m.IntrospectionEndpoint
	case "device_authorization_endpoint":
		return &m.DeviceAuthorizationEndpoint
	case "userinfo_endpoint":
		return &m.UserInfoEndpoint
	case "pushed_authorization_request_endpoint":
		return &m.PushedAuthorizationRequestEndpoint
	case "backchannel_authentication_endpoint":
		return &m.BackchannelAuthenticationEndpoint
	}
	return nil
}
