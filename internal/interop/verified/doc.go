// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package verified runs every capability of the client against real
// authorization servers, prints what came out as a matrix of capabilities and
// servers, and keeps that part of README.md up to date:
//
//	make interop         run; the matrix is the end of the output
//	make interop-update  run, and rewrite README.md
//
// Each rows_*_test.go holds the capabilities of one theme. A new server is a new
// function beside goOIDC and oidcProvider, and another one beside keyedGoOIDC and
// keyedOIDCProvider, which know the keys and certificates of their clients.
package verified
