// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// flag is the flag for an endpoint by hand, behind the proxy.
func (s *server) flag(name string) []string {
	endpoint := map[string]string{
		"introspection":              s.IntrospectionEndpoint(),
		"revocation":                 s.RevocationEndpoint(),
		"userinfo":                   s.UserInfoEndpoint(),
		"pushed-authorization":       s.PushedAuthorizationEndpoint(),
		"backchannel-authentication": s.BackchannelAuthenticationEndpoint(),
		"registration":               s.RegistrationEndpoint(),
	}[name]
	return []string{"-" + name + "-endpoint", s.proxied(endpoint)}
}

// Each program with an endpoint of its own: the embedded server and its demo client.
func TestEndpointsEmbedded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"introspection": {want: []string{"active      yes", "subject     alice", "scopes      openid api1"}},
		"revocation":    {want: []string{"Before:\n  active      yes", "The token is revoked.\nAfter:\n  active  no"}},
		"userinfo":      {want: []string{"subject                   alice", "claim email               alice@example.com"}},
		"registration": {want: []string{
			"Registered:", "secret                     [redacted], 64 characters, for ever", "Used: Bearer [redacted] until ",
			"Read:", "Updated:", "name                       identitymodel example, renamed", "Deleted.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, name, test.args...).end(0)
			for _, want := range test.want {
				assert.Contains(t, stdout, want)
			}
			assert.Contains(t, stderr, "Embedded server at http://127.0.0.1:")
		})
	}
}

// The same, and the grants that are new, against a server elsewhere.
func TestEndpointsOtherServer(t *testing.T) {
	t.Parallel()
	const id, secret = authserver.SpecialClientID, authserver.SpecialClientSecret
	client := []string{"-client-id", id, "-client-secret", secret}
	user := []string{"-username", "bob", "-password", "bob"}
	for name, test := range map[string]struct {
		endpoints []string
		flags     [][]string
		want      []string
	}{
		"introspection": {[]string{"introspection"}, [][]string{client, user, {"-scope", "api2"}}, []string{"active      yes", "subject     bob", "scopes      api2"}},
		"revocation":    {[]string{"revocation", "introspection"}, [][]string{client}, []string{"subject     sp ecial:id", "active  no"}},
		"userinfo": {[]string{"userinfo"}, [][]string{client, user, {"-scope", "openid email", "-subject", "bob"}}, []string{
			"subject      bob", "claim email  bob@example.com",
		}},
		"tokenexchange": {nil, [][]string{client, user, {"-audience", "api1 api2", "-new-scope", "api1"}}, []string{"scope              api1", "token-type:access_token"}},
		"ciba": {[]string{"backchannel-authentication"}, [][]string{client, {"-user", "bob", "-scope", "openid", "-binding-message", "W4SCT"}}, []string{
			"polling every 1s", "Waiting for the user: poll 1, ", "Bearer [redacted]",
		}},
		"registration": {[]string{"registration"}, [][]string{{"-scope", "api2"}}, []string{"Used: Bearer", "identitymodel example, renamed", "Deleted."}},
	} {
		server := startServer(t, authserver.Options{ApproveBackchannelAfter: 1, BackchannelInterval: time.Second})
		var own []string
		for _, flags := range test.flags {
			own = append(own, flags...)
		}
		byHand := server.endpoints(own...)
		for _, endpoint := range test.endpoints {
			byHand = append(byHand, server.flag(endpoint)...)
		}
		for how, args := range map[string][]string{"by hand": byHand, "by issuer": append([]string{"-issuer", server.Issuer()}, own...)} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				stdout, stderr := start(t, name, args...).end(0)
				for _, want := range test.want {
					assert.Contains(t, stdout, want)
				}
				assert.NotContains(t, stdout+stderr, secret)
				assert.NotContains(t, stderr, "Embedded")
				if how == "by hand" {
					server.requireSecret(t, stdout, stderr)
				}
			})
		}
	}
}

