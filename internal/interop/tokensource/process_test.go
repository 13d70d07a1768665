// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const (
	redirectURI  = "http://127.0.0.1:53682/callback"
	refreshGrant = "refresh_token"
)

// soak returns how often something is done: 50 times, or what TOKENSOURCE_SOAK says.
func soak(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TOKENSOURCE_SOAK")
	if text == "" {
		return 50
	}
	times, err := strconv.Atoi(text)
	require.NoError(t, err)
	return times
}

// newClient returns the client of the test itself.
func newClient(t *testing.T, server *oidcprovider.Server) *tokenclient.Client {
	t.Helper()
	metadata := server.Metadata()
	client, err := tokenclient.New(tokenclient.Config{
		Issuer: server.Issuer(),
		Endpoints: tokenclient.Endpoints{
			Authorization: metadata.AuthorizationEndpoint, Token: metadata.TokenEndpoint, Introspection: metadata.IntrospectionEndpoint,
		},
		ClientID: oidcprovider.BasicClientID,
		Auth:     clientauth.SecretBasic(oidcprovider.ClientSecret),
	})
	require.NoError(t, err)
	return client
}

// signIn logs in alice in a browser.
func signIn(t *testing.T, server *oidcprovider.Server, client *tokenclient.Client) *tokenclient.TokenResponse {
	t.Helper()
	sent := tokenclient.NewAuthorizeRequest("openid offline_access api1", redirectURI)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	callback, err := server.Login(t.Context(), address)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(callback.Query(), sent)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	require.NoError(t, err)
	require.NotEmpty(t, got.RefreshToken)
	require.NotEmpty(t, got.IDToken)
	return got
}

// isActive asks the server.
func isActive(t *testing.T, client *tokenclient.Client, token string) bool {
	t.Helper()
	told, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: token})
	require.NoError(t, err)
	return told.Active
}

// assertNeverRefused checks by its log that the server has never answered
// invalid_grant, and, by replaying a refresh token, that it would have, and that the
// log would say so.
func assertNeverRefused(t *testing.T, server *oidcprovider.Server, client *tokenclient.Client, spent string) {
	t.Helper()
	refused := func() bool {
		text, err := os.ReadFile(server.Log())
		require.NoError(t, err)
		return bytes.Contains(text, []byte("invalid_grant"))
	}
	assert.False(t, refused(), "the server has answered invalid_grant")
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: spent})
	require.ErrorIs(t, err, tokenclient.ErrInvalidGrant)
	assert.True(t, refused(), "the log does not tell")
}

// process is this test binary, as another process.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

// event is a line that a process has printed.
type event struct {
	kind  string
	words []string // what follows
}

func startProcess(t *testing.T, role, dir string, server *oidcprovider.Server) *process {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestProcess$")
	command.Env = append(os.Environ(), processRole+"="+role, processDir+"="+dir, processServer+"="+server.Metadata().TokenEndpoint)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	p := &process{command, in, bufio.NewScanner(out)}
	require.Len(t, p.until(t, printsReady), 1)
	return p
}

// until returns what the process prints up to a line of that kind, with it.
func (p *process) until(t *testing.T, kind string) []event {
	t.Helper()
	var list []event
	for p.out.Scan() {
		list = append(list, p.event(t))
		if list[len(list)-1].kind == kind {
			return list
		}
	}
	require.Fail(t, "the process has ended", "%v", p.out.Err())
	return nil
}

// kill ends the process, wherever it is, with SIGKILL and returns what it has
// printed by then.
func (p *process) kill(t *testing.T) []event {
	t.Helper()
	require.NoError(t, p.command.Process.Kill())
	var list []event
	for p.out.Scan() {
		list = append(list, p.event(t))
	}
	_ = p.command.Wait() // it says that it was killed
	return list
}

func (p *process) event(t *testing.T) event {
	t.Helper()
	words := strings.Fields(p.out.Text())
	require.NotEmpty(t, words)
	require.NotEqual(t, printsFailed, words[0], p.out.Text())
	if words[0] == printsGot {
		require.Len(t, words, 4)
		require.Equal(t, noWord, words[3], "the error of an answer")
	}
	return event{words[0], words[1:]}
}
