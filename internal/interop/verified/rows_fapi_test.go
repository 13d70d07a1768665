// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fapiRows() []row {
	return []row{{
		group: "FAPI 2.0", name: "examples/fapi2: pushed login, private_key_jwt, DPoP with nonce, PKCE, iss",
		check: checkFAPI, added: map[string]string{keyGoOIDC: addedNonce},
	}}
}

// checkFAPI runs the program as a user does, and opens the address that it prints.
func checkFAPI(t *testing.T, s *server) {
	k := s.keyed
	program := filepath.Join(t.TempDir(), "fapi2")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./fapi2")
	build.Dir = "../../../examples"
	build.Env = append(os.Environ(), "GOWORK=off")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	der, err := x509.MarshalPKCS8PrivateKey(k.signingKeys[keyP256])
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, "-no-browser", "-issuer", k.issuer, "-additional-base", k.base,
		"-client-id", k.signing, "-key", file, "-key-id", keyP256, "-scope", "openid offline_access")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	var printed strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		printed.WriteString(lines.Text() + "\n")
		if address, ok := strings.CutPrefix(lines.Text(), "Open this address: "); ok {
			visit(t, address)
		}
	}
	require.NoError(t, command.Wait(), "%s%s", &printed, &stderr)

	for _, want := range []string{
		"Pushed; the address works once, for ", "token type     DPoP", "refresh token  [redacted]", "ID token ",
		"Refreshed: DPoP [redacted] until ", "Called the UserInfo endpoint: 200 OK",
	} {
		assert.Contains(t, printed.String(), want)
	}
	assert.NotContains(t, printed.String()+stderr.String(), "eyJ")
}

// visit opens an address as a browser does, all the way back to the program.
func visit(t *testing.T, address string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := (&http.Client{Jar: jar}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode, "the page that says whether the login succeeded")
}
