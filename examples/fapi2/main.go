// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command fapi2 logs a user in as the FAPI 2.0 Security Profile asks a client to:
// the request is pushed (RFC 9126) by a client that signs assertions
// (private_key_jwt), with PKCE; the answer must name its issuer (RFC 9207); the
// tokens are bound to a key (DPoP, with the server's nonce).
//
//	go run -C examples ./fapi2
//	go run -C examples ./fapi2 -h
//	go run -C examples ./fapi2 -issuer https://as.example -client-id me -key key.pem -scope openid
package main

import (
	"context"
	"crypto"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("fapi2", demo.Defaults{ClientID: authserver.KeyClientID, Scope: "openid offline_access", NoSecret: true})
	keyFile, login := demo.KeyFlags(), demo.LoginFlags()
	flag.Parse()
	key, options, err := keyFile.Read()
	if err != nil {
		return err
	}
	server, err := settings.Connect(ctx, authserver.Options{
		ClientKeys: map[string]crypto.PublicKey{options.KeyID: key.Public()}, RequireDPoPNonce: true,
	})
	if err != nil {
		return err
	}
	defer server.Close()
	metadata := server.Metadata
	if metadata == nil || metadata.AuthorizationResponseIssParameterSupported == nil || !*metadata.AuthorizationResponseIssParameterSupported {
		return errors.New("FAPI 2.0 needs -issuer, and a server that names itself in its answers (RFC 9207)")
	}
	redirectURI, err := login.RedirectURI(ctx)
	if err != nil {
		return err
	}
	defer login.Close()

	// The metadata says that an answer without iss is refused.
	prover, err := dpop.NewProver(dpop.Config{}) // ES256, with a key of its own
	if err != nil {
		return err
	}
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: metadata, ClientID: server.ClientID,
		Auth: clientauth.PrivateKeyJWT(key, options), DPoP: prover,
	})
	if err != nil {
		return err
	}
	pushed, err := client.PushAuthorization(ctx, tokenclient.NewAuthorizeRequest(server.Scope, redirectURI)) // with PKCE
	if err != nil {
		return err
	}
	fmt.Printf("Pushed; the address works once, for %s.\n", pushed.ExpiresIn)
	response, err := login.Tokens(ctx, client, server, pushed.AuthorizeRequest())
	if err != nil {
		return err
	}
	demo.PrintToken(os.Stdout, response)

	// A refresh has a new assertion, and a new proof of the same key.
	if response.RefreshToken != "" {
		if response, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: response.RefreshToken}); err != nil {
			return err
		}
		fmt.Printf("Refreshed: %v\n", response.Token())
	}
	status, _, err := demo.CallAPI(ctx, metadata.UserInfoEndpoint, response.Token(), prover)
	fmt.Printf("Called the UserInfo endpoint: %s\n", status)
	return err
}
