// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package tokensource runs several processes on one file store against
// oidc-provider, which replaces each refresh token and revokes the whole login when
// it sees an old one again: processes that want a new token at the same time, and
// processes that are killed anywhere.
//
//	make interop  50 rounds and 50 kills
//	make soak     1,000 of each, among others
package tokensource
