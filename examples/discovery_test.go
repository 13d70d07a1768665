// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// publish serves documents by their path; ISSUER in one is the server's address.
func publish(t *testing.T, documents map[string]string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, ok := documents[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(strings.ReplaceAll(document, "ISSUER", server.URL)))
	})
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	embedded := run(t, "discovery")
	server := startServer(t, authserver.Options{})
	for name, out := range map[string]string{
		"embedded":           embedded,
		"issuer":             run(t, "discovery", "--", server.Issuer()),
		"full address":       run(t, "discovery", "--", server.Issuer()+"/.well-known/openid-configuration"),
		"full OAuth address": run(t, "discovery", "--", server.Issuer()+"/.well-known/oauth-authorization-server"),
		"form":               run(t, "discovery", "-form", "oauth", server.Issuer()),
	} {
		for _, want := range []string{
			`  issuer +http://127\.0\.0\.1:\d+$`, `  token +http://127\.0\.0\.1:\d+/token$`, `  introspection +http://.*/introspect$`,
			`  grants +client_credentials, authorization_code, .*urn:openid:params:grant-type:ciba`,
			`  client authentication +client_secret_basic, client_secret_post, none, client_secret_jwt, private_key_jwt$`,
			`  PKCE +S256$`, `  pushed requests +yes$`, `  DPoP +ES256, ES384, PS256, RS256, EdDSA$`, `  CIBA +poll$`, `  ID tokens +ES256$`,
			`Keys: 1 usable, 0 skipped$`, `  authserver +EC +256 +sig +ES256$`, `Default policy: ok$`,
		} {
			assert.Regexp(t, `(?m)^`+want, out, name)
		}
	}
}

const strange = `{"issuer":"ISSUER/","token_endpoint":"https://other.example/token","authorization_endpoint":"http://as.example/login",
	"revocation_endpoint":"nonsense\u001b[2J","require_pushed_authorization_requests":true,"dpop_signing_alg_values_supported":["ES256"],
	"tls_client_certificate_bound_access_tokens":true,"scopes_supported":7,"mtls_endpoint_aliases":{"token_endpoint":"ISSUER/mtls"}}`

func TestDiscoveryViolations(t *testing.T) {
	t.Parallel()
	address := publish(t, map[string]string{"/.well-known/openid-configuration": strange})
	stdout, stderr := start(t, "discovery", "--", address).end(1)
	for _, want := range []string{
		`  token +https://other\.example/token$`, `  token, mTLS +http://127.*/mtls$`,
		`  grants +authorization_code, implicit \(by default\)$`, `  pushed requests +no, required$`,
		`  DPoP +ES256$`, `  mTLS-bound tokens +yes$`, `  members +scopes_supported$`, `Default policy: refused$`,
		`  issuer$\n  value +http://127.*/$`,
		`  rule +Issuer name does not match authority$`, `  accept by +.*-ignore-trailing-slash`,
		`  rule +Endpoint is on a different host than authority$`, `  accept by +.*-additional-base\) with https://other\.example$`,
		`  rule +Endpoint does not use HTTPS$`, `  rule +Malformed endpoint$`, `  accept by +Policy\.Exclude`,
		`  rule +Keyset is missing$`, `  accept by +Policy\.AllowNoKeySet`,
	} {
		assert.Regexp(t, `(?m)^`+want, stdout)
	}
	assert.Contains(t, stderr, "the policy refuses the document: 5 of its members break a rule")
	assert.NotContains(t, stdout+stderr, "\x1b", "a server cannot change the terminal")

	_, stderr = start(t, "clientcredentials", "-issuer", address, "-client-id", "x").end(1)
	assert.Regexp(t, `(?m)^  Violation +Endpoint is on a different host than authority: "https://other\.example/token" \(token_endpoint\)$`, stderr)
	assert.Contains(t, stderr, "Hint: go run -C examples ./discovery ADDRESS")

	relaxed := []string{
		"-ignore-trailing-slash", "-additional-base", "https://other.example", "-exclude", "authorization_endpoint,revocation_endpoint",
		"-allow-no-key-set", address,
	}
	out := run(t, "discovery", relaxed...)
	assert.Contains(t, out, "Policy with AdditionalBaseAddresses, AllowNoKeySet, Exclude, IgnoreTrailingSlash: ok")
	assert.Contains(t, out, "Keys: the server publishes none")
}

