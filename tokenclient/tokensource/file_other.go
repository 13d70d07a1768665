// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package tokensource

import (
	"errors"
	"os"
)

const (
	canLockFiles     = false // NewFile says so
	readersLockFiles = false
)

func lockFile(*os.File) (locked bool, err error) { return false, errors.ErrUnsupported }

func syncDir(string) error { return nil }
