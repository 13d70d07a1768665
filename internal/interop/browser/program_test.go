// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// programLimit is far more than a login takes.
const programLimit = 2 * time.Minute

// build compiles a program of examples and returns its path.
func build(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	command := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./"+name)
	command.Dir = "../../../examples"
	command.Env = append(os.Environ(), "GOWORK=off")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "go build: %s", output)
	return path
}

// program is a running program.
type program struct {
	t       *testing.T
	command *exec.Cmd
	lines   chan string // of stdout; closed at its end
	stdout  []string    // those that were taken from lines
	stderr  bytes.Buffer
}

// start starts a program with nothing in its environment but the entries, and
// kills it when the test ends.
func start(t *testing.T, path string, environment []string, flags ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), programLimit)
	p := &program{t: t, command: exec.CommandContext(ctx, path, flags...), lines: make(chan string, 1000)}
	p.command.Env = environment
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	go p.read(stdout)
	t.Cleanup(func() {
		cancel()
		_ = p.command.Wait() // an error if end has waited
		if t.Failed() {
			t.Logf("the program printed:\n%s\n%s", strings.Join(p.stdout, "\n"), p.stderr.String())
		}
	})
	return p
}

func (p *program) read(stdout io.Reader) {
	defer close(p.lines)
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		p.lines <- scanner.Text()
	}
}

// await waits for the line that begins so, and returns what follows.
func (p *program) await(prefix string) string {
	p.t.Helper()
	for line := range p.lines {
		p.stdout = append(p.stdout, line)
		if rest, found := strings.CutPrefix(line, prefix); found {
			return strings.TrimSpace(rest)
		}
	}
	require.Failf(p.t, "the program ended", "before it printed %q", prefix)
	return ""
}

// token are the lines that tell of a token without showing one.
var token = []string{
	`  token type +Bearer`,
	`  lifetime +1h0m0s`,
	`  scope +openid profile`,
	`  access token +\[redacted\], \d+ characters`,
	`  refresh token +\[redacted\], \d+ characters`,
	`  ID token +\[redacted\], \d+ characters, not validated`,
	`  Token +Bearer \[redacted\] until \S+`,
}

// end waits for the program to end with the exit code and returns its stderr. The
// patterns are those of all lines that it prints to stdout after those awaited:
// each line has one, and each pattern has a line.
func (p *program) end(exitCode int, patterns ...string) (stderr string) {
	p.t.Helper()
	matched := map[string]bool{}
	for line := range p.lines {
		p.stdout = append(p.stdout, line)
		i := slices.IndexFunc(patterns, func(pattern string) bool {
			return regexp.MustCompile("^" + pattern + "$").MatchString(line)
		})
		if i < 0 {
			assert.Fail(p.t, "a line that is not expected", line)
			continue
		}
		matched[patterns[i]] = true
	}
	_ = p.command.Wait() // the exit code says it
	require.Equal(p.t, exitCode, p.command.ProcessState.ExitCode())
	for _, pattern := range patterns {
		assert.True(p.t, matched[pattern], "no line is like %s", pattern)
	}
	return p.stderr.String()
}
