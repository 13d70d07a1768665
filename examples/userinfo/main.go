// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command userinfo asks the server about the user whose access token it has
// (OpenID Connect Core section 5.3).
//
//	go run -C examples ./userinfo
//	go run -C examples ./userinfo -h
//	go run -C examples ./userinfo -issuer https://as.example -client-id me -token-file FILE -subject SUB
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
	settings := demo.Flags("userinfo", demo.Defaults{ClientID: authserver.ClientID, Scope: "openid profile email"}, demo.UserInfo)
	given := demo.GivenToken()
	subject := demo.String("subject", "SUBJECT", "sub of the validated ID token; alice on the embedded server")
	anySubject := flag.Bool("any-subject", false, "do without -subject: the claims may be about anybody")
	signed := flag.Bool("signed", false, "accept only a signed answer")
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
	token, err := given.AccessToken(ctx, client, server)
	if err != nil {
		return err
	}

	// The claims are worth something only when they are about the user of the ID
	// token: otherwise somebody may have swapped the access token.
	request := tokenclient.UserInfoRequest{AccessToken: token, AllowAnySubject: *anySubject, RequireSigned: *signed}
	if !*anySubject {
		request.Subject = server.Or(*subject, authserver.Alice)
	}
	response, err := client.GetUserInfo(ctx, request)
	if err != nil {
		return err // such as one of KindPolicy: the answer is about another user
	}

	// Claims are flattened, one for each element of an array; Field has a member
	// as it is.
	fields := [][2]string{{"subject", response.Subject}}
	for _, claim := range response.Claims {
		fields = append(fields, [2]string{"claim " + demo.Printable(claim.Type), claim.Value})
	}
	demo.PrintFields(os.Stdout, fields)
	return nil
}
