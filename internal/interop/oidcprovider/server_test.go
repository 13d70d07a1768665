// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{})

	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.Issuer()+path, nil)
		require.NoError(t, err)
		got := receive(t, server.HTTPClient(), request)

		require.Equal(t, http.StatusOK, got.status)
		assert.Equal(t, server.Issuer(), got.text("issuer"))
		assert.Equal(t, server.Metadata().TokenEndpoint, got.text("token_endpoint"))
		for _, grant := range []string{"password", oidcprovider.CustomGrantType, "client_credentials"} {
			assert.Contains(t, got.members["grant_types_supported"], grant)
		}
	}

	for _, endpoint := range []string{server.Issuer(), server.HTTPS()} {
		address, err := url.Parse(endpoint)
		require.NoError(t, err)
		assert.Equal(t, "127.0.0.1", address.Hostname())
	}
	assert.Equal(t, server.HTTPS()+"/token", server.Metadata().MTLSEndpointAliases["token_endpoint"])
}

func TestCloseEndsTheProcess(t *testing.T) {
	t.Parallel()
	server, err := oidcprovider.Start(t.Context(), oidcprovider.Options{})
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(server.PID(), 0), "the process runs")

	require.NoError(t, server.Close())

	assert.ErrorIs(t, syscall.Kill(server.PID(), 0), syscall.ESRCH)
	assert.NoError(t, server.Close(), "closing again changes nothing")
	assert.FileExists(t, server.Log())
	require.NoError(t, os.Remove(server.Log()))
}

func TestCloseReportsADeadProcess(t *testing.T) {
	t.Parallel()
	server, err := oidcprovider.Start(t.Context(), oidcprovider.Options{})
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(server.PID(), syscall.SIGKILL))

	assert.ErrorContains(t, server.Close(), "ended by itself: signal: killed")
	require.NoError(t, os.Remove(server.Log()))
}

func TestSecondStartAfterAHang(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "hung")

	server := oidcprovider.New(t, oidcprovider.Options{
		Environment:  []string{"OIDC_PROVIDER_HANG_ONCE=" + marker},
		ReadyTimeout: 2 * time.Second,
	})

	log, err := os.ReadFile(server.Log())
	require.NoError(t, err)
	assert.Contains(t, string(log), "hanging as told")
	assert.Contains(t, string(log), "starting once more")

	hung, err := os.ReadFile(marker)
	require.NoError(t, err)
	assert.NoDirExists(t, "/proc/"+string(hung), "the first process is gone")
}

func TestStartFails(t *testing.T) {
	t.Parallel()

	t.Run("settings", func(t *testing.T) {
		t.Parallel()
		_, err := oidcprovider.Start(t.Context(), oidcprovider.Options{Interval: time.Millisecond})
		assert.ErrorContains(t, err, "whole seconds")
	})

	t.Run("port in use", func(t *testing.T) {
		t.Parallel()
		other := oidcprovider.New(t, oidcprovider.Options{})
		address, err := url.Parse(other.HTTPS())
		require.NoError(t, err)
		var port int
		require.NoError(t, json.Unmarshal([]byte(address.Port()), &port))

		_, err = oidcprovider.Start(t.Context(), oidcprovider.Options{Port: port})

		require.ErrorContains(t, err, "ended before it was ready: exit status 1")
		require.ErrorContains(t, err, "EADDRINUSE", "the log is in the error")
		_, path, _ := strings.Cut(err.Error(), "\nlog ")
		path, _, _ = strings.Cut(path, " ends with")
		require.NoError(t, os.Remove(path))
	})
}

func TestMissingNode(t *testing.T) {
	t.Setenv("PATH", t.TempDir())

	_, err := oidcprovider.Start(t.Context(), oidcprovider.Options{})

	require.ErrorContains(t, err, "Node.js is needed")
	assert.ErrorIs(t, err, exec.ErrNotFound)
}

// ownerVariable makes TestServerOwner start a server and wait to be killed.
const ownerVariable = "OIDC_PROVIDER_TEST_OWNER"

func TestServerEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	owner := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServerOwner$", "-test.v")
	owner.Env = append(os.Environ(), ownerVariable+"=yes")
	output, err := owner.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, owner.Start())

	var started struct{ Issuer, Log string }
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if text, found := strings.CutPrefix(lines.Text(), "started "); found {
			require.NoError(t, json.Unmarshal([]byte(text), &started))
			break
		}
	}
	require.NotEmpty(t, started.Issuer)
	require.NoError(t, owner.Process.Kill())
	require.Error(t, owner.Wait(), "killed")

	require.Eventually(t, func() bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, started.Issuer+"/jwks", nil)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
		}
		return err != nil
	}, 5*time.Second, 50*time.Millisecond)
	require.NoError(t, os.Remove(started.Log))
}

func TestServerOwner(t *testing.T) {
	t.Parallel()
	if os.Getenv(ownerVariable) == "" {
		return // it is the helper of TestServerEndsWithItsOwner
	}
	server, err := oidcprovider.Start(t.Context(), oidcprovider.Options{})
	require.NoError(t, err)
	text, err := json.Marshal(map[string]string{"issuer": server.Issuer(), "log": server.Log()})
	require.NoError(t, err)
	_, err = os.Stdout.WriteString("\nstarted " + string(text) + "\n")
	require.NoError(t, err)
	select {}
}
