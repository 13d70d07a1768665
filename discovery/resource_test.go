// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

func TestResource(t *testing.T) {
	t.Parallel()
	const api, known = "https://api.example", "https://api.example/.well-known/oauth-protected-resource"
	const mismatch, missing = discovery.RuleIssuerMismatch, discovery.RuleIssuerMissing
	tests := map[string]struct {
		address, document string
		resource          any
		policy            discovery.Policy
		rule              discovery.Rule
	}{
		"host":                 {api, known, api, discovery.Policy{}, ""},
		"host and slash":       {api + "/", known, api + "/", discovery.Policy{}, ""},
		"slash too few":        {api + "/", known, api, discovery.Policy{}, mismatch},
		"slash too many":       {api, known, api + "/", discovery.Policy{}, mismatch},
		"slash, ignored":       {api, known, api + "/", discovery.Policy{IgnoreTrailingSlash: true}, ""},
		"path":                 {api + "/mcp/v1", known + "/mcp/v1", api + "/mcp/v1", discovery.Policy{}, ""},
		"path and slash":       {api + "/mcp/", known + "/mcp", api + "/mcp/", discovery.Policy{}, ""},
		"path and %2F":         {api + "/a%2Fb", known + "/a%2Fb", api + "/a%2Fb", discovery.Policy{}, ""},
		"port":                 {api + ":8443/a", api + ":8443/.well-known/oauth-protected-resource/a", api + ":8443/a", discovery.Policy{}, ""},
		"query":                {api + "/a?b=c", known + "/a?b=c", api + "/a?b=c", discovery.Policy{}, ""},
		"query is compared":    {api + "/a?b=c", known + "/a?b=c", api + "/a", discovery.Policy{}, mismatch},
		"query without a path": {api + "?b=c", known + "?b=c", api + "?b=c", discovery.Policy{}, ""},
		"full":                 {known + "/mcp", known + "/mcp", api + "/mcp", discovery.Policy{}, ""},
		"full, slash":          {known + "/mcp", known + "/mcp", api + "/mcp/", discovery.Policy{}, ""},
		"full, root":           {known, known, api, discovery.Policy{}, ""},
		"full, root slash":     {known, known, api + "/", discovery.Policy{}, ""},
		"full, query":          {known + "/a?b=c", known + "/a?b=c", api + "/a?b=c", discovery.Policy{}, ""},
		"full, parent":         {known + "/mcp", known + "/mcp", api, discovery.Policy{}, mismatch},
		"not well-known":       {known + "s", known + "/.well-known/oauth-protected-resources", known + "s", discovery.Policy{}, ""},
		"other":                {api, known, "https://other.example", discovery.Policy{}, mismatch},
		"case":                 {api, known, "https://API.example", discovery.Policy{}, mismatch},
		"missing":              {api, known, nil, discovery.Policy{}, missing},
		"number":               {api, known, 1, discovery.Policy{}, missing},
		"Policy.Issuer":        {api, known, "https://other.example", discovery.Policy{Issuer: "https://other.example"}, ""},
		"ExpectedIssuer":       {api, known, "https://other.example", discovery.Policy{ExpectedIssuer: func(r string) bool { return r == "https://other.example" }}, ""},
		"any":                  {api, known, "https://other.example", discovery.Policy{AllowAnyIssuer: true}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := object{"resource": test.resource, "x-vendor": "v"}.text()
			network := &fake{documents: map[string]string{test.document: body}}
			got, err := discovery.FetchResource(t.Context(), test.address, discovery.Options{HTTPClient: network.client(), Policy: test.policy})
			assert.Equal(t, []string{test.document}, network.urls())
			if test.rule == "" {
				require.NoError(t, err)
				assert.Equal(t, test.resource, got.Resource)
				assert.Equal(t, body, got.Raw())
				assert.Equal(t, "v", got.Field("x-vendor").String())
				return
			}
			assert.Nil(t, got)
			assert.Equal(t, []string{"resource: " + string(test.rule)}, broken(t, err))
			assert.Equal(t, test.document, failure(t, err).Address)
			assert.ErrorContains(t, err, "(resource)")
		})
	}
}

// TestResourceMembers has each member once, and each in a wrong type.
func TestResourceMembers(t *testing.T) {
	t.Parallel()
	const api = "https://api.example"
	members := map[string]string{
		"Resource": "resource", "AuthorizationServers": "authorization_servers", "JWKSURI": "jwks_uri", "ScopesSupported": "scopes_supported",
		"BearerMethodsSupported": "bearer_methods_supported", "ResourceSigningAlgValuesSupported": "resource_signing_alg_values_supported",
		"ResourceName": "resource_name", "ResourceDocumentation": "resource_documentation", "ResourcePolicyURI": "resource_policy_uri",
		"ResourceTOSURI": "resource_tos_uri", "TLSClientCertificateBoundAccessTokens": "tls_client_certificate_bound_access_tokens",
		"AuthorizationDetailsTypesSupported": "authorization_details_types_supported", "DPoPSigningAlgValuesSupported": "dpop_signing_alg_values_supported",
		"DPoPBoundAccessTokensRequired": "dpop_bound_access_tokens_required", "SignedMetadata": "signed_metadata",
	}
	shape := reflect.TypeFor[discovery.ResourceMetadata]()
	policy := discovery.Policy{AllowAnyIssuer: true}
	exported := 0
	for i := range shape.NumField() {
		field := shape.Field(i)
		if !field.IsExported() {
			continue
		}
		exported++
		var right any
		switch field.Type.String() {
		case "string":
			right = "a"
		case "[]string":
			right = []string{"a", "b"}
		case "bool":
			right = true
		}
		got, err := discovery.FetchResource(t.Context(), api, discovery.Options{HTTPClient: anywhere(object{members[field.Name]: right}.text()), Policy: policy})
		require.NoError(t, err)
		for j := range shape.NumField() {
			if other := shape.Field(j); other.IsExported() {
				value := reflect.ValueOf(*got).Field(j)
				if i == j {
					assert.Equal(t, right, value.Interface(), field.Name)
				} else {
					assert.True(t, value.IsZero(), "%s in %s", field.Name, other.Name)
				}
			}
		}
		for _, wrong := range []any{1, nil, object{}, []any{1}, []any{nil}} {
			got, err := discovery.FetchResource(t.Context(), api, discovery.Options{HTTPClient: anywhere(object{members[field.Name]: wrong}.text()), Policy: policy})
			require.NoError(t, err)
			assert.True(t, reflect.ValueOf(*got).Field(i).IsZero(), field.Name)
		}
	}
	assert.Equal(t, len(members), exported)
}

// TestResourceAnswers are the same as those of a server's document; a few will do.
func TestResourceAnswers(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]discovery.ErrorKind{
		`[]`: discovery.KindMalformed, `{"resource":"a","resource":"b"}`: discovery.KindMalformed, ``: discovery.KindMalformed,
	} {
		_, err := discovery.FetchResource(t.Context(), issuer, discovery.Options{HTTPClient: anywhere(body)})
		assert.Equal(t, kind, failure(t, err).Kind)
	}
	_, err := discovery.FetchResource(t.Context(), issuer, discovery.Options{HTTPClient: new(fake).client()})
	assert.Equal(t, discovery.KindHTTP, failure(t, err).Kind)
	assert.Equal(t, http.StatusNotFound, failure(t, err).StatusCode)
}
