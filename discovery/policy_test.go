// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

const (
	malformed = discovery.RuleEndpointMalformed
	notHTTPS  = discovery.RuleEndpointNotHTTPS
	otherHost = discovery.RuleEndpointHost
	otherBase = discovery.RuleEndpointBase
)

// TestEndpoint has one endpoint of the issuer https://as.example/tenant1.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	const base = issuer + "/tenant1"
	tests := map[string]struct {
		value any
		want  discovery.Rule
	}{
		"below":                        {base + "/token", ""},
		"the base itself":              {base, ""},
		"the base and a slash":         {base + "/", ""},
		"query":                        {base + "/token?p=x", ""},
		"query on the base":            {base + "?p=x", ""},
		"default port":                 {issuer + ":443/tenant1/token", ""},
		"host in upper case":           {"https://AS.EXAMPLE/tenant1/token", ""},
		"scheme in upper case":         {"HTTPS://as.example/tenant1/token", ""},
		"null":                         {nil, ""},
		"other host":                   {"https://other.example/tenant1/token", otherHost},
		"subdomain":                    {"https://a.as.example/tenant1/token", otherHost},
		"suffix":                       {"https://as.example.evil.example/tenant1/token", otherHost},
		"other port":                   {issuer + ":8443/tenant1/token", otherHost},
		"trailing dot":                 {"https://as.example./tenant1/token", otherHost},
		"parent":                       {issuer + "/token", otherBase},
		"root":                         {issuer, otherBase},
		"sibling":                      {issuer + "/tenant2/token", otherBase},
		"tenant10":                     {issuer + "/tenant10/token", otherBase},
		"tenant1.":                     {issuer + "/tenant1.x", otherBase},
		"other case":                   {issuer + "/Tenant1/token", otherBase},
		"dots":                         {base + "/../tenant2/token", otherBase},
		"dots at the end":              {base + "/..", otherBase},
		"one dot":                      {base + "/./token", otherBase},
		"escaped dots":                 {base + "/%2e%2e/tenant2/token", otherBase},
		"half escaped dots":            {base + "/.%2E/tenant2/token", otherBase},
		"dots and an escaped slash":    {base + "/..%2ftenant2/token", otherBase},
		"escaped slashes":              {base + "/x%2f..%2f..%2ftenant2/token", otherBase},
		"escaped backslash":            {base + "/..%5ctenant2/token", otherBase},
		"dots with a parameter":        {base + "/..;x/tenant2/token", otherBase},
		"three dots":                   {base + "/.../token", ""},
		"dots in a name":               {base + "/a..b", ""},
		"dots in a query":              {base + "/token?x=/../", ""},
		"http":                         {"http://as.example/tenant1/token", notHTTPS},
		"http, other host":             {"http://other.example/token", notHTTPS},
		"http, loopback":               {"http://127.0.0.1/tenant1/token", otherHost},
		"http, localhost":              {"http://localhost/tenant1/token", otherHost},
		"relative":                     {"/tenant1/token", malformed},
		"relative to the scheme":       {"//as.example/tenant1/token", malformed},
		"empty":                        {"", malformed},
		"blank":                        {" ", malformed},
		"leading space":                {" " + base, malformed},
		"ftp":                          {"ftp://as.example/tenant1/token", malformed},
		"javascript":                   {"javascript:alert(1)", malformed},
		"opaque":                       {"https:as.example/tenant1/token", malformed},
		"no host":                      {"https:///tenant1/token", malformed},
		"only a port":                  {"https://:443/tenant1/token", malformed},
		"user":                         {"https://as.example@evil.example/tenant1", malformed},
		"user on the right host":       {"https://u:p@as.example/tenant1/token", malformed},
		"backslash":                    {`https://as.example\@evil.example/tenant1`, malformed},
		"control":                      {base + "\n/token", malformed},
		"not ASCII":                    {"https://aѕ.example/tenant1/token", malformed},
		"folds to ASCII":               {"https://as.e\u212aample/tenant1/token", malformed},
		"number":                       {1, malformed},
		"boolean":                      {true, malformed},
		"array":                        {[]string{base + "/token"}, malformed},
		"object":                       {object{"a": base}, malformed},
		"long, cut to 256 in the text": {strings.Repeat("x", 300), malformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := document(base).with("revocation_endpoint", test.value)
			_, err := discovery.Fetch(t.Context(), base, discovery.Options{HTTPClient: anywhere(body.text())})
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.Len(t, failure(t, err).Violations, 1, err)
			violation := failure(t, err).Violations[0]
			assert.Equal(t, "revocation_endpoint", violation.Member)
			assert.Equal(t, test.want, violation.Rule, violation.Value)
			if text, ok := test.value.(string); ok {
				assert.Equal(t, text[:min(256, len(text))], violation.Value)
			}
			assert.ErrorContains(t, err, string(test.want))
			assert.ErrorContains(t, err, "(revocation_endpoint)")
		})
	}
}

