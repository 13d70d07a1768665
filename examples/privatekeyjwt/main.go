// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command privatekeyjwt requests a token as a client that has no secret: it signs
// an assertion with its key, and the server knows the public key (private_key_jwt,
// RFC 7523 section 2.2).
//
//	go run -C examples ./privatekeyjwt
//	go run -C examples ./privatekeyjwt -h
//	go run -C examples ./privatekeyjwt -key key.pem
//	go run -C examples ./privatekeyjwt -issuer https://as.example -client-id me -key key.jwk -scope api1
package main

import (
	"context"
	"crypto"
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
	settings := demo.Flags("privatekeyjwt", demo.Defaults{ClientID: authserver.KeyClientID, Scope: "api1", NoSecret: true})
	keyFile := demo.KeyFlags()
	audience := flag.String("audience", "", "aud of the assertion, for servers that want another one than the issuer")
	untyped := flag.Bool("allow-untyped", false, "leave out typ, for servers that refuse it")
	flag.Parse()

	// clientauth.ParsePrivateKeyPEM or ParsePrivateKeyJWK has read the key, once. Any
	// crypto.Signer will do, such as one whose key never leaves a KMS.
	key, options, err := keyFile.Read()
	if err != nil {
		return err
	}
	options.Audience, options.AllowUntyped = *audience, *untyped

	// The embedded server is told the public key here; another server has it from
	// the registration of the client.
	server, err := settings.Connect(ctx, authserver.Options{ClientKeys: map[string]crypto.PublicKey{options.KeyID: key.Public()}})
	if err != nil {
		return err
	}
	defer server.Close()

	auth := clientauth.PrivateKeyJWT(key, options)
	client, err := tokenclient.New(tokenclient.Config{
		Metadata:  server.Metadata, // it has the issuer, who the assertions are for, and the algorithms it takes
		Endpoints: server.Endpoints,
		ClientID:  server.ClientID,
		Auth:      auth,
	})
	if err != nil {
		return err // such as an RSA key that is too short, or an algorithm that the server does not take
	}

	// Each attempt has an assertion of its own, good for a minute: what somebody may
	// have seen on the way cannot be sent again.
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: server.Scope})
	if err != nil {
		return err
	}
	fmt.Printf("Authenticated by %s with a key of type %T.\n", auth.Name(), key.Public())
	demo.PrintToken(os.Stdout, response)
	return nil
}
