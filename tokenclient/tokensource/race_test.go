// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package tokensource_test

// callers is how many goroutines call at once: the race detector has a limit of
// 8128. cycles is how often something is done that leaks if anything does.
const (
	callers = 5_000
	cycles  = 1_000
)
