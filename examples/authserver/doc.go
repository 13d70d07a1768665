// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package authserver is a real authorization server for the example programs,
// the quickstart and the integration tests. It listens on the loopback
// interface and serves github.com/luikyv/go-oidc, an OpenID certified library,
// so what a client meets here was not written by the author of the client.
//
//	srv, err := authserver.Start(ctx, authserver.Options{})
//	if err != nil {
//		return err
//	}
//	defer srv.Close()
//	// srv.TokenEndpoint(), authserver.ClientID, authserver.ClientSecret
//
// The clients and users are fixed and public: see [Clients] and [Users]. Never
// expose this server to a network.
//
// What go-oidc does by itself: discovery, client_credentials,
// authorization_code with PKCE, pushed authorization requests, refresh_token with
// rotation, device_code, CIBA (poll), token exchange, JWT bearer, introspection,
// revocation, userinfo, registration of native clients and its management,
// client_secret_basic, client_secret_post and public clients, client_secret_jwt,
// private_key_jwt, both kinds of mutual TLS, and DPoP. Which assertions and which
// tokens to exchange are good, and what was used before, it leaves to this package.
//
// What it does not do, and this package adds in a middleware, is named by
// [Shims]; each has a file shim_*.go. A capability that is a shim is our own
// code: verify it against a server that has it natively as well.
//
// A refresh token is issued when the scope offline_access was granted.
//
// The server also runs alone: go run -C examples ./authserver/cmd
package authserver
