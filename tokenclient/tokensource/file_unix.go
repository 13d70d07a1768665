// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tokensource

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

const (
	canLockFiles     = true
	readersLockFiles = false // a file that is renamed over stays what it was for who has it open
)

// lockFile takes the lock of an open file if nobody has it. Two openings of a file
// exclude each other, also within a process.
func lockFile(file *os.File) (locked bool, err error) {
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

// syncDir makes what was renamed or removed in a directory durable.
func syncDir(dir string) error {
	opened, err := os.Open(dir) //nolint:gosec // the directory is the caller's
	if err != nil {
		return fmt.Errorf("tokensource: open the directory of the file store: %w", err)
	}
	defer func() { _ = opened.Close() }()
	if err := opened.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) { // not every file system can
		return fmt.Errorf("tokensource: sync the directory of the file store: %w", err)
	}
	return nil
}