// TestMembersThatAreEndpoints has an address on another host in each.
func TestMembersThatAreEndpoints(t *testing.T) {
	t.Parallel()
	const elsewhere = "https://other.example/x"
	for member, checked := range map[string]bool{
		"authorization_endpoint": true, "token_endpoint": true, "jwks_uri": true, "registration_endpoint": true,
		"revocation_endpoint": true, "introspection_endpoint": true, "device_authorization_endpoint": true,
		"userinfo_endpoint": true, "pushed_authorization_request_endpoint": true, "check_session_iframe": true,
		"end_session_endpoint": true, "backchannel_authentication_endpoint": true, "vendor_endpoint": true,
		"VendorEndPoint": true, "TOKEN_ENDPOINT": true, "JWKS_URI": true, "Check_Session_Iframe": true, "endpoint": true,
		"service_documentation": false, "op_policy_uri": false, "op_tos_uri": false, "endpoints": false, "endpoint_x": false,
		"x_jwks_uri": false, "protected_resources": false,
	} {
		t.Run(member, func(t *testing.T) {
			t.Parallel()
			body := document(issuer).with(member, elsewhere)
			_, err := fetch(t, body.text(), discovery.Options{})
			var want []string
			if checked {
				want = []string{member + ": Endpoint is on a different host than authority"}
			}
			assert.Equal(t, want, broken(t, err))
			_, err = fetch(t, body.text(), discovery.Options{Policy: discovery.Policy{Exclude: []string{member}}})
			require.NoError(t, err)
			_, err = fetch(t, body.text(), discovery.Options{Policy: discovery.Policy{AllowAnyBaseAddress: true}})
			require.NoError(t, err)
			_, err = fetch(t, body.text(), discovery.Options{Policy: discovery.Policy{AdditionalBaseAddresses: []string{"https://other.example"}}})
			require.NoError(t, err)
		})
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	const there = "https://mtls.as.example/token"
	exclude := discovery.Policy{Exclude: []string{"mtls_endpoint_aliases.token_endpoint"}}
	tests := map[string]struct {
		aliases any
		policy  discovery.Policy
		want    []string
	}{
		"same host":       {object{"token_endpoint": issuer + "/mtls/token"}, discovery.Policy{}, nil},
		"null":            {nil, discovery.Policy{}, nil},
		"none":            {object{}, discovery.Policy{}, nil},
		"null alias":      {object{"token_endpoint": nil}, discovery.Policy{}, nil},
		"other host":      {object{"token_endpoint": there}, discovery.Policy{}, []string{"mtls_endpoint_aliases.token_endpoint: " + string(otherHost)}},
		"base":            {object{"token_endpoint": there}, discovery.Policy{AdditionalBaseAddresses: []string{"https://mtls.as.example"}}, nil},
		"excluded":        {object{"token_endpoint": there}, exclude, nil},
		"other, excluded": {object{"revocation_endpoint": there}, exclude, []string{"mtls_endpoint_aliases.revocation_endpoint: " + string(otherHost)}},
		"http":            {object{"token_endpoint": "http://as.example/token"}, discovery.Policy{}, []string{"mtls_endpoint_aliases.token_endpoint: " + string(notHTTPS)}},
		"any name":        {object{"vendor": there}, discovery.Policy{}, []string{"mtls_endpoint_aliases.vendor: " + string(otherHost)}},
		"number":          {object{"token_endpoint": 1}, discovery.Policy{}, []string{"mtls_endpoint_aliases.token_endpoint: " + string(malformed)}},
		"not an object":   {"x", discovery.Policy{}, []string{"mtls_endpoint_aliases: " + string(malformed)}},
		"an array":        {[]object{{"token_endpoint": there}}, discovery.Policy{}, []string{"mtls_endpoint_aliases: " + string(malformed)}},
		"an empty array":  {[]string{}, discovery.Policy{}, []string{"mtls_endpoint_aliases: " + string(malformed)}},
		"a number":        {1, discovery.Policy{}, []string{"mtls_endpoint_aliases: " + string(malformed)}},
		"all excluded":    {1, discovery.Policy{Exclude: []string{"mtls_endpoint_aliases"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, document(issuer).with("mtls_endpoint_aliases", test.aliases).text(), discovery.Options{Policy: test.policy})
			assert.Equal(t, test.want, broken(t, err))
		})
	}
	_, err := fetch(t, `{"issuer":"`+issuer+`","jwks_uri":"`+issuer+`/k","mtls_endpoint_aliases":{"token_endpoint":"`+there+`","token_endpoint":"`+issuer+`/token"}}`, discovery.Options{})
	assert.NotEmpty(t, broken(t, err), "the first of two aliases of one name is checked too")
}

func TestBaseAddresses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		base, endpoint string
		policy         discovery.Policy
		want           discovery.Rule
	}{
		"host":             {"https://b.example", "https://b.example/x/y", discovery.Policy{}, ""},
		"path":             {"https://b.example/x", "https://b.example/x/y", discovery.Policy{}, ""},
		"path, slash":      {"https://b.example/x/", "https://b.example/x", discovery.Policy{}, ""},
		"path, other":      {"https://b.example/x", "https://b.example/xy", discovery.Policy{}, otherBase},
		"port":             {"https://b.example:8443", "https://b.example/x", discovery.Policy{}, otherHost},
		"same port":        {"https://b.example:443", "https://b.example/x", discovery.Policy{}, ""},
		"upper case":       {"https://B.example", "https://b.example/x", discovery.Policy{}, ""},
		"http base":        {"http://b.example", "https://b.example/x", discovery.Policy{}, otherHost},
		"http, same port":  {"http://b.example:443", "https://b.example:443/x", discovery.Policy{}, otherHost},
		"http base, equal": {"http://b.example", "http://b.example/x", discovery.Policy{}, notHTTPS},
		"http allowed":     {"http://b.example", "http://b.example/x", discovery.Policy{AllowHTTP: true}, ""},
		"any, but http":    {"https://b.example", "http://c.example/x", discovery.Policy{AllowAnyBaseAddress: true}, notHTTPS},
		"any, not a URL":   {"https://b.example", "x", discovery.Policy{AllowAnyBaseAddress: true}, malformed},
		"loopback":         {"http://localhost:5000", "http://localhost:5000/x", discovery.Policy{}, ""},
		"loopback, strict": {"http://localhost:5000", "http://localhost:5000/x", discovery.Policy{RequireHTTPSOnLoopback: true}, notHTTPS},
		"dots at the root": {"https://b.example", "https://b.example/a/../b", discovery.Policy{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.policy.AdditionalBaseAddresses = []string{test.base}
			_, err := fetch(t, document(issuer).with("userinfo_endpoint", test.endpoint).text(), discovery.Options{Policy: test.policy})
			var want []string
			if test.want != "" {
				want = []string{"userinfo_endpoint: " + string(test.want)}
			}
			assert.Equal(t, want, broken(t, err))
		})
	}
}

