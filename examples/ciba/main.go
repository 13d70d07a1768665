// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command ciba asks a user on the user's own phone (OpenID Connect CIBA, poll
// mode): no browser, no redirect; the program waits until the user has decided.
//
//	go run -C examples ./ciba
//	go run -C examples ./ciba -user deny
//	go run -C examples ./ciba -h
//	CLIENT_SECRET=… go run -C examples ./ciba -issuer https://as.example -client-id me -user NAME
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("ciba", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid api1"}, demo.BackchannelAuthentication)
	user := demo.String("user", "LOGIN_HINT", "who is asked; alice on the embedded server, where deny refuses")
	message := demo.String("binding-message", "BINDING_MESSAGE", "short text that both sides show, so that the user knows who asks")
	approveAfter := flag.Int("approve-after", 2, "the embedded server decides after `N` polls; 0 never does")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{
		ApproveBackchannelAfter: *approveAfter, BackchannelInterval: time.Second,
	})
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

	// This rings a phone, so it is sent again only when provably nothing was sent.
	asked, err := client.RequestBackchannelAuthentication(ctx, tokenclient.BackchannelAuthenticationRequest{
		Scope:          server.Scope,
		LoginHint:      server.Or(*user, authserver.Alice),
		BindingMessage: *message,
	})
	if err != nil {
		return err // such as tokenclient.ErrUnknownUserID
	}
	progress := demo.NewProgress(os.Stdout)
	progress.Show(fmt.Sprintf("The user is asked; polling every %s.", asked.Interval))

	request := asked.TokenRequest()
	request.Pending = progress.Pending("Waiting for the user")
	response, err := client.PollBackchannelAuthenticationToken(ctx, request)
	progress.End()
	if err != nil {
		return err // such as tokenclient.ErrAccessDenied: the user said no
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}
