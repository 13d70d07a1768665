// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package faultserver

import "syscall"

// shrinkBacklog listens once more, with the smallest backlog.
func shrinkBacklog(fd uintptr) {
	_ = syscall.Listen(int(fd), 0) // if it fails, filling takes longer
}
