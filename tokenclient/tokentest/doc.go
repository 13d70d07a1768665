// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package tokentest is a scriptable fake OAuth 2.0 authorization server for
// tests.
//
// [Start] opens a real loopback socket, so that a test exercises the whole path
// of its client: connections, time limits, redirects, broken answers. Nothing has
// to be set up:
//
//	server := tokentest.Start()
//	defer server.Close()
//	// Point the client under test at server.TokenURL().
//
// # What it does by itself
//
// Without a script it is a small, correct server: client_credentials, password,
// authorization_code with PKCE and codes that work once, refresh_token with
// rotation and reuse detection, and device_code with its polling rules. The first
// [Server.AddClient] makes client authentication mandatory; [Server.HandleGrant]
// adds a grant and [Server.Handle] a path (metadata, introspection, userinfo).
// [Server.Configure] sets lifetimes, the polling interval and the clock.
//
// It issues no ID tokens, and its access tokens are opaque.
//
// # What a test can make it do
//
// [Server.Enqueue] scripts the answers to the next requests to a path, whatever
// they ask; after the last one the server is itself again. An [Answer] is any
// status, header and body, late, cut short, or replaced by a reset connection:
//
//	server.Enqueue(tokentest.TokenPath,
//		tokentest.Answer{Status: 503, RetryAfter: "1"},
//		tokentest.Answer{Fault: tokentest.ResetBeforeAnswer},
//		tokentest.Answer{Default: true, Fault: tokentest.CloseBeforeAnswer},
//	)
//
// The third one processes the request, and rotates the refresh token if it was
// one, but the client never learns the outcome.
//
// # What a test can ask it
//
// [Server.Requests], [Server.TokenRequests] and [Server.Count] tell what arrived,
// byte for byte and with the connection it came on; [Server.TokenActive] tells
// whether an issued token is still good.
//
// Everything is safe for concurrent use by multiple goroutines. The server speaks
// HTTP/1.1, listens on the loopback interface only, writes no log, and is not for
// production: nothing about it is hardened or bounded.
package tokentest
