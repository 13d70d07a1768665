// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

const (
	canLockFiles     = true
	readersLockFiles = true // a file that is open cannot be renamed over
)

const (
	lockfileFailImmediately = 1
	lockfileExclusiveLock   = 2
	errorLockViolation      = syscall.Errno(33)
)

// lockFile takes the lock of an open file if nobody has it. Two openings of a file
// exclude each other, also within a process.
func lockFile(file *os.File) (locked bool, err error) {
	lockFileEx := syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
	if err := lockFileEx.Find(); err != nil {
		return false, err
	}
	var place syscall.Overlapped
	ok, _, err := lockFileEx.Call(file.Fd(), lockfileExclusiveLock|lockfileFailImmediately, 0, 1, 0,
		uintptr(unsafe.Pointer(&place))) //nolint:gosec // what the system call wants
	switch {
	case ok != 0:
		return true, nil
	case errors.Is(err, errorLockViolation), errors.Is(err, syscall.ERROR_IO_PENDING):
		return false, nil
	}
	return false, err
}

// syncDir does nothing: Windows does not sync directories.
func syncDir(string) error { return nil }
