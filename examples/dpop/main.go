// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command dpop logs a user in and gets a token that is bound to a key of this
// program (RFC 9449): whoever steals the token cannot use it. Then it calls an API
// with it, the UserInfo endpoint, and shows what a proof says.
//
//	go run -C examples ./dpop
//	go run -C examples ./dpop -h
//	go run -C examples ./dpop -issuer https://as.example -client-id me -scope openid
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("dpop", demo.Defaults{ClientID: authserver.PublicClientID, Scope: "openid profile"})
	login := demo.LoginFlags()
	api := flag.String("api", "", "address of an API to call; by default the UserInfo endpoint")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{RequireDPoPNonce: true})
	if err != nil {
		return err
	}
	defer server.Close()
	redirectURI, err := login.RedirectURI(ctx)
	if err != nil {
		return err
	}
	defer login.Close()

	// The tokens live no longer than the key: one made here goes with the program.
	// dpop.Config.Key takes a key that was kept.
	prover, err := dpop.NewProver(dpop.Config{})
	if err != nil {
		return err
	}
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: server.Metadata, Endpoints: server.Endpoints, ClientID: server.ClientID, Auth: server.Auth,
		DPoP: prover, // each request for a token has a proof; the code is bound to the key as well (dpop_jkt)
	})
	if err != nil {
		return err
	}
	response, err := login.Tokens(ctx, client, server, tokenclient.NewAuthorizeRequest(server.Scope, redirectURI))
	if err != nil {
		return err // such as a token of type Bearer: it is bound to nothing
	}
	demo.PrintToken(os.Stdout, response)

	// At an API the proof is bound to the token too. demo.CallAPI uses Authorize.
	address := *api
	if server.Metadata != nil {
		address = cmp.Or(address, server.Metadata.UserInfoEndpoint)
	}
	status, body, err := demo.CallAPI(ctx, address, response.Token(), prover)
	if err != nil {
		return err
	}
	fmt.Printf("GET %s: %s, sub %q\n", address, status, gjson.GetBytes(body, "sub").String())
	return printProof(prover, address, response.AccessToken)
}
