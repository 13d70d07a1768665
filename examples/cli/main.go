// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command cli logs a user in once, on any device with a browser, and keeps the
// tokens in a file that its later runs share, also those at the same time. They
// renew the tokens with a refresh token that the server rotates.
//
//	go run -C examples ./cli
//	go run -C examples ./cli -issuer https://as.example -client-id me -do login
//	go run -C examples ./cli -issuer https://as.example -client-id me -do call
//	go run -C examples ./cli -issuer https://as.example -client-id me -do logout
//
// Without -do it does all three, here against the embedded server.
package main

import (
	"context"
	"errors"
	"flag"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("cli", demo.Defaults{ClientID: authserver.PublicClientID, Scope: "openid profile offline_access"},
		demo.Revocation, demo.UserInfo)
	dir := flag.String("store", "", "directory for the tokens; by default one of the user's")
	command := flag.String("do", "", "login, call or logout; by default one after the other")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{ApproveDeviceAfter: 1, DeviceInterval: time.Second})
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

	// The file is for its owner only, and locked while a run renews the tokens.
	store, err := openStore(*dir, server.Embedded())
	if err != nil {
		return err
	}
	session, err := tokensource.NewRefreshing(client, tokensource.RefreshingConfig{
		Store: store, Key: keyOf(server), OnToken: renewed,
	})
	if err != nil {
		return err
	}
	err = do(ctx, *command, client, server, session)
	return errors.Join(err, session.Close())
}
