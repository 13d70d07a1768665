// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command customgrant requests a token with a grant that the library does not
// know (RFC 6749 section 4.5), with parameters of its own, and reads a member
// of the answer that no standard has.
//
//	go run -C examples ./customgrant
//	go run -C examples ./customgrant -h
//	go run -C examples ./customgrant -parameters 'custom_parameter=hello' -member custom_member
package main

import (
	"context"
	"errors"
	"flag"
	"net/url"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("customgrant", demo.Defaults{ClientID: authserver.ClientID, Scope: "api1"})
	grantType := demo.String("grant-type", "GRANT_TYPE", "grant type; urn:example:custom on the embedded server")
	encoded := demo.String("parameters", "PARAMETERS", "more parameters, such as a=1&b=2; names may repeat")
	member := demo.String("member", "MEMBER", "member of the answer to show")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()

	parameters, err := url.ParseQuery(server.Or(*encoded, authserver.CustomParameter+"=hello"))
	if err != nil {
		return errors.New("-parameters must have the form a=1&b=2")
	}
	if server.Scope != "" && !parameters.Has("scope") {
		parameters.Set("scope", server.Scope)
	}

	client, err := tokenclient.New(tokenclient.Config{
		Metadata:  server.Metadata,
		Endpoints: server.Endpoints,
		ClientID:  server.ClientID,
		Auth:      server.Auth,
	})
	if err != nil {
		return err
	}

	// RequestToken takes any grant. What it does not know may work only once, so it
	// is not sent again after a lost connection, unless Repeatable says that it can be.
	response, err := client.RequestToken(ctx, tokenclient.TokenRequest{
		GrantType:  server.Or(*grantType, authserver.GrantCustom),
		Parameters: parameters,
	})
	if err != nil {
		return err
	}
	demo.PrintToken(os.Stdout, response)

	// Field reads a member by its literal name; JSON takes gjson's paths, and Raw
	// is the whole body, with the token in it.
	if name := server.Or(*member, authserver.CustomMember); name != "" {
		demo.PrintMember(os.Stdout, name, response.Field(name))
	}
	return nil
}