func TestKeySetRule(t *testing.T) {
	t.Parallel()
	const missing = "jwks_uri: Keyset is missing"
	allow := discovery.Options{Policy: discovery.Policy{AllowNoKeySet: true}}
	_, err := fetch(t, document(issuer).without("jwks_uri").text(), discovery.Options{})
	assert.Equal(t, []string{missing}, broken(t, err))
	_, err = fetch(t, document(issuer).with("jwks_uri", nil).text(), discovery.Options{})
	assert.Equal(t, []string{missing}, broken(t, err))
	_, err = fetch(t, document(issuer).with("jwks_uri", "").text(), discovery.Options{})
	assert.Equal(t, []string{"jwks_uri: Malformed endpoint", missing}, broken(t, err))
	_, err = fetch(t, document(issuer).with("jwks_uri", 1).text(), allow)
	assert.Equal(t, []string{"jwks_uri: Malformed endpoint"}, broken(t, err))
	_, err = fetch(t, document(issuer).without("jwks_uri").text(), discovery.Options{Policy: discovery.Policy{Exclude: []string{"jwks_uri"}}})
	require.NoError(t, err)
	anywhere := discovery.Options{Policy: discovery.Policy{Exclude: []string{"jwks_uri"}}}
	_, err = fetch(t, document(issuer).with("jwks_uri", "http://keys.example/").text(), anywhere)
	assert.Equal(t, []string{"jwks_uri: Endpoint does not use HTTPS"}, broken(t, err))
	got, err := fetch(t, document(issuer).with("jwks_uri", "https://keys.example/").text(), anywhere)
	require.NoError(t, err)
	assert.Equal(t, "https://keys.example/", got.Keys().Address())
	got, err = fetch(t, document(issuer).without("jwks_uri").text(), allow)
	require.NoError(t, err)
	assert.Nil(t, got.Keys())
	got, err = fetch(t, document(issuer).text(), allow)
	require.NoError(t, err)
	assert.Equal(t, issuer+"/keys", got.Keys().Address())
}