func TestEndpointsRefused(t *testing.T) {
	t.Parallel()
	elsewhere := []string{"-token-endpoint", "http://127.0.0.1:1/token", "-client-id", "x"}
	for name, test := range map[string]struct {
		program string
		args    []string
		want    string
	}{
		"unknown audience":     {"tokenexchange", []string{"-audience", "api3"}, "Hint: the server issues no tokens for this -audience or -resource"},
		"unknown resource":     {"tokenexchange", []string{"-resource", "https://api.example"}, "invalid_target"},
		"no actor":             {"tokenexchange", []string{"-actor-token-file", filepath.Join(t.TempDir(), "none")}, "none"},
		"the user says no":     {"ciba", []string{"-user", "deny", "-approve-after", "1"}, "Hint: the user said no"},
		"unknown user":         {"ciba", []string{"-user", "carol"}, "Hint: the server does not know this -user"},
		"another user":         {"userinfo", []string{"-subject", "bob"}, "Kind        policy"},
		"no subject":           {"userinfo", append([]string{"-token-file", secretFile(t, "canary"), "-userinfo-endpoint", "http://127.0.0.1:1"}, elsewhere...), "Subject"},
		"no openid":            {"userinfo", []string{"-scope", "api1"}, "access_denied"},
		"bad token":            {"userinfo", []string{"-token-file", secretFile(t, "canary")}, "Hint: the access token is expired, revoked or not of this server"},
		"unsigned":             {"introspection", []string{"-signed"}, "Kind "},
		"no introspection":     {"introspection", append([]string{"-token-file", secretFile(t, "canary")}, elsewhere...), "Endpoints.Introspection"},
		"no revocation":        {"revocation", append([]string{"-token-file", secretFile(t, "canary")}, elsewhere...), "Endpoints.Revocation"},
		"no pushed":            {"par", append([]string{"-no-browser"}, elsewhere...), "Endpoints.PushedAuthorization"},
		"no backchannel":       {"ciba", append([]string{"-user", "x", "-scope", "openid"}, elsewhere...), "Endpoints.BackchannelAuthentication"},
		"no registration":      {"registration", []string{"-token-endpoint", "http://127.0.0.1:1/token"}, "Endpoints.Registration"},
		"unknown scope":        {"registration", []string{"-scope", "nonsense"}, "invalid_client_metadata"},
		"an argument too many": {"registration", []string{"-scope", "api1", "surplus"}, `unexpected argument "surplus"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, test.program, test.args...).end(1)
			assert.Contains(t, stderr, test.want)
			assert.NotContains(t, stdout+stderr, "canary")
		})
	}
}

// secretFile holds a secret.
func secretFile(t *testing.T, secret string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	return file
}

// A token that is not active is an answer, not an error.
func TestInactiveToken(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"introspection", "revocation"} {
		stdout, stderr := start(t, name, "-token-file", secretFile(t, "canary")).end(0)
		assert.Contains(t, stdout, "active  no")
		assert.NotContains(t, stdout+stderr, "canary")
	}
}

// The token of a file, that of a service that acts, and another type.
func TestTokenExchangeFiles(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	login, err := browser(t).PostForm(server.TokenEndpoint(), url.Values{
		"grant_type": {"password"}, "username": {"bob"}, "password": {"bob"}, "scope": {"openid"},
		"client_id": {authserver.PostClientID}, "client_secret": {authserver.PostClientSecret},
	})
	token := regexp.MustCompile(`"access_token": ?"([^"]+)"`).FindStringSubmatch(page(t, login, err))
	require.NotNil(t, token)
	file := secretFile(t, token[1])
	args := server.endpoints("-client-id", authserver.PostClientID, "-client-secret", authserver.PostClientSecret, "-auth", "post",
		"-token-file", file, "-actor-token-file", file, "-new-type", "urn:ietf:params:oauth:token-type:id_token")
	stdout, stderr := start(t, "tokenexchange", args...).end(0)
	assert.Contains(t, stdout, "token type         N_A")
	assert.Contains(t, stdout, "urn:ietf:params:oauth:token-type:id_token")
	server.requireSecret(t, stdout, stderr)
}

func TestPushedAuthorization(t *testing.T) {
	t.Parallel()
	p := start(t, "par", "-no-browser")
	p.await("Pushed; the address works once, for 1m0s.")
	address := p.await("Open this address: ")
	query, err := url.Parse(address)
	require.NoError(t, err)
	assert.Len(t, query.Query(), 2, "client_id and request_uri only")
	shown, _ := answer(t, browser(t), address, allow())
	assert.Contains(t, shown, `<h1 id="result">Logged in</h1>`)
	stdout, _ := p.end(0)
	assert.Contains(t, stdout, "openid api1")
}

func TestPushedAuthorizationOtherServer(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	client := []string{"-no-browser", "-client-id", "client.post", "-client-secret", "secret.post", "-auth", "post", "-scope", "openid api2"}
	for name, args := range map[string][]string{
		"by flags":  append(server.endpoints(client...), server.flag("pushed-authorization")...),
		"by issuer": append([]string{"-issuer", server.Issuer()}, client...),
	} {
		p := start(t, "par", args...)
		shown, err := browser(t).Get(p.await("Open this address: "))
		assert.Contains(t, page(t, shown, err), "Logged in", name)
		stdout, stderr := p.end(0)
		assert.Contains(t, stdout, "openid api2", name)
		assert.NotContains(t, stdout+stderr, shown.Request.URL.Query().Get("code"), name)
		if name == "by flags" {
			server.requireSecret(t, stdout, stderr)
		}
	}
}
