// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// A user logs in once; from then on there is a token, in this process and in others
// that use the same store.
func ExampleRefreshing() {
	server := tokentest.Start()
	defer server.Close()
	server.AddUser("alice", "password")
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()}, ClientID: "cli",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, err := tokensource.NewFile(dir) // such as os.UserConfigDir() and the program's name
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := tokensource.NewRefreshing(client, tokensource.RefreshingConfig{Store: store, Key: "alice"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()

	ctx := context.Background()
	_, err = source.Token(ctx)
	fmt.Println("before the login:", errors.Is(err, tokensource.ErrNoToken))

	response, err := client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{UserName: "alice", Password: "password"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := source.SetToken(ctx, response); err != nil {
		fmt.Println(err)
		return
	}
	token, err := source.Token(ctx)
	fmt.Println("after the login:", server.TokenActive(token.AccessToken()), err)

	source.Invalidate(ctx, token) // an API has refused it
	token, err = source.Token(ctx)
	fmt.Println("renewed:", server.TokenActive(token.AccessToken()), err)
	fmt.Println("requests:", server.Count(tokentest.TokenPath))
	// Output:
	// before the login: true
	// after the login: true <nil>
	// renewed: true <nil>
	// requests: 2
}

// Each API has its token, all from the one refresh token.
func ExampleRefreshing_TokenFor() {
	server := tokentest.Start()
	defer server.Close()
	client, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: server.TokenURL()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := tokensource.NewRefreshing(client, tokensource.RefreshingConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	ctx := context.Background()
	err = source.SetToken(ctx, &tokenclient.TokenResponse{RefreshToken: server.IssueRefreshToken(tokentest.RefreshGrant{})})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, api := range []string{"https://orders.example", "https://bills.example", "https://orders.example"} {
		_, err := source.TokenFor(ctx, tokensource.Target{Resource: []string{api}})
		fmt.Println(api, err)
	}
	for _, request := range server.TokenRequests() {
		fmt.Println("asked for", request.Form["resource"])
	}
	// Output:
	// https://orders.example <nil>
	// https://bills.example <nil>
	// https://orders.example <nil>
	// asked for [https://orders.example]
	// asked for [https://bills.example]
}

// What is stored is encrypted, and bound to its place in the store.
func ExampleSealed() {
	secret := make([]byte, 32) // from where the program keeps its secrets; never zeros
	key, err := tokensource.NewSealKey("2026-01", secret)
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := tokensource.NewMemory()
	store, err := tokensource.Sealed(memory, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if _, err := store.Save(ctx, "alice", []byte("a token"), ""); err != nil {
		fmt.Println(err)
		return
	}
	data, _, err := store.Load(ctx, "alice")
	fmt.Println(string(data), err)

	sealed, _, err := memory.Load(ctx, "alice")
	fmt.Println(len(sealed) > len(data), err)
	if _, err := memory.Save(ctx, "bob", sealed, ""); err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = store.Load(ctx, "bob")
	fmt.Println(errors.Is(err, tokensource.ErrNotFound))
	// Output:
	// a token <nil>
	// true <nil>
	// true
}

// A program that keeps the refresh token in its own database.
func ExampleRefreshingConfig_onToken() {
	server := tokentest.Start()
	defer server.Close()
	client, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: server.TokenURL()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	database := server.IssueRefreshToken(tokentest.RefreshGrant{})
	source, err := tokensource.NewRefreshing(client, tokensource.RefreshingConfig{
		OnToken: func(_ context.Context, response *tokenclient.TokenResponse) error {
			database = response.RefreshToken
			return nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	ctx := context.Background()
	if err := source.SetToken(ctx, &tokenclient.TokenResponse{RefreshToken: database}); err != nil {
		fmt.Println(err)
		return
	}
	_, err = source.Token(ctx)
	fmt.Println(server.TokenActive(database), err)
	// Output: true <nil>
}
