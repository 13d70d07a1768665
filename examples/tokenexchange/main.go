// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command tokenexchange trades a user's token for another (RFC 8693), as a service
// does that calls the next one for the user.
//
//	go run -C examples ./tokenexchange
//	go run -C examples ./tokenexchange -h
//	CLIENT_SECRET=… go run -C examples ./tokenexchange -issuer https://as.example -client-id me -token-file FILE -audience api2
package main

import (
	"context"
	"flag"
	"os"
	"strings"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("tokenexchange", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid api1 api2"})
	given := demo.GivenToken()
	audience := demo.String("audience", "AUDIENCE", "services that the new token is for, separated by spaces; api2 on the embedded server")
	resource := demo.String("resource", "RESOURCE", "APIs that the new token is for, as URLs separated by spaces")
	newScope := demo.String("new-scope", "NEW_SCOPE", "what the new token is to be good for; api2 on the embedded server")
	newType := demo.String("new-type", "NEW_TYPE", "type of the new token, such as "+tokenclient.TokenTypeIdentifierIDToken)
	actor := demo.String("actor-token-file", "ACTOR_TOKEN_FILE", "file with the access token of the service that acts for the user")
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
	subjectToken, err := given.AccessToken(ctx, client, server)
	if err != nil {
		return err
	}
	request := tokenclient.TokenExchangeTokenRequest{
		SubjectToken:       subjectToken,
		SubjectTokenType:   tokenclient.TokenTypeIdentifierAccessToken,
		Audience:           strings.Fields(server.Or(*audience, "api2")),
		Resource:           strings.Fields(*resource),
		Scope:              server.Or(*newScope, "api2"),
		RequestedTokenType: *newType,
	}
	if request.ActorToken, err = demo.ReadSecret(*actor); err != nil {
		return err
	}
	if request.ActorToken != "" {
		request.ActorTokenType = tokenclient.TokenTypeIdentifierAccessToken
	}

	response, err := client.RequestTokenExchangeToken(ctx, request)
	if err != nil {
		return err // such as tokenclient.ErrInvalidTarget: not for this audience
	}

	// IssuedTokenType says what came. Whatever it is, it is in AccessToken; the type
	// N_A means that it is no access token.
	demo.PrintToken(os.Stdout, response)
	return nil
}
