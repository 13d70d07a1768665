// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// launch is all that it takes to start a process.
type launch struct {
	directory   string
	settings    string
	environment []string
	log         *os.File
	client      *http.Client
}

// process is a running node. It ends when its standard input does, even if the
// program that started it dies.
type process struct {
	command   *exec.Cmd
	stdin     io.Closer
	announced announcement
	ended     chan struct{} // closed when command.ProcessState says how it ended
}

// announcement is the line with which server.mjs says that it is ready.
type announcement struct {
	Issuer string `json:"issuer"`
	HTTP   string `json:"http"`
	HTTPS  string `json:"https"`
}

var errNotReady = errors.New("oidcprovider: the server did not answer in time")

// untilReady starts a process and, because about one start in twenty hangs
// before it listens, a second one if the first does not answer in time. The
// second gets three times as long, in case the machine is slow.
func (l launch) untilReady(ctx context.Context, timeout time.Duration) (*process, Metadata, error) {
	process, metadata, err := l.once(ctx, timeout)
	if errors.Is(err, errNotReady) {
		fmt.Fprintf(l.log, "no answer within %v: killed, starting once more\n", timeout)
		process, metadata, err = l.once(ctx, 3*timeout)
	}
	return process, metadata, err
}

func (l launch) once(ctx context.Context, timeout time.Duration) (*process, Metadata, error) {
	process, announced, err := l.run()
	if err != nil {
		return nil, Metadata{}, fmt.Errorf("oidcprovider: start node: %w", err)
	}

	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errNotReady)
	defer cancel()
	metadata, err := l.awaitReady(ctx, process, announced)
	if err != nil {
		process.kill()
		return nil, Metadata{}, err
	}
	return process, metadata, nil
}

func (l launch) run() (*process, <-chan announcement, error) {
	announced := make(chan announcement, 1)
	command := exec.Command("node", "server.mjs", l.settings)
	command.Dir = l.directory
	command.Env = append(append(os.Environ(), "DEBUG=oidc-provider:*"), l.environment...)
	command.Stdout = &announcementReader{found: announced}
	command.Stderr = l.log
	command.WaitDelay = time.Second

	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}

	process := &process{command: command, stdin: stdin, ended: make(chan struct{})}
	go func() {
		_ = command.Wait() // its error says no more than command.ProcessState
		close(process.ended)
	}()
	return process, announced, nil
}

// awaitReady waits for the announcement and then for the discovery document.
func (l launch) awaitReady(ctx context.Context, process *process, announced <-chan announcement) (Metadata, error) {
	select {
	case process.announced = <-announced:
	case <-process.ended:
		return Metadata{}, fmt.Errorf("oidcprovider: the server ended before it was ready: %s", process.command.ProcessState)
	case <-ctx.Done():
		return Metadata{}, context.Cause(ctx)
	}

	metadata, err := fetchMetadata(ctx, l.client, process.announced.Issuer)
	if err != nil && ctx.Err() != nil {
		return Metadata{}, context.Cause(ctx)
	}
	return metadata, err
}

// stop ends the process and waits for it, with force if it does not heed. A
// process that did not end because of that is an error.
func (p *process) stop() error {
	p.stdin.Close() // fails only if the process has ended
	select {
	case <-p.ended:
	case <-time.After(3 * time.Second):
		p.kill()
		return nil
	}
	if state := p.command.ProcessState; !state.Success() {
		return fmt.Errorf("oidcprovider: the server ended by itself: %s", state)
	}
	return nil
}

func (p *process) kill() {
	_ = p.command.Process.Kill() // fails only if it has ended
	<-p.ended
}

// announcementReader finds the first line of what is written to it.
type announcementReader struct {
	line  bytes.Buffer
	found chan announcement
}

func (r *announcementReader) Write(text []byte) (int, error) {
	if r.found == nil {
		return len(text), nil
	}
	r.line.Write(text)
	line, _, complete := bytes.Cut(r.line.Bytes(), []byte("\n"))
	if !complete {
		return len(text), nil
	}

	var announced announcement
	if err := json.Unmarshal(line, &announced); err != nil {
		return 0, fmt.Errorf("oidcprovider: read the announcement: %w", err)
	}
	r.found <- announced
	r.found = nil
	return len(text), nil
}
