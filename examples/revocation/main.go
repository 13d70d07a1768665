// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command revocation makes a token useless (RFC 7009), and shows what it was worth
// before and after.
//
//	go run -C examples ./revocation
//	go run -C examples ./revocation -h
//	CLIENT_SECRET=… go run -C examples ./revocation -issuer https://as.example -client-id me -token-file FILE
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("revocation", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid api1"},
		demo.Revocation, demo.Introspection)
	given := demo.GivenToken()
	hint := flag.String("hint", tokenclient.TokenTypeHintAccessToken, "where the server looks first: `access_token` or refresh_token")
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
	if err := show(ctx, client, "Before:", token); err != nil {
		return err
	}

	// No error means that the token is not good any more, even if the server never
	// knew it. After one whose Outcome is NotProcessed it still is: revoke it later.
	_, err = client.RevokeToken(ctx, tokenclient.TokenRevocationRequest{Token: token, TokenTypeHint: *hint})
	if err != nil {
		return err
	}
	fmt.Println("The token is revoked.")
	return show(ctx, client, "After:", token)
}

// show says what the token is worth, if the server has an introspection endpoint.
func show(ctx context.Context, client *tokenclient.Client, title, token string) error {
	info, err := client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{Token: token})
	var failed *tokenclient.Error
	if errors.As(err, &failed) && failed.Kind == tokenclient.KindRequest {
		return nil // there is no such endpoint
	}
	if err != nil {
		return err
	}
	fmt.Println(title)
	demo.PrintIntrospection(os.Stdout, info)
	return nil
}
