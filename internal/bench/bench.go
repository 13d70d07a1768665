// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package bench compares tokenclient with other ways to request a token, side by
// side in one run: make bench. It is a module of its own, so that what it
// compares with is nobody's dependency.
package bench
