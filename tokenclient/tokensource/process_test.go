// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const (
	processRole   = "TOKENSOURCE_TEST_ROLE" // of a process that a test has started
	processDir    = "TOKENSOURCE_TEST_DIR"
	processServer = "TOKENSOURCE_TEST_SERVER"
	perProcess    = 8 // goroutines
)

// soak returns how often something is done: more when TOKENSOURCE_SOAK says so.
func soak(t *testing.T, usually int) int {
	t.Helper()
	text := os.Getenv("TOKENSOURCE_SOAK")
	if text == "" {
		return usually
	}
	times, err := strconv.Atoi(text)
	require.NoError(t, err)
	return times
}

// process is this test binary, as another process.
type process struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func startProcess(t *testing.T, role, dir, server string) *process {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestProcess$")
	command.Env = append(os.Environ(), processRole+"="+role, processDir+"="+dir, processServer+"="+server)
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
	require.Equal(t, "ready", p.line(t))
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	require.True(t, p.out.Scan(), "the process has ended")
	return p.out.Text()
}

func (p *process) kill() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

func fileSource(t *testing.T, dir, tokenURL string) *tokensource.Refreshing {
	t.Helper()
	client, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client"})
	require.NoError(t, err)
	return newRefreshing(t, client, tokensource.RefreshingConfig{Store: newFile(t, dir), Key: sessionKey})
}

// round is the target of a round: nobody has a token for it yet.
func round(n string) tokensource.Target {
	return tokensource.Target{Resource: []string{"https://" + n + ".example"}}
}

// TestProcess is what the processes do that the tests below start.
func TestProcess(t *testing.T) { //nolint:paralleltest // it is alone in its process
	role := os.Getenv(processRole)
	if role == "" {
		t.Skip("it is for other processes")
	}
	source := fileSource(t, os.Getenv(processDir), os.Getenv(processServer))
	fmt.Println("ready")
	if role == "refresh" { // until it is killed
		for {
			_, err := source.TokenFor(t.Context(), round(strconv.FormatUint(rand.Uint64(), 36)))
			if err != nil {
				fmt.Println("failed:", err)
				return
			}
		}
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		answers := make([]string, perProcess)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				token, err := source.TokenFor(t.Context(), round(in.Text()))
				answers[i] = token.AccessToken()
				if err != nil {
					answers[i] = err.Error()
				}
			})
		}
		group.Wait()
		fmt.Println(strings.Join(answers, ";"))
	}
}

func TestProcessesShareOneFileStore(t *testing.T) {
	t.Parallel()
	server, dir := startServer(t), t.TempDir()
	source := fileSource(t, dir, server.TokenURL())
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
		RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
	}))
	var processes []*process
	for range 4 {
		processes = append(processes, startProcess(t, "rounds", dir, server.TokenURL()))
	}
	for n := range soak(t, 50) {
		for _, p := range processes {
			_, err := fmt.Fprintf(p.in, "r%d\n", n)
			require.NoError(t, err)
		}
		got := map[string]bool{}
		for _, p := range processes {
			for _, token := range strings.Split(p.line(t), ";") {
				got[token] = true
			}
		}
		require.Len(t, got, 1, "one token for all")
		for token := range got {
			require.True(t, server.TokenActive(token), token)
		}
		require.Equal(t, n+1, server.Count(tokentest.TokenPath), "one refresh per round")
	}
}

// TestProcessIsKilledAnywhere: after each kill the store has the old pair or the new
// one, and a refresh token is never sent twice.
func TestProcessIsKilledAnywhere(t *testing.T) {
	t.Parallel()
	server, dir := startServer(t), t.TempDir()
	source := fileSource(t, dir, server.TokenURL())
	login := func() {
		require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{
			RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{}),
		}))
	}
	login()
	lost, good := 0, 0
	for range soak(t, 50) {
		p := startProcess(t, "refresh", dir, server.TokenURL())
		time.Sleep(time.Duration(rand.Int64N(int64(15 * time.Millisecond))))
		p.kill()
		if p.out.Scan() {
			require.Fail(t, p.out.Text())
		}
		refreshToken, ok := stored(t, newFile(t, dir), "refresh_token").(string)
		require.True(t, ok)
		claimed := stored(t, newFile(t, dir), "claim") != nil
		require.True(t, claimed || server.TokenActive(refreshToken), "the pair in the store is neither the old one nor the new one")
		after := fileSource(t, dir, server.TokenURL()) // the process, started again
		_, err := after.TokenFor(t.Context(), round("after"+strconv.FormatUint(rand.Uint64(), 36)))
		if claimed {
			require.ErrorIs(t, err, tokensource.ErrRefreshUnknown)
			lost++
			login()
		} else {
			require.NoError(t, err)
			good++
		}
		require.NoError(t, after.Close())
	}
	t.Logf("%d kills left a good pair, %d a lost answer; %d refreshes", good, lost, server.Count(tokentest.TokenPath))
	sent := map[string]bool{}
	for _, request := range server.TokenRequests() {
		token := request.Form.Get("refresh_token")
		assert.False(t, sent[token], "sent twice")
		sent[token] = true
	}
	assert.Positive(t, good+lost)
}
