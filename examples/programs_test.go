// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

func TestQuickstart(t *testing.T) {
	t.Parallel()
	out := run(t, "quickstart")
	for _, row := range []string{
		`client_credentials  client_secret_basic \(client\)       Bearer  1h0m0s    api1`,
		`client_credentials  client_secret_post \(client\.post\)   Bearer  1h0m0s    api1`,
		`client_credentials  client_secret_basic \(sp ecial:id\)  Bearer  1h0m0s    api1 .* by our shim`,
		`password            client_secret_basic \(client\)       Bearer  1h0m0s    api1 api2 .* grant added to the server by our shim`,
		`authorization_code  none \(public\)                      Bearer  1h0m0s    openid api1 offline_access  with PKCE and state, and iss compared`,
		`refresh_token       none \(public\)                      Bearer  1h0m0s    openid api1 offline_access  rotated`,
		`device_code         none \(public\)                      Bearer  1h0m0s    openid api1 .* polled 2 times`,
		`ciba                client_secret_basic \(client\)       Bearer  1h0m0s    openid api1 .* bob was asked`,
		`token-exchange      client_secret_post \(client\.post\)   Bearer  1h0m0s    api2 .* for the audience api2`,
		`jwt-bearer          client_secret_basic \(client\)       Bearer  1h0m0s    api1 .* for bob, by a JWT of https://issuer.example`,
		`urn:example:custom  client_secret_basic \(client\)       Bearer  1h0m0s    api1 .* custom_member = "custom value"; grant added to the server by our shim`,
		`Error: tokenclient: client_credentials token request to .*invalid_client`,
		`  Kind        protocol`, `  Code        invalid_client`, `  StatusCode  401`, `  Outcome     final`,
	} {
		assert.Regexp(t, `(?m)^`+row, out)
	}
	assert.NotContains(t, out, "FAILED")
	assert.NotRegexp(t, `[A-Za-z0-9_-]{30,}`, out, "nothing as long as a token")
}

// Each program by itself: the embedded server and its demo client.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"clientcredentials": {want: []string{"scope         api1"}},
		"password":          {want: []string{"scope         openid api1", "ID token "}},
		"refreshtoken":      {want: []string{"has rotated", "refresh token  [redacted]"}},
		"customgrant":       {want: []string{`custom_member  "hello"`}},
		"devicecode":        {args: []string{"-approve-after", "1"}, want: []string{"▄▄▄▄▄", "poll 1", "openid api1"}},
		"ciba":              {args: []string{"-approve-after", "1"}, want: []string{"polling every 1s", "poll 1", "openid api1", "ID token "}},
		"tokenexchange":     {want: []string{"scope              api2", "token-type:access_token"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := run(t, name, test.args...)
			for _, want := range append(test.want, "Bearer", "1h0m0s", "[redacted]") {
				assert.Contains(t, out, want)
			}
		})
	}
}

