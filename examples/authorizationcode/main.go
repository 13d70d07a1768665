// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command authorizationcode logs a user in with the browser (RFC 6749 section
// 4.1), with PKCE, state and a redirect to this program on the loopback
// interface (RFC 8252), and redeems the code.
//
//	go run -C examples ./authorizationcode
//	go run -C examples ./authorizationcode -h
//	go run -C examples ./authorizationcode -issuer https://as.example -client-id me -scope openid
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("authorizationcode", demo.Defaults{ClientID: authserver.PublicClientID, Scope: "openid api1"})
	listen := flag.String("listen", "127.0.0.1:0", "loopback address of the redirect URI; the server must know http://`ADDRESS`/callback")
	noBrowser := flag.Bool("no-browser", false, "do not open the browser")
	automatic := flag.Bool("automatic", false, "the embedded server asks nobody and lets alice in")
	timeout := flag.Duration("timeout", 5*time.Minute, "how long to wait for the user")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{Interactive: !*automatic})
	if err != nil {
		return err
	}
	defer server.Close()
	loopback, err := demo.Listen(ctx, *listen)
	if err != nil {
		return err
	}
	defer loopback.Close()

	client, err := tokenclient.New(tokenclient.Config{
		Metadata:  server.Metadata, // so the answer must come from this server (RFC 9207)
		Endpoints: server.Endpoints,
		ClientID:  server.ClientID,
		Auth:      server.Auth, // clientauth.None(): a program on a user's machine keeps no secret
	})
	if err != nil {
		return err
	}

	// A login is one value: what is sent, and what the answer is compared with.
	login := tokenclient.NewAuthorizeRequest(server.Scope, loopback.RedirectURI())
	address, err := client.AuthorizeURL(login)
	if err != nil {
		return err
	}
	fmt.Printf("Open this address: %s\n", address)
	if server.Embedded() && !*automatic {
		fmt.Printf("Log in as %s with the password %s.\n", authserver.Alice, authserver.AlicePassword)
	}
	if !*noBrowser {
		demo.OpenBrowser(ctx, address)
	}

	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	var response *tokenclient.TokenResponse
	err = loopback.Receive(ctx, func(values url.Values) error {
		answer, err := client.ParseAuthorizeResponse(values, login)
		if err != nil {
			return err // the user said no, or the answer is not one to this login
		}
		// A code works once: it is sent again only when provably nothing was sent.
		response, err = client.RequestAuthorizationCodeToken(ctx, answer.TokenRequest())
		return err
	})
	if err != nil {
		return err
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}
