// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package faultserver

// shrinkBacklog leaves the backlog as it is.
func shrinkBacklog(uintptr) {}