// Each program that needs no user, against a server elsewhere.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	const id, secret = authserver.SpecialClientID, authserver.SpecialClientSecret
	for name, test := range map[string]struct {
		flags []string
		env   []string
		want  string
	}{
		"clientcredentials": {want: "Bearer"},
		"password": {
			flags: []string{"-username", "bob", "-password", "bob"},
			env:   []string{"USER_NAME=bob", "USER_PASSWORD=bob"}, want: "Bearer",
		},
		"refreshtoken": {
			flags: []string{"-username", "bob", "-password", "bob", "-scope", "api2 offline_access"},
			env:   []string{"USER_NAME=bob", "USER_PASSWORD=bob", "SCOPE=api2 offline_access"}, want: "has rotated",
		},
		"customgrant": {
			flags: []string{"-grant-type", authserver.GrantCustom, "-parameters", "custom_parameter=a+b", "-member", "custom_member"},
			env:   []string{"GRANT_TYPE=" + authserver.GrantCustom, "PARAMETERS=custom_parameter=a+b", "MEMBER=custom_member"}, want: `"a b"`,
		},
	} {
		server := startServer(t, authserver.Options{})
		scope := []string{"SCOPE=api2"}
		t.Run(name+" by flags", func(t *testing.T) {
			t.Parallel()
			args := append(server.endpoints("-client-id", id, "-client-secret", secret, "-scope", "api2"), test.flags...)
			stdout, stderr := start(t, name, args...).end(0)
			assert.Contains(t, stdout, test.want)
			assert.Contains(t, stdout, "api2")
			assert.NotContains(t, stdout+stderr, secret)
			assert.NotContains(t, stderr, "Embedded")
			server.requireSecret(t, stdout, stderr)
		})
		t.Run(name+" by environment", func(t *testing.T) {
			t.Parallel()
			env := append([]string{"ISSUER=" + server.Issuer(), "CLIENT_ID=" + id, "CLIENT_SECRET=" + secret}, append(scope, test.env...)...)
			stdout, stderr := start(t, name, env...).end(0)
			assert.Contains(t, stdout, test.want)
			assert.Contains(t, stdout, "api2")
			assert.NotContains(t, stdout+stderr, secret)
			assert.NotContains(t, stderr, "Embedded")
		})
	}
}

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	for name, test := range map[string]struct {
		args     []string
		exitCode int
		want     string
	}{
		"post":                 {[]string{"-client-id", "client.post", "-client-secret", "secret.post", "-auth", "post"}, 0, "Bearer"},
		"basic":                {[]string{"-client-id", "client", "-client-secret", "secret", "-auth", "basic"}, 0, "Bearer"},
		"none":                 {[]string{"-client-id", "client", "-client-secret", "secret", "-auth", "none"}, 1, "invalid_client"},
		"basic, no secret":     {[]string{"-client-id", "client", "-auth", "basic"}, 1, "-auth basic needs -client-secret"},
		"no such way":          {[]string{"-client-id", "client", "-auth", "magic"}, 1, "-auth must be basic, post or none"},
		"no client":            {nil, 1, "-client-id is missing"},
		"an argument too many": {[]string{"-client-id", "client", "surplus"}, 1, `unexpected argument "surplus"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, "clientcredentials", server.endpoints(test.args...)...).end(test.exitCode)
			assert.Contains(t, stdout+stderr, test.want)
		})
	}
	out := run(t, "clientcredentials", "CLIENT_ID="+authserver.PostClientID)
	assert.Contains(t, out, "Bearer", "the embedded server's own client")
}

func TestWrongSecret(t *testing.T) {
	t.Parallel()
	const wrong = "canary-of-a-wrong-secret"
	for _, name := range []string{
		"clientcredentials", "password", "refreshtoken", "customgrant", "devicecode",
		"introspection", "revocation", "userinfo", "tokenexchange", "par", "ciba", "dpop",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, name, "-client-id", authserver.ClientID, "-client-secret", wrong).end(1)
			assert.NotContains(t, stdout, "Bearer")
			assert.Contains(t, stderr, "invalid_client")
			assert.Contains(t, stderr, "Kind        protocol")
			assert.Contains(t, stderr, "Outcome     final")
			assert.Contains(t, stderr, "Hint: see -client-id, -client-secret (or CLIENT_SECRET) and -auth")
			assert.NotContains(t, stdout+stderr, wrong)
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		program string
		args    []string
		want    string
	}{
		"password":           {"password", []string{"-password", "canary"}, "invalid_grant"},
		"scope":              {"clientcredentials", []string{"-scope", "nonsense"}, "Hint: the server does not know -scope"},
		"grant":              {"customgrant", []string{"-grant-type", "urn:nonsense"}, "unsupported_grant_type"},
		"parameters":         {"customgrant", []string{"-parameters", "%zz"}, "-parameters must have the form"},
		"forbidden name":     {"customgrant", []string{"-parameters", "client_secret=canary"}, "Parameter  client_secret"},
		"no refresh token":   {"refreshtoken", []string{"-scope", "api1"}, "issued no refresh token"},
		"no file":            {"refreshtoken", []string{"-refresh-token-file", filepath.Join(t.TempDir(), "none")}, "none"},
		"nobody listens":     {"clientcredentials", []string{"-token-endpoint", "http://127.0.0.1:1/token", "-client-id", "x"}, "Kind     transport"},
		"no metadata":        {"clientcredentials", []string{"-issuer", "http://127.0.0.1:1", "-client-id", "x"}, "discovery: http://127.0.0.1:1/.well-known/"},
		"http elsewhere":     {"clientcredentials", []string{"-issuer", "http://as.example", "-client-id", "x"}, "HTTPS required"},
		"no token endpoint":  {"clientcredentials", []string{"-authorization-endpoint", "https://as.example/authorize", "-client-id", "x"}, "Endpoints.Token"},
		"listens everywhere": {"authorizationcode", []string{"-listen", "0.0.0.0:0"}, "must be a loopback address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, test.program, test.args...).end(1)
			assert.Contains(t, stderr, test.want)
			assert.NotContains(t, stdout+stderr, "canary")
		})
	}
}

func TestRefreshTokenFile(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	login, err := browser(t).PostForm(server.TokenEndpoint(), url.Values{
		"grant_type": {"password"}, "username": {"alice"}, "password": {"alice"}, "scope": {"api1 offline_access"},
		"client_id": {authserver.PostClientID}, "client_secret": {authserver.PostClientSecret},
	})
	first := regexp.MustCompile(`"refresh_token": ?"([^"]+)"`).FindStringSubmatch(page(t, login, err))
	require.NotNil(t, first)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(first[1]+"\n"), 0o600))
	args := server.endpoints("-client-id", authserver.PostClientID, "-client-secret", authserver.PostClientSecret, "-auth", "post", "-refresh-token-file", file)

	out := run(t, "refreshtoken", args...)
	second, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Contains(t, out, "has rotated")
	assert.NotEqual(t, first[1], strings.TrimSpace(string(second)))
	assert.NotContains(t, out, strings.TrimSpace(string(second)))

	run(t, "refreshtoken", args...) // with the rotated one
	third, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotEqual(t, string(second), string(third))

	require.NoError(t, os.WriteFile(file, []byte(first[1]), 0o600))
	_, stderr := start(t, "refreshtoken", args...).end(1)
	assert.Contains(t, stderr, "a new login is needed")
	assert.NotContains(t, stderr, first[1])
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, first[1], string(kept), "a failure leaves the file as it was")
}

