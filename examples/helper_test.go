// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package examples_test runs the example programs as a user does.
package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// timeLimit is far more than any program takes.
const timeLimit = 90 * time.Second

// binaries is where TestMain builds the programs.
var binaries string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

// testMain builds every program once, with -race if the tests have it.
func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }() // a folder left in /tmp fails no test
	binaries = dir
	args := []string{"build", "-o", dir + string(filepath.Separator)}
	if raceEnabled() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "./...")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func raceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

// program is a running program.
type program struct {
	t       *testing.T
	command *exec.Cmd
	lines   chan string // of stdout
	mu      sync.Mutex
	stdout  strings.Builder
	stderr  bytes.Buffer // read it after the end only
}

// start starts a program; env are NAME=value, args begin with "-".
func start(t *testing.T, name string, envAndArgs ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
	t.Cleanup(cancel)
	env, args := cleanEnvironment(), []string{}
	for _, s := range envAndArgs {
		if strings.HasPrefix(s, "-") || len(args) > 0 {
			args = append(args, s)
		} else {
			env = append(env, s)
		}
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	p := &program{t: t, command: exec.CommandContext(ctx, filepath.Join(binaries, name), args...), lines: make(chan string, 1000)}
	p.command.Env = append(env, "GORACE=atexit_sleep_ms=0") // or each program ends a second late
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	go p.read(stdout)
	return p
}

// cleanEnvironment is that of the test without what the programs read.
func cleanEnvironment() []string {
	names := []string{
		"ISSUER", "TOKEN_ENDPOINT", "AUTHORIZATION_ENDPOINT", "DEVICE_AUTHORIZATION_ENDPOINT",
		"CLIENT_ID", "CLIENT_SECRET", "CLIENT_AUTH", "SCOPE",
		"USER_NAME", "USER_PASSWORD", "ACR_VALUES", "GRANT_TYPE", "PARAMETERS", "MEMBER", "REFRESH_TOKEN_FILE",
		"BACKCHANNEL_AUTHENTICATION_ENDPOINT", "PUSHED_AUTHORIZATION_ENDPOINT", "INTROSPECTION_ENDPOINT",
		"REVOCATION_ENDPOINT", "USERINFO_ENDPOINT", "REGISTRATION_ENDPOINT",
		"TOKEN_FILE", "AUDIENCE", "RESOURCE", "NEW_SCOPE", "NEW_TYPE", "ACTOR_TOKEN_FILE", "SUBJECT", "LOGIN_HINT",
		"BINDING_MESSAGE", "INITIAL_ACCESS_TOKEN",
		"ADDITIONAL_BASE", "KEY_FILE", "KEY_ID", "ALGORITHM", "CERTIFICATE_FILE", "CA_FILE",
	}
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(names, name)
	})
}

func (p *program) read(stdout io.Reader) {
	defer close(p.lines)
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		p.mu.Lock()
		p.stdout.WriteString(scanner.Text() + "\n")
		p.mu.Unlock()
		p.lines <- scanner.Text()
	}
}

// await returns what follows prefix on the first line that has it.
func (p *program) await(prefix string) string {
	p.t.Helper()
	for line := range p.lines {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			return strings.TrimSpace(rest)
		}
	}
	_ = p.command.Wait()
	require.Failf(p.t, "the program ended", "before it printed %q; stderr: %s", prefix, p.stderr.String())
	return ""
}

// end waits for the program, checks its exit code, and returns what it printed.
func (p *program) end(exitCode int) (stdout, stderr string) {
	p.t.Helper()
	for range p.lines { // to the end
	}
	_ = p.command.Wait() // the exit code says it
	stdout, stderr = p.stdout.String(), p.stderr.String()
	require.Equal(p.t, exitCode, p.command.ProcessState.ExitCode(), "stdout: %s\nstderr: %s", stdout, stderr)
	require.NotContains(p.t, stdout+stderr, "eyJ", "a JWT")
	require.NotContains(p.t, stdout+stderr, "DATA RACE")
	return stdout, stderr
}

// run runs a program that succeeds.
func run(t *testing.T, name string, envAndArgs ...string) string {
	t.Helper()
	stdout, _ := start(t, name, envAndArgs...).end(0)
	return stdout
}

// server is a server outside of the programs, behind a proxy that remembers
// every secret which it has issued.
type server struct {
	*authserver.Server

	proxy string
	mu    sync.Mutex
	seen  []string
}

func startServer(t *testing.T, options authserver.Options) *server {
	t.Helper()
	embedded, err := authserver.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, embedded.Close()) })
	s := &server{Server: embedded}
	target, err := url.Parse(embedded.Issuer())
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: s.remember,
	})
	t.Cleanup(proxy.Close)
	s.proxy = proxy.URL
	return s
}

func (s *server) remember(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	var members map[string]any
	_ = json.Unmarshal(body, &members) // other bodies hold no token
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{
		"access_token", "refresh_token", "id_token", "device_code", "auth_req_id", "client_secret", "registration_access_token",
	} {
		if secret, ok := members[name].(string); ok {
			s.seen = append(s.seen, secret)
		}
	}
	return nil
}

// endpoints are the flags for the proxy, and for the real authorization endpoint.
func (s *server) endpoints(more ...string) []string {
	return append([]string{
		"-token-endpoint", s.proxied(s.TokenEndpoint()),
		"-device-authorization-endpoint", s.proxied(s.DeviceAuthorizationEndpoint()),
		"-authorization-endpoint", s.AuthorizationEndpoint(),
	}, more...)
}

// environment finds the authorization endpoint in the metadata, and has the proxy
// for the others.
func (s *server) environment() []string {
	return []string{
		"ISSUER=" + s.Issuer(),
		"TOKEN_ENDPOINT=" + s.proxied(s.TokenEndpoint()),
		"DEVICE_AUTHORIZATION_ENDPOINT=" + s.proxied(s.DeviceAuthorizationEndpoint()),
	}
}

func (s *server) proxied(endpoint string) string {
	return s.proxy + strings.TrimPrefix(endpoint, s.Issuer())
}

// requireSecret checks that tokens were issued and that none is in the output.
func (s *server) requireSecret(t *testing.T, output ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NotEmpty(t, s.seen)
	for _, secret := range s.seen {
		require.Greater(t, len(secret), 10)
		require.NotContains(t, strings.Join(output, "\n"), secret)
	}
}

// browser is what a user has.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, Timeout: timeLimit}
}

// page is a page that a browser shows.
func page(t *testing.T, response *http.Response, err error) string {
	t.Helper()
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
