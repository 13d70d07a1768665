// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// registrar is the authorization server of these examples, in place of yours. It
// keeps one client, and issues a new registration access token at each update.
var registrar = sync.OnceValue(func() *tokentest.Server {
	server := tokentest.Start()
	client := func(status int, token string, metadata string) tokentest.Answer {
		members := map[string]any{}
		if err := json.Unmarshal([]byte(metadata), &members); err != nil {
			return tokentest.OAuthError(http.StatusBadRequest, "invalid_client_metadata", err.Error())
		}
		members["client_id"], members["client_secret"], members["client_secret_expires_at"] = "s6BhdRkqt3", "secret", 0
		members["registration_client_uri"], members["registration_access_token"] = server.URL()+"/register/s6BhdRkqt3", token
		return tokentest.JSON(status, members)
	}
	server.Handle("/register", func(r tokentest.Request) tokentest.Answer {
		return client(http.StatusCreated, "first-token", r.RawBody)
	})
	server.Handle("/register/s6BhdRkqt3", func(r tokentest.Request) tokentest.Answer {
		switch r.Method {
		case http.MethodPut:
			return client(http.StatusOK, "second-token", r.RawBody)
		case http.MethodDelete:
			return tokentest.Answer{Status: http.StatusNoContent}
		}
		return client(http.StatusOK, "first-token", `{"client_name":"My Example"}`)
	})
	return server
})

func newRegistrar() *tokenclient.Client {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Registration: registrar().URL() + "/register"},
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

func ExampleClient_RegisterClient() {
	ctx, client := context.Background(), newRegistrar()

	response, err := client.RegisterClient(ctx, tokenclient.ClientRegistrationRequest{
		InitialAccessToken: "from-the-server's-operator",
		Registration: tokenclient.ClientRegistration{
			ClientName:   "My Example",
			RedirectURIs: []string{"https://client.example.org/callback"},
			GrantTypes:   []string{tokenclient.GrantTypeAuthorizationCode, tokenclient.GrantTypeRefreshToken},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Store the identifier, the secret, and what the registration is managed with.
	fmt.Println(response.ClientID, response.ClientSecret != "", response.ClientSecretExpiresAt.IsZero())
	fmt.Println(response.Registration.RedirectURIs)
	// Output:
	// s6BhdRkqt3 true true
	// [https://client.example.org/callback]
}

func ExampleClient_UpdateClient() {
	ctx, client := context.Background(), newRegistrar()

	current, err := client.ReadClient(ctx, tokenclient.ClientManagementRequest{
		RegistrationClientURI:   registrar().URL() + "/register/s6BhdRkqt3",
		RegistrationAccessToken: "first-token",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	change := current.UpdateRequest()
	change.Registration.ClientName = "My New Example"
	changed, err := client.UpdateClient(ctx, change)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The server has replaced the registration access token: store it first.
	fmt.Println(changed.Registration.ClientName, changed.RegistrationAccessToken != change.RegistrationAccessToken)
	// Output: My New Example true
}

func ExampleClient_DeleteClient() {
	ctx, client := context.Background(), newRegistrar()

	_, err := client.DeleteClient(ctx, tokenclient.ClientManagementRequest{
		RegistrationClientURI:   registrar().URL() + "/register/s6BhdRkqt3",
		RegistrationAccessToken: "second-token",
	})
	fmt.Println(err)
	// Output: <nil>
}
