// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command clientcredentials requests a token for the program itself, with the
// grant client_credentials (RFC 6749 section 4.4), and reads the answer.
//
//	go run -C examples ./clientcredentials
//	go run -C examples ./clientcredentials -h
//	CLIENT_SECRET=… go run -C examples ./clientcredentials -issuer https://as.example -client-id me -scope api1
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
	settings := demo.Flags("clientcredentials", demo.Defaults{ClientID: authserver.ClientID, Scope: "api1"})
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()

	// One client is made once, and may be used by any number of goroutines.
	client, err := tokenclient.New(tokenclient.Config{
		Metadata:  server.Metadata,  // what the server publishes: its endpoints and what it requires
		Endpoints: server.Endpoints, // what a flag names counts instead
		ClientID:  server.ClientID,
		Auth:      server.Auth, // clientauth.SecretBasic("secret"), unless a flag says otherwise
	})
	if err != nil {
		return err
	}

	// The request can be repeated, so a lost connection or a busy server is no
	// error yet: it is sent up to three times.
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{
		Scope: server.Scope,
	})
	if err != nil {
		return err // always a *tokenclient.Error; demo.Explain shows what is in it
	}

	// response.AccessToken is the token. response.Token() has its absolute expiry
	// as well, and never prints it.
	demo.PrintToken(os.Stdout, response)
	return nil
}
