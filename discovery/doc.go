// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package discovery finds out who an authorization server is, from its issuer
// identifier, and checks what it says before it is trusted (OpenID Connect
// Discovery, RFC 8414, RFC 9728).
//
//	metadata, err := discovery.Fetch(ctx, "https://as.example", discovery.Options{})
//
// [Fetch] fetches and checks one document; [Cache] keeps one fresh for programs
// that need it again and again; [Keys] are the keys of a server, fetched when
// they are first asked for and again when they rotate; [FetchResource] starts from
// an API instead of a server.
//
// [Policy] says what is checked. It is strict by default, and each relaxation is
// a field with a name. What it refuses comes back as an [*Error] with one
// [Violation] for each member.
package discovery
