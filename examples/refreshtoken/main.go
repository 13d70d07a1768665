// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command refreshtoken trades a refresh token for a new access token (RFC 6749
// section 6), and keeps what the server rotates.
//
//	go run -C examples ./refreshtoken
//	go run -C examples ./refreshtoken -h
//	go run -C examples ./refreshtoken -issuer https://as.example -client-id me -refresh-token-file ~/.my-token
//
// The file is read, and overwritten with the new refresh token. Without one a
// login with a user name and a password comes first.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("refreshtoken", demo.Defaults{ClientID: authserver.ClientID, Scope: "api1 offline_access"})
	file := demo.String("refresh-token-file", "REFRESH_TOKEN_FILE", "file that holds the refresh token, and nothing else")
	username := demo.String("username", "USER_NAME", "who logs in when there is no file; alice on the embedded server")
	password := demo.String("password", "USER_PASSWORD", "password of the user")
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

	refreshToken, err := demo.ReadSecret(*file)
	if *file == "" {
		refreshToken, err = login(ctx, client, tokenclient.PasswordTokenRequest{
			UserName: server.Or(*username, authserver.Alice),
			Password: server.Or(*password, authserver.AlicePassword),
			Scope:    server.Scope,
		})
	}
	if err != nil {
		return err
	}

	response, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: refreshToken})
	if errors.Is(err, tokenclient.ErrInvalidGrant) {
		return fmt.Errorf("a new login is needed: %w", err)
	}
	if err != nil {
		return err // Outcome says whether the refresh token may be sent again
	}

	// A rotated token is stored before anything else; none means that the old one
	// stays valid.
	if response.RefreshToken != "" && response.RefreshToken != refreshToken {
		if err := demo.WriteSecret(*file, response.RefreshToken); err != nil {
			return err
		}
		fmt.Println("The server has rotated the refresh token.")
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}

// login gets the first refresh token.
func login(ctx context.Context, client *tokenclient.Client, request tokenclient.PasswordTokenRequest) (string, error) {
	response, err := client.RequestPasswordToken(ctx, request)
	if err == nil && response.RefreshToken == "" {
		err = errors.New("the server issued no refresh token; many do for the scope offline_access only")
	}
	return response.RefreshToken, err // a response is never nil, and empty after an error
}
