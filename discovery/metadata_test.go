// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// documented returns the fields of a struct with the member that the comment on
// each names, so that the comments are tested too.
func documented(t *testing.T, structure any, count int) map[string]string {
	t.Helper()
	source, err := os.ReadFile("metadata.go")
	require.NoError(t, err)
	shape := reflect.TypeOf(structure)
	_, text, _ := strings.Cut(string(source), "type "+shape.Name()+" struct {")
	text, _, _ = strings.Cut(text, "\n}\n")
	members := map[string]string{}
	for _, match := range regexp.MustCompile(`// (\w+) (?:is|are) ([a-z_]+[a-z]): `).FindAllStringSubmatch(text, -1) {
		_, exists := shape.FieldByName(match[1])
		require.True(t, exists, match[1])
		members[match[1]] = match[2]
	}
	if len(members) != count { // require.Len prints them all
		t.Fatalf("%d fields with a member, not %d", len(members), count)
	}
	return members
}

// generated returns a document with a value of its own for each field.
func generated(t *testing.T, structure any, members map[string]string, value func(member string) string) object {
	t.Helper()
	made := object{}
	shape := reflect.TypeOf(structure)
	for name, member := range members {
		field, _ := shape.FieldByName(name)
		switch field.Type.String() {
		case "string":
			made[member] = value(member)
		case "[]string":
			made[member] = []string{value(member), "b"}
		case "*bool":
			made[member] = false // what a missing one is not
		default:
			t.Errorf("%s is a %s", name, field.Type)
		}
	}
	require.Len(t, made, len(members), "two fields name the same member")
	return made
}

func compare(t *testing.T, structure any, members map[string]string, value func(member string) string, flag bool) {
	t.Helper()
	for name, member := range members {
		switch got := reflect.ValueOf(structure).FieldByName(name).Interface().(type) {
		case string:
			assert.Equal(t, value(member), got, name)
		case []string:
			assert.Equal(t, []string{value(member), "b"}, got, name)
		case *bool:
			if assert.NotNil(t, got, name) {
				assert.Equal(t, flag, *got, name)
			}
		}
	}
}

// typedMembers are the 65 that are typed in IdentityModel, and
// protected_resources; mtls_endpoint_aliases is beside them.
const typedMembers = 66

func TestAllMembers(t *testing.T) {
	t.Parallel()
	members := documented(t, discovery.Metadata{}, typedMembers)
	aliases := documented(t, discovery.MTLSEndpointAliases{}, 8)
	value := func(member string) string { return issuer + "/" + member }
	alias := func(member string) string { return issuer + "/mtls/" + member }
	body := generated(t, discovery.Metadata{}, members, value)
	body = body.with("issuer", issuer).with("mtls_endpoint_aliases", generated(t, discovery.MTLSEndpointAliases{}, aliases, alias))
	got, err := fetch(t, body.text(), discovery.Options{})
	require.NoError(t, err)
	assert.Empty(t, got.Ignored)
	assert.Equal(t, issuer, got.Issuer)
	got.Issuer = value("issuer")
	compare(t, *got, members, value, false)
	compare(t, got.MTLSEndpointAliases, aliases, alias, false)
	assert.Equal(t, body.text(), got.Raw())

	for member, value := range body {
		if value == false {
			body[member] = true
		}
	}
	got, err = fetch(t, body.text(), discovery.Options{})
	require.NoError(t, err)
	got.Issuer = value("issuer")
	compare(t, *got, members, value, true)
}

// TestMembersOneByOne has a document with a single other member.
func TestMembersOneByOne(t *testing.T) {
	t.Parallel()
	members := documented(t, discovery.Metadata{}, typedMembers)
	policy := discovery.Options{Policy: discovery.Policy{AllowAnyIssuer: true, AllowNoKeySet: true}}
	for name, member := range members {
		body := generated(t, discovery.Metadata{}, map[string]string{name: member}, func(string) string { return issuer + "/x" })
		got, err := fetch(t, body.text(), policy)
		require.NoError(t, err)
		fields := reflect.ValueOf(*got)
		for i := range fields.NumField() {
			if field := fields.Type().Field(i); field.IsExported() {
				assert.Equal(t, field.Name != name, fields.Field(i).IsZero(), "%s in %s", member, field.Name)
			}
		}
		assert.True(t, got.Field(member).Exists())
	}
}

