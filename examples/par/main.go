// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command par logs a user in with the browser, and tells the server directly what
// it asks for before: a pushed authorization request (RFC 9126), which nobody can
// read or change in the browser.
//
//	go run -C examples ./par
//	go run -C examples ./par -h
//	go run -C examples ./par -issuer https://as.example -client-id me -scope openid
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
	settings := demo.Flags("par", demo.Defaults{ClientID: authserver.PublicClientID, Scope: "openid api1"}, demo.PushedAuthorization)
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
		Metadata: server.Metadata, Endpoints: server.Endpoints, ClientID: server.ClientID, Auth: server.Auth,
	})
	if err != nil {
		return err
	}

	// The same login as without pushing. Where the metadata says that requests have
	// to be pushed, AuthorizeURL refuses a login that was not.
	pushed, err := client.PushAuthorization(ctx, tokenclient.NewAuthorizeRequest(server.Scope, loopback.RedirectURI()))
	if err != nil {
		return err
	}
	login := pushed.AuthorizeRequest() // to be remembered until the user is back
	address, err := client.AuthorizeURL(login)
	if err != nil {
		return err
	}
	fmt.Printf("Pushed; the address works once, for %s.\n", pushed.ExpiresIn)
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
			return err
		}
		response, err = client.RequestAuthorizationCodeToken(ctx, answer.TokenRequest())
		return err
	})
	if err != nil {
		return err
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}