func TestDiscoveryOfAnotherIssuer(t *testing.T) {
	t.Parallel()
	address := publish(t, map[string]string{"/a/.well-known/openid-configuration": `{"issuer":"ISSUER/b","token_endpoint":"ISSUER/b/token","jwks_uri":"ISSUER/a/keys"}`})
	stdout, _ := start(t, "discovery", "--", address+"/a").end(1)
	assert.Contains(t, stdout, "the address of that issuer; or Policy.Issuer or ExpectedIssuer")
	assert.Contains(t, stdout, "Invalid base address for endpoint")
}

func TestDiscoveryKeys(t *testing.T) {
	t.Parallel()
	keys := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"EC","crv":"secp256k1"}]}`
	address := publish(t, map[string]string{
		"/.well-known/oauth-authorization-server": `{"issuer":"ISSUER","token_endpoint":"ISSUER/token","jwks_uri":"ISSUER/keys"}`,
		"/keys": keys,
	})
	out := run(t, "discovery", "--", address)
	assert.Contains(t, out, "Keys: 1 usable, 1 skipped")
	assert.Regexp(t, `(?m)^  one +OKP +25\d +sig +-$`, out)
	assert.Contains(t, out, "client_secret_basic (by default)")
}

func TestDiscoveryResource(t *testing.T) {
	t.Parallel()
	address := publish(t, map[string]string{"/.well-known/oauth-protected-resource/api": `{"resource":"ISSUER/api","resource_name":"An API",
		"authorization_servers":["https://as.example"],"scopes_supported":["read"],"dpop_bound_access_tokens_required":true}`})
	for _, given := range []string{address + "/api", address + "/.well-known/oauth-protected-resource/api"} {
		out := run(t, "discovery", "-resource", given)
		for _, want := range []string{`  resource +http.*/api$`, `  name +An API$`, `  authorization servers +https://as\.example$`, `  DPoP +required$`} {
			assert.Regexp(t, `(?m)^`+want, out)
		}
	}
}

func TestDiscoveryRefuses(t *testing.T) {
	t.Parallel()
	address := publish(t, map[string]string{"/list/.well-known/openid-configuration": `[]`})
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no document":          {[]string{"--", address}, "Kind        http"},
		"not an object":        {[]string{"--", address + "/list"}, "Kind        malformed"},
		"nobody listens":       {[]string{"--", "http://127.0.0.1:1"}, "Kind  transport"},
		"http elsewhere":       {[]string{"--", "http://as.example"}, "HTTPS required"},
		"not an address":       {[]string{"--", "as.example"}, "Kind  address"},
		"resource of nobody":   {[]string{"-resource", address}, "Kind        http"},
		"resource missing":     {[]string{"-resource"}, "-resource needs the address of an API"},
		"no such form":         {[]string{"-form", "magic", address}, "-form must be openid, oauth or any"},
		"base":                 {[]string{"-additional-base", "other", address}, "Policy.AdditionalBaseAddresses"},
		"an argument too many": {[]string{"--", address, "-resource"}, `unexpected argument "-resource"; flags come before the address`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, stderr := start(t, "discovery", test.args...).end(1)
			assert.Contains(t, stderr, test.want)
		})
	}
	stdout, stderr := start(t, "discovery", "-h").end(0)
	assert.Contains(t, stdout+stderr, "usage: go run -C examples ./discovery [flags] [address]")
}