// TestWrongTypes has every member in a type that it should not have, and as null.
func TestWrongTypes(t *testing.T) {
	t.Parallel()
	members := documented(t, discovery.Metadata{}, typedMembers)
	loose := discovery.Policy{AllowAnyIssuer: true, AllowNoKeySet: true}
	members["MTLSEndpointAliases"] = "mtls_endpoint_aliases"
	for _, member := range members {
		loose.Exclude = append(loose.Exclude, member)
	}
	for _, wrong := range []any{1, 1.5, object{"a": 1}, []any{1}, []any{"a", nil}, []any{[]string{"a"}}} {
		for name, member := range members {
			if _, isObject := wrong.(object); isObject && name == "MTLSEndpointAliases" {
				continue
			}
			got, err := fetch(t, object{member: wrong, "x-vendor": wrong}.text(), discovery.Options{Policy: loose})
			require.NoError(t, err)
			assert.Equal(t, []string{member}, got.Ignored, wrong)
			assert.True(t, reflect.ValueOf(*got).FieldByName(name).IsZero(), "%s %v", member, wrong)
			got, err = fetch(t, object{member: nil}.text(), discovery.Options{Policy: loose})
			require.NoError(t, err)
			assert.Empty(t, got.Ignored)
		}
	}
	got, err := fetch(t, `{"mtls_endpoint_aliases":{"token_endpoint":1,"vendor":2,"revocation_endpoint":"https://as.example/r","userinfo_endpoint":null}}`, discovery.Options{Policy: discovery.Policy{
		AllowAnyIssuer: true, AllowNoKeySet: true, Exclude: []string{"mtls_endpoint_aliases.token_endpoint", "mtls_endpoint_aliases.vendor"},
	}})
	require.NoError(t, err)
	assert.Equal(t, []string{"mtls_endpoint_aliases"}, got.Ignored)
	assert.Equal(t, discovery.MTLSEndpointAliases{RevocationEndpoint: "https://as.example/r"}, got.MTLSEndpointAliases)
}

func TestBooleansAsStrings(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for text, want := range map[string]*bool{
		"true": &yes, "false": &no, `"true"`: &yes, `"TRUE"`: &yes, `"False"`: &no, `"yes"`: nil, `""`: nil, "1": nil, "null": nil, `" true"`: nil,
	} {
		got, err := fetch(t, fmt.Sprintf(`{"issuer":%q,"require_pushed_authorization_requests":%s}`, issuer, text), discovery.Options{Policy: discovery.Policy{AllowNoKeySet: true}})
		require.NoError(t, err)
		assert.Equal(t, want, got.RequirePushedAuthorizationRequests, text)
		assert.Equal(t, want == nil && text != "null", len(got.Ignored) == 1, text)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	none := new(discovery.Metadata)
	assert.Equal(t, []string{"authorization_code", "implicit"}, none.GrantTypes())
	assert.Equal(t, []string{"query", "fragment"}, none.ResponseModes())
	assert.Equal(t, []string{"client_secret_basic"}, none.TokenEndpointAuthMethods())
	assert.Equal(t, []string{"client_secret_basic"}, none.RevocationEndpointAuthMethods())
	assert.Equal(t, []string{"normal"}, none.ClaimTypes())
	assert.True(t, none.RequestURIParameter())
	for _, given := range []bool{true, false} {
		some := &discovery.Metadata{
			GrantTypesSupported: []string{"g"}, ResponseModesSupported: []string{"m"}, TokenEndpointAuthMethodsSupported: []string{"t"},
			RevocationEndpointAuthMethodsSupported: []string{"r"}, ClaimTypesSupported: []string{"c"}, RequestURIParameterSupported: &given,
		}
		for want, list := range map[string][]string{
			"g": some.GrantTypes(), "m": some.ResponseModes(), "t": some.TokenEndpointAuthMethods(),
			"r": some.RevocationEndpointAuthMethods(), "c": some.ClaimTypes(),
		} {
			assert.Equal(t, []string{want}, list)
			list[0] = "changed"
		}
		assert.Equal(t, []string{"g"}, some.GrantTypesSupported, "a copy is returned")
		assert.Equal(t, given, some.RequestURIParameter())
	}
}

func TestGenericAccess(t *testing.T) {
	t.Parallel()
	body := document(issuer).with("x.y", "literal").with("x", object{"y": "path"}).with("n", nil).text()
	got, err := fetch(t, body, discovery.Options{})
	require.NoError(t, err)
	assert.Equal(t, body, got.Raw())
	assert.Equal(t, "literal", got.Field("x.y").String())
	assert.Equal(t, "path", got.Field("x").Get("y").String())
	assert.Equal(t, "path", got.JSON().Get("x.y").String())
	assert.True(t, got.Field("n").Exists())
	assert.False(t, got.Field("x.*").Exists())
	assert.False(t, got.Field("missing").Exists())
	assert.False(t, new(discovery.Metadata).Field("x").Exists())
}