// TestViolationsAreCollected reads one error in all ways.
func TestViolationsAreCollected(t *testing.T) {
	t.Parallel()
	_, err := fetch(t, `{"issuer":"https://other.example","token_endpoint":"http://as.example/t","x\u000aendpoint":"forged",
		"userinfo_endpoint":"https://other.example/u","revocation_endpoint":7,"mtls_endpoint_aliases":{"token_endpoint":"https://m.example/t"}}`, discovery.Options{})
	want := []discovery.Violation{
		{Member: "issuer", Value: "https://other.example", Rule: discovery.RuleIssuerMismatch},
		{Member: "token_endpoint", Value: "http://as.example/t", Rule: notHTTPS},
		{Member: "x\nendpoint", Value: "forged", Rule: malformed},
		{Member: "userinfo_endpoint", Value: "https://other.example/u", Rule: otherHost},
		{Member: "revocation_endpoint", Value: "7", Rule: malformed},
		{Member: "mtls_endpoint_aliases.token_endpoint", Value: "https://m.example/t", Rule: otherHost},
		{Member: "jwks_uri", Rule: discovery.RuleKeySetMissing},
	}
	found := failure(t, err)
	assert.Equal(t, want, found.Violations)
	assert.Equal(t, discovery.KindPolicy, found.Kind)
	assert.Equal(t, http.StatusOK, found.StatusCode)
	assert.Equal(t, issuer+openIDPath, found.Address)
	assert.False(t, found.Timeout())
	var first discovery.Violation
	require.ErrorAs(t, err, &first)
	assert.Equal(t, want[0], first)
	for _, violation := range want {
		require.ErrorIs(t, err, violation)
		assert.ErrorContains(t, err, violation.Error())
	}
	assert.NotErrorIs(t, err, discovery.Violation{Member: "issuer"})
	assert.Equal(t, `discovery: https://as.example/.well-known/openid-configuration: the policy refuses the document:`+
		` Issuer name does not match authority: "https://other.example" (issuer);`+
		` Endpoint does not use HTTPS: "http://as.example/t" (token_endpoint);`+
		` Malformed endpoint: "forged" ("x\nendpoint");`+
		` Endpoint is on a different host than authority: "https://other.example/u" (userinfo_endpoint);`+
		` Malformed endpoint: "7" (revocation_endpoint);`+
		` Endpoint is on a different host than authority: "https://m.example/t" (mtls_endpoint_aliases.token_endpoint);`+
		` Keyset is missing (jwks_uri)`, err.Error())
}

// TestPolicyIsNotWrittenTo uses one for two servers at once; the race detector
// looks on.
func TestPolicyIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	bases := make([]string, 1, 8) // with room to write into
	bases[0] = "https://api.example"
	exclude := append(make([]string, 0, 8), "userinfo_endpoint")
	policy := discovery.Policy{AdditionalBaseAddresses: bases, Exclude: exclude, IgnoreTrailingSlash: true}
	done := make(chan error)
	for _, name := range []string{"https://a.example", "https://b.example/tenant"} {
		go func() {
			body := document(name).with("userinfo_endpoint", "x").with("revocation_endpoint", "https://api.example/r")
			_, err := discovery.Fetch(t.Context(), name, discovery.Options{HTTPClient: anywhere(body.text()), Policy: policy})
			done <- err
		}()
	}
	require.NoError(t, errors.Join(<-done, <-done))
	assert.Equal(t, discovery.Policy{AdditionalBaseAddresses: []string{"https://api.example"}, Exclude: []string{"userinfo_endpoint"}, IgnoreTrailingSlash: true}, policy)
	assert.Equal(t, make([]string, 7), slices.Concat(bases[1:8]))
	assert.Equal(t, make([]string, 7), slices.Concat(exclude[1:8]))
}
