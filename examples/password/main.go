// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command password requests a token with a user's name and password (RFC 6749
// section 4.3). RFC 9700 forbids the grant; it is here for servers that have
// nothing else.
//
//	go run -C examples ./password
//	go run -C examples ./password -h
//	USER_PASSWORD=… CLIENT_SECRET=… go run -C examples ./password -token-endpoint https://as.example/connect/token -client-id me -username bob
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
	settings := demo.Flags("password", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid api1"})
	username := demo.String("username", "USER_NAME", "name of the user; alice on the embedded server")
	password := demo.String("password", "USER_PASSWORD", "password of the user")
	acrValues := demo.String("acr-values", "ACR_VALUES", "more about the login, such as tenant:NAME idp:NAME")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()

	client, err := tokenclient.New(tokenclient.Config{
		Metadata:  server.Metadata,
		Endpoints: server.Endpoints,
		ClientID:  server.ClientID,
		Auth:      server.Auth,
	})
	if err != nil {
		return err
	}

	// Repeated requests lock accounts, so this one is sent again only when
	// provably nothing was sent.
	response, err := client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{
		UserName:  server.Or(*username, authserver.Alice),
		Password:  server.Or(*password, authserver.AlicePassword),
		Scope:     server.Scope,
		ACRValues: *acrValues,
	})
	if errors.Is(err, tokenclient.ErrInvalidGrant) {
		return fmt.Errorf("wrong user name or password: %w", err)
	}
	if err != nil {
		return err
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}
