// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// install runs npm ci in the directory unless node_modules is as new as the
// lockfile. Test binaries that run at the same time take turns.
func install(ctx context.Context, directory string) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("oidcprovider: Node.js is needed to run oidc-provider (Debian: apt-get install nodejs): %w", err)
	}

	unlock, err := lockFile(ctx, filepath.Join(directory, ".npm-ci.lock"))
	if err != nil {
		return fmt.Errorf("oidcprovider: wait for another npm ci: %w", err)
	}
	defer unlock()

	current, err := installed(directory)
	if err != nil || current {
		return err
	}

	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("oidcprovider: npm is needed to install oidc-provider (Debian: apt-get install npm): %w", err)
	}
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	command.Dir = directory
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("oidcprovider: npm ci: %w\n%s", err, output)
	}
	return nil
}

// installed compares with the file that npm ci writes last.
func installed(directory string) (bool, error) {
	lockfile, err := os.Stat(filepath.Join(directory, "package-lock.json"))
	if err != nil {
		return false, fmt.Errorf("oidcprovider: %w", err)
	}
	written, err := os.Stat(filepath.Join(directory, "node_modules", ".package-lock.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("oidcprovider: %w", err)
	}
	return !written.ModTime().Before(lockfile.ModTime()), nil
}

// lockFile waits for the exclusive lock on the file, which the system releases
// when the process ends.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}

	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, file.Close())
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		}
	}
}
