// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// TestAddresses has a network without any document, which shows all addresses
// that are tried, in order.
func TestAddresses(t *testing.T) {
	t.Parallel()
	const openID, oauth = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	tests := map[string]struct {
		address string
		options discovery.Options
		want    []string
	}{
		"host":             {"https://as.example", discovery.Options{}, []string{"https://as.example" + openID, "https://as.example" + oauth}},
		"slash":            {"https://as.example/", discovery.Options{}, []string{"https://as.example" + openID, "https://as.example" + oauth}},
		"port":             {"https://as.example:8443", discovery.Options{}, []string{"https://as.example:8443" + openID, "https://as.example:8443" + oauth}},
		"path":             {"https://as.example/a/b", discovery.Options{}, []string{"https://as.example/a/b" + openID, "https://as.example" + oauth + "/a/b"}},
		"path and slash":   {"https://as.example/a/", discovery.Options{}, []string{"https://as.example/a" + openID, "https://as.example" + oauth + "/a"}},
		"%2F":              {"https://as.example/a%2Fb", discovery.Options{}, []string{"https://as.example/a%2Fb" + openID, "https://as.example" + oauth + "/a%2Fb"}},
		"%2F at the end":   {"https://as.example/a%2F", discovery.Options{}, []string{"https://as.example/a%2F" + openID, "https://as.example" + oauth + "/a%2F"}},
		"query":            {"https://as.example/a?p=b2c&x=%2F", discovery.Options{}, []string{"https://as.example/a" + openID + "?p=b2c&x=%2F", "https://as.example" + oauth + "/a?p=b2c&x=%2F"}},
		"IPv6":             {"https://[2001:db8::1]:8443/a", discovery.Options{}, []string{"https://[2001:db8::1]:8443/a" + openID, "https://[2001:db8::1]:8443" + oauth + "/a"}},
		"scheme in upper":  {"HTTPS://as.example", discovery.Options{Form: discovery.OpenIDForm}, []string{"https://as.example" + openID}},
		"OpenID form":      {"https://as.example/a", discovery.Options{Form: discovery.OpenIDForm}, []string{"https://as.example/a" + openID}},
		"OAuth form":       {"https://as.example/a", discovery.Options{Form: discovery.OAuthForm}, []string{"https://as.example" + oauth + "/a"}},
		"path option":      {"https://as.example/a/", discovery.Options{Path: "/x/y.json"}, []string{"https://as.example/a/x/y.json"}},
		"bare path option": {"https://as.example", discovery.Options{Path: "x", Form: discovery.OAuthForm}, []string{"https://as.example/x"}},
		"full, OpenID":     {"https://as.example/a" + openID, discovery.Options{}, []string{"https://as.example/a" + openID}},
		"full, query":      {"https://as.example/a" + openID + "?p=x", discovery.Options{}, []string{"https://as.example/a" + openID + "?p=x"}},
		"full, RFC 8414":   {"https://as.example" + oauth + "/a/b", discovery.Options{}, []string{"https://as.example" + oauth + "/a/b"}},
		"full, root":       {"https://as.example" + oauth, discovery.Options{}, []string{"https://as.example" + oauth}},
		"full, inserted":   {"https://as.example" + openID + "/a", discovery.Options{}, []string{"https://as.example" + openID + "/a"}},
		"full, appended":   {"https://as.example/a" + oauth, discovery.Options{}, []string{"https://as.example/a" + oauth}},
		"full and a form":  {"https://as.example/a" + openID, discovery.Options{Form: discovery.OAuthForm}, []string{"https://as.example/a" + openID}},
		"not well-known":   {"https://as.example" + oauth + "x", discovery.Options{Form: discovery.OpenIDForm}, []string{"https://as.example" + oauth + "x" + openID}},
		"loopback, http":   {"http://127.0.0.1:1/a", discovery.Options{Form: discovery.OpenIDForm}, []string{"http://127.0.0.1:1/a" + openID}},
		"127.8.9.1, http":  {"http://127.8.9.1", discovery.Options{Form: discovery.OpenIDForm}, []string{"http://127.8.9.1" + openID}},
		"::1, http":        {"http://[::1]:80", discovery.Options{Form: discovery.OpenIDForm}, []string{"http://[::1]:80" + openID}},
		"localhost, http":  {"http://LocalHost", discovery.Options{Form: discovery.OpenIDForm}, []string{"http://LocalHost" + openID}},
		"http, allowed":    {"http://as.example", discovery.Options{Form: discovery.OpenIDForm, Policy: discovery.Policy{AllowHTTP: true}}, []string{"http://as.example" + openID}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := new(fake)
			test.options.HTTPClient = network.client()
			_, err := discovery.Fetch(t.Context(), test.address, test.options)
			found := failure(t, err)
			assert.Equal(t, discovery.KindHTTP, found.Kind)
			assert.Equal(t, http.StatusNotFound, found.StatusCode)
			assert.Equal(t, test.want[len(test.want)-1], found.Address)
			assert.Equal(t, test.want, network.urls())
		})
	}
}

