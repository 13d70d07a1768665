// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command introspection asks the server what an access token is worth (RFC 7662),
// as an API does with a token that it was sent.
//
//	go run -C examples ./introspection
//	go run -C examples ./introspection -h
//	CLIENT_SECRET=… go run -C examples ./introspection -issuer https://as.example -client-id me -token-file FILE
package main

import (
	"context"
	"flag"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("introspection", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid api1"}, demo.Introspection)
	given := demo.GivenToken()
	signed := flag.Bool("signed", false, "accept only a signed answer (RFC 9701); the embedded server has none")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: server.Metadata, Endpoints: server.Endpoints, ClientID: server.ClientID, Auth: server.Auth,
	})
	if err != nil {
		return err
	}
	token, err := given.AccessToken(ctx, client, server)
	if err != nil {
		return err
	}

	info, err := client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{
		Token:         token,
		TokenTypeHint: tokenclient.TokenTypeHintAccessToken,
		RequireSigned: *signed, // verified with the keys in the metadata
	})
	if err != nil {
		return err // nobody knows what the token is worth: treat it as worth nothing
	}

	// A token that is not active is no error. When it is active, an API still has
	// to compare the audience and the scopes with what it serves.
	demo.PrintIntrospection(os.Stdout, info)
	return nil
}
