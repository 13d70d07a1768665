// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// anywhere is a network that has one document at every address.
func anywhere(body string) *http.Client {
	return (&fake{respond: func(*http.Request) *http.Response { return response(http.StatusOK, body) }}).client()
}

func TestIssuer(t *testing.T) {
	t.Parallel()
	const missing, mismatch = discovery.RuleIssuerMissing, discovery.RuleIssuerMismatch
	slash := discovery.Policy{IgnoreTrailingSlash: true}
	tests := map[string]struct {
		address string
		issuer  any
		policy  discovery.Policy
		rule    discovery.Rule
		value   string
	}{
		"exact":                     {issuer, issuer, discovery.Policy{}, "", ""},
		"exact, slash":              {issuer + "/", issuer + "/", discovery.Policy{}, "", ""},
		"exact, path":               {issuer + "/a/b", issuer + "/a/b", discovery.Policy{}, "", ""},
		"exact, braces":             {issuer + "/{tenantid}", issuer + "/{tenantid}", discovery.Policy{}, "", ""},
		"exact, escape":             {issuer + "/%7Ea", issuer + "/%7Ea", discovery.Policy{}, "", ""},
		"exact, %2F":                {issuer + "/a%2Fb", issuer + "/a%2Fb", discovery.Policy{}, "", ""},
		"exact, default port":       {issuer + ":443", issuer + ":443", discovery.Policy{}, "", ""},
		"query is not part of it":   {issuer + "/a?p=x", issuer + "/a", discovery.Policy{}, "", ""},
		"slash too many":            {issuer, issuer + "/", discovery.Policy{}, mismatch, issuer + "/"},
		"slash too few":             {issuer + "/", issuer, discovery.Policy{}, mismatch, issuer},
		"slash too many, ignored":   {issuer, issuer + "/", slash, "", ""},
		"slash too few, ignored":    {issuer + "/a/", issuer + "/a", slash, "", ""},
		"two slashes, ignored":      {issuer, issuer + "//", slash, mismatch, issuer + "//"},
		"other, slash ignored":      {issuer, "https://other.example/", slash, mismatch, "https://other.example/"},
		"host in another case":      {issuer, "https://AS.example", discovery.Policy{}, mismatch, "https://AS.example"},
		"address in another case":   {"https://AS.example", issuer, discovery.Policy{}, mismatch, issuer},
		"scheme in another case":    {"HTTPS://as.example", issuer, discovery.Policy{}, mismatch, issuer},
		"path in another case":      {issuer + "/A", issuer + "/a", discovery.Policy{}, mismatch, issuer + "/a"},
		"default port":              {issuer, issuer + ":443", discovery.Policy{}, mismatch, issuer + ":443"},
		"other escape":              {issuer + "/%7Ea", issuer + "/~a", discovery.Policy{}, mismatch, issuer + "/~a"},
		"space":                     {issuer, issuer + " ", discovery.Policy{}, mismatch, issuer + " "},
		"longer":                    {issuer, issuer + ".evil.example", discovery.Policy{}, mismatch, issuer + ".evil.example"},
		"missing":                   {issuer, "absent", discovery.Policy{}, missing, ""},
		"null":                      {issuer, nil, discovery.Policy{}, missing, ""},
		"empty":                     {issuer, "", discovery.Policy{}, missing, ""},
		"blank":                     {issuer, " ", discovery.Policy{}, missing, ""},
		"number":                    {issuer, 1, discovery.Policy{}, missing, ""},
		"array":                     {issuer, []string{issuer}, discovery.Policy{}, missing, ""},
		"OpenID address":            {issuer + "/a" + openIDPath, issuer + "/a", discovery.Policy{}, "", ""},
		"OpenID address, slash":     {issuer + "/a" + openIDPath, issuer + "/a/", discovery.Policy{}, "", ""},
		"OpenID address, other":     {issuer + "/a" + openIDPath, issuer + "/b", discovery.Policy{}, mismatch, issuer + "/b"},
		"OpenID address, root":      {issuer + openIDPath, issuer, discovery.Policy{}, "", ""},
		"OpenID address, query":     {issuer + "/a" + openIDPath + "?p=x", issuer + "/a", discovery.Policy{}, "", ""},
		"RFC 8414 address":          {issuer + "/.well-known/oauth-authorization-server/a", issuer + "/a", discovery.Policy{}, "", ""},
		"RFC 8414 address, slash":   {issuer + "/.well-known/oauth-authorization-server/a", issuer + "/a/", discovery.Policy{}, "", ""},
		"RFC 8414 address, root":    {issuer + "/.well-known/oauth-authorization-server", issuer, discovery.Policy{}, "", ""},
		"RFC 8414 address, parent":  {issuer + "/.well-known/oauth-authorization-server/a", issuer, discovery.Policy{}, mismatch, issuer},
		"RFC 8414 address, after":   {issuer + "/a/.well-known/oauth-authorization-server", issuer + "/a", discovery.Policy{}, "", ""},
		"inserted address":          {issuer + openIDPath + "/a", issuer + "/a", discovery.Policy{}, "", ""},
		"inserted address, %2F":     {issuer + openIDPath + "/a%2Fb", issuer + "/a%2Fb", discovery.Policy{}, "", ""},
		"Policy.Issuer":             {"https://cdn.example/x", issuer, discovery.Policy{Issuer: issuer}, "", ""},
		"Policy.Issuer, full":       {"https://cdn.example/x" + openIDPath, issuer, discovery.Policy{Issuer: issuer}, "", ""},
		"Policy.Issuer, not that":   {issuer, issuer, discovery.Policy{Issuer: "https://other.example"}, mismatch, issuer},
		"ExpectedIssuer, yes":       {issuer + "/common", issuer + "/{tenantid}", discovery.Policy{ExpectedIssuer: func(i string) bool { return i == issuer+"/{tenantid}" }, AdditionalBaseAddresses: []string{issuer}}, "", ""},
		"ExpectedIssuer, no":        {issuer, issuer, discovery.Policy{ExpectedIssuer: func(string) bool { return false }, IgnoreTrailingSlash: true}, mismatch, issuer},
		"ExpectedIssuer, missing":   {issuer, nil, discovery.Policy{ExpectedIssuer: func(string) bool { return true }}, missing, ""},
		"ExpectedIssuer, replaces":  {issuer, issuer, discovery.Policy{Issuer: "https://x.example", ExpectedIssuer: func(string) bool { return true }}, "", ""},
		"AllowAnyIssuer":            {issuer, "https://other.example", discovery.Policy{AllowAnyIssuer: true}, "", ""},
		"AllowAnyIssuer, none":      {issuer, nil, discovery.Policy{AllowAnyIssuer: true}, "", ""},
		"long value, cut to 256":    {issuer, strings.Repeat("x", 300), discovery.Policy{}, mismatch, strings.Repeat("x", 256)},
		"long value, cut at a rune": {issuer, strings.Repeat("x", 255) + "é", discovery.Policy{}, mismatch, strings.Repeat("x", 255)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := document(issuer).with("issuer", test.issuer)
			if test.issuer == "absent" {
				body = body.without("issuer")
			}
			test.policy.AllowAnyBaseAddress = true // this is about issuers
			got, err := discovery.Fetch(t.Context(), test.address, discovery.Options{HTTPClient: anywhere(body.text()), Policy: test.policy})
			if test.rule == "" {
				require.NoError(t, err)
				text, _ := test.issuer.(string)
				assert.Equal(t, text, got.Issuer)
				return
			}
			assert.Nil(t, got)
			assert.Equal(t, []discovery.Violation{{Member: "issuer", Value: test.value, Rule: test.rule}}, failure(t, err).Violations)
			assert.Equal(t, discovery.KindPolicy, failure(t, err).Kind)
			assert.ErrorContains(t, err, string(test.rule))
			assert.ErrorContains(t, err, test.value)
		})
	}
}

// TestExpectedIssuerIsABase: endpoints may be at an issuer that was accepted, not
// at one that was refused.
func TestExpectedIssuerIsABase(t *testing.T) {
	t.Parallel()
	const other = "https://tenant.example"
	policy := func(accept bool) discovery.Options {
		return discovery.Options{Policy: discovery.Policy{ExpectedIssuer: func(string) bool { return accept }}}
	}
	_, err := fetch(t, document(other).text(), policy(true))
	require.NoError(t, err)
	_, err = fetch(t, document(other).text(), policy(false))
	assert.ElementsMatch(t, []string{
		"issuer: Issuer name does not match authority",
		"token_endpoint: Endpoint is on a different host than authority",
		"jwks_uri: Endpoint is on a different host than authority",
	}, broken(t, err))
}