// TestAddressesRefused needs no network: nothing is sent.
func TestAddressesRefused(t *testing.T) {
	t.Parallel()
	loopback := discovery.Policy{RequireHTTPSOnLoopback: true}
	tests := map[string]struct {
		address string
		policy  discovery.Policy
		kind    discovery.ErrorKind
		text    string
	}{
		"empty":                 {"", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"relative":              {"/a", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"no scheme":             {"as.example", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"no scheme, slashes":    {"//as.example", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"ftp":                   {"ftp://as.example", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"no host":               {"https:///a", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"only a port":           {"https://:443/a", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"opaque":                {"https:as.example", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"control":               {"https://as.example/\n", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"bad escape":            {"https://as.example/%zz", discovery.Policy{}, discovery.KindAddress, "absolute"},
		"user":                  {"https://canary@as.example", discovery.Policy{}, discovery.KindAddress, "user name"},
		"password":              {"https://u:canary@as.example", discovery.Policy{}, discovery.KindAddress, "user name"},
		"empty user":            {"https://@as.example", discovery.Policy{}, discovery.KindAddress, "user name"},
		"fragment":              {"https://as.example/#a", discovery.Policy{}, discovery.KindAddress, "fragment"},
		"empty fragment":        {"https://as.example/#", discovery.Policy{}, discovery.KindAddress, "fragment"},
		"not ASCII":             {"https://bücher.example", discovery.Policy{}, discovery.KindAddress, "xn--"},
		"not ASCII, escaped":    {"https://b%C3%BCcher.example", discovery.Policy{}, discovery.KindAddress, "xn--"},
		"http":                  {"http://as.example", discovery.Policy{}, discovery.KindPolicy, "HTTPS required"},
		"http, looks like home": {"http://127.0.0.1.example", discovery.Policy{}, discovery.KindPolicy, "HTTPS required"},
		"http, localhost below": {"http://localhost.example", discovery.Policy{}, discovery.KindPolicy, "HTTPS required"},
		"http, private":         {"http://10.0.0.1", discovery.Policy{}, discovery.KindPolicy, "HTTPS required"},
		"http, all interfaces":  {"http://0.0.0.0", discovery.Policy{}, discovery.KindPolicy, "HTTPS required"},
		"loopback, strict":      {"http://127.0.0.1", loopback, discovery.KindPolicy, "HTTPS required"},
		"::1, strict":           {"http://[::1]", loopback, discovery.KindPolicy, "HTTPS required"},
		"localhost, strict":     {"http://localhost", loopback, discovery.KindPolicy, "HTTPS required"},
		"bad base":              {issuer, discovery.Policy{AdditionalBaseAddresses: []string{issuer, "other.example"}}, discovery.KindAddress, "AdditionalBaseAddresses"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := new(fake)
			options := discovery.Options{HTTPClient: network.client(), Policy: test.policy}
			_, err := discovery.Fetch(t.Context(), test.address, options)
			_, ofCache := discovery.NewCache(test.address, options)
			assert.Equal(t, err, ofCache)
			if name != "bad base" {
				_, ofKeys := discovery.NewKeys(test.address, options)
				assert.Equal(t, err, ofKeys)
				_, ofResource := discovery.FetchResource(t.Context(), test.address, options)
				assert.Equal(t, err, ofResource)
			}
			found := failure(t, err)
			assert.Equal(t, test.kind, found.Kind)
			assert.ErrorContains(t, err, "discovery: ")
			assert.ErrorContains(t, err, test.text)
			assert.NotContains(t, err.Error(), "canary")
			assert.Empty(t, network.urls(), "sent")
		})
	}
}

// TestFallback moves on to the second address for nothing but 404.
func TestFallback(t *testing.T) {
	t.Parallel()
	const first, second = issuer + openIDPath, issuer + "/.well-known/oauth-authorization-server"
	for status, falls := range map[int]bool{404: true, 200: false, 204: false, 400: false, 401: false, 403: false, 405: false, 410: false, 500: false} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			network := &fake{}
			network.respond = func(r *http.Request) *http.Response {
				if r.URL.String() == first {
					return response(status, "not a document")
				}
				return response(http.StatusOK, document(issuer).text())
			}
			got, err := discovery.Fetch(t.Context(), issuer, discovery.Options{HTTPClient: network.client()})
			if falls {
				require.NoError(t, err)
				assert.Equal(t, issuer, got.Issuer)
				assert.Equal(t, []string{first, second}, network.urls())
				return
			}
			assert.Equal(t, first, failure(t, err).Address)
			assert.Equal(t, []string{first}, network.urls())
		})
	}
}