func TestSecretMemberIsNotPrinted(t *testing.T) {
	t.Parallel()
	assert.Contains(t, run(t, "customgrant", "-member", "access_token"), "access_token  [redacted]")
	assert.Contains(t, run(t, "customgrant", "-member", "nonsense"), "no such member")
}

func TestHelpShowsNoSecret(t *testing.T) {
	t.Parallel()
	for _, name := range withClient() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := start(t, name, "CLIENT_SECRET=canary", "USER_PASSWORD=canary", "-h").end(0)
			assert.Contains(t, stdout+stderr, "usage: go run -C examples ./"+name)
			assert.Contains(t, stdout+stderr, "(environment CLIENT_SECRET)")
			assert.NotContains(t, stdout+stderr, "canary")
		})
	}
}

func TestProgramsAreShort(t *testing.T) {
	t.Parallel()
	for _, name := range append(withClient(), "registration", "discovery", "multitenant") {
		source, err := os.ReadFile(filepath.Join(name, "main.go"))
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(source), "\n"), 90, name)
	}
}

// withClient are the programs that act as a client.
func withClient() []string {
	return []string{
		"clientcredentials", "password", "refreshtoken", "customgrant", "devicecode", "authorizationcode",
		"introspection", "revocation", "userinfo", "tokenexchange", "par", "ciba", "dpop",
		"serviceclient", "cli",
	}
}

// skipWithoutSignals is for tests that press Ctrl-C.
func skipWithoutSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted on Windows")
	}
}
