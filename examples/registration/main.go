// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command registration registers a client (RFC 7591), uses it once, and reads,
// changes and deletes its registration (RFC 7592).
//
//	go run -C examples ./registration
//	go run -C examples ./registration -h
//	INITIAL_ACCESS_TOKEN=… go run -C examples ./registration -issuer https://as.example
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("registration", demo.Defaults{NoClient: true, Scope: "api1"}, demo.Registration)
	initial := demo.String("initial-access-token", "INITIAL_ACCESS_TOKEN", "what allows to register a client; open servers want none")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()

	config := tokenclient.Config{Metadata: server.Metadata, Endpoints: server.Endpoints}
	manager, err := tokenclient.New(config)
	if err != nil {
		return err
	}

	// A second registration would be a second client, so it is sent once.
	registered, err := manager.RegisterClient(ctx, tokenclient.ClientRegistrationRequest{
		InitialAccessToken: *initial,
		Registration: tokenclient.ClientRegistration{
			ClientName: "identitymodel example", ApplicationType: "native", Scope: server.Scope,
			GrantTypes:              []string{tokenclient.GrantTypeClientCredentials},
			TokenEndpointAuthMethod: "client_secret_basic",
		},
	})
	if err != nil {
		return err
	}
	demo.PrintClient(os.Stdout, "Registered:", registered) // store it: its secrets are told once

	config.ClientID, config.Auth = registered.ClientID, clientauth.SecretBasic(registered.ClientSecret)
	client, err := tokenclient.New(config)
	if err == nil {
		err = use(ctx, client, server.Scope)
	}
	if managed := manage(ctx, manager, registered); err == nil { // deleted in any case
		err = managed
	}
	return err
}

// use requests a token as the new client.
func use(ctx context.Context, client *tokenclient.Client, scope string) error {
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	if err == nil {
		fmt.Printf("Used: %v\n", response.Token()) // a Token never prints its secret
	}
	return err
}
