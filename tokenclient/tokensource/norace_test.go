// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package tokensource_test

// callers is how many goroutines call at once, and cycles how often something is
// done that leaks if anything does.
const (
	callers = 10_000
	cycles  = 10_000
)
