// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

func TestServiceClient(t *testing.T) {
	t.Parallel()
	out := run(t, "serviceclient")
	assert.Contains(t, out, "the server is away; ")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	assert.Regexp(t, `^\d+ calls answered, 0 failed; \d+ tokens from the cache, \d+ of them due, 2 fetched, [1-9] fetches failed$`, lines[len(lines)-1])
}

func TestServiceClientOtherServer(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	stdout, stderr := start(t, "serviceclient", server.endpoints("-client-id", "client", "-client-secret", "secret", "-for", "300ms")...).end(0)
	assert.Contains(t, stdout, "1 fetched, 0 fetches failed")
	assert.NotContains(t, stdout, "away")
	server.requireSecret(t, stdout, stderr)
}

func TestServiceClientInterrupted(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	p := start(t, "serviceclient", "-for", "1h")
	p.await("the server is there; 1 calls answered")
	require.NoError(t, p.command.Process.Signal(os.Interrupt))
	stdout, _ := p.end(0)
	assert.Contains(t, stdout, "0 failed")
}

func TestMultiTenant(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	stdout, stderr := start(t, "multitenant", "-token-endpoint", server.proxied(server.TokenEndpoint())).end(0)
	for _, row := range []string{
		`1     north   api1   number 1: `, `2     north   api1   number 1: `, `3     south   api1   number 2: `,
		`4     north   api2   number 3: `, `5     south   api1   number 2: `, `3 sources, 3 tokens for 5 calls\.`,
	} {
		assert.Regexp(t, `(?m)^`+row, stdout)
	}
	server.requireSecret(t, stdout, stderr)
	assert.Contains(t, run(t, "multitenant"), "3 sources, 3 tokens for 5 calls.")
}

func TestCLI(t *testing.T) {
	t.Parallel()
	out := run(t, "cli")
	for _, want := range []string{"Logged in.", "The API answered: 200 OK", "Logged out."} {
		assert.Contains(t, out, want)
	}
}

// One login for several runs, which renew the tokens.
func TestCLIAcrossRuns(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{AccessTokenLifetime: time.Second, DeviceInterval: time.Second, ApproveDeviceAfter: 1})
	store := filepath.Join(t.TempDir(), "store")
	args := server.endpoints("-client-id", "public", "-scope", "openid offline_access", "-store", store,
		"-userinfo-endpoint", server.UserInfoEndpoint(), "-revocation-endpoint", server.RevocationEndpoint())
	cli := func(exitCode int, command string) string {
		stdout, stderr := start(t, "cli", append(args[:len(args):len(args)], "-do", command)...).end(exitCode)
		server.requireSecret(t, stdout, stderr)
		return stdout + stderr
	}
	assert.Contains(t, cli(0, "login"), "Logged in.")
	for renewals := 0; renewals < 2; { // each is due a second after the one before
		out := cli(0, "call")
		assert.Contains(t, out, "The API answered: 200 OK")
		assert.NotContains(t, out, "Open this address")
		if strings.Contains(out, "The tokens were renewed") {
			renewals++
		}
	}
	thief := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(thief, os.DirFS(store)))
	assert.Contains(t, cli(0, "logout"), "Logged out.")
	assert.Contains(t, cli(1, "call"), "log in first")
	args[slices.Index(args, store)] = thief
	assert.NotContains(t, cli(1, "call"), "200 OK", "the server has revoked what is in the copy")
	assert.Contains(t, cli(1, "nonsense"), "-do must be login, call or logout")
}
