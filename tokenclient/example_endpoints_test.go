// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// newEndpointsClient returns a client of a server that also introspects, revokes
// and tells about users, in place of yours.
func newEndpointsClient() *tokenclient.Client {
	demo().Handle("/introspect", func(r tokentest.Request) tokentest.Answer {
		if r.Form.Get("token") != "good" {
			return tokentest.JSON(http.StatusOK, map[string]any{"active": false})
		}
		return tokentest.JSON(http.StatusOK, map[string]any{"active": true, "sub": "bob", "scope": "api1 api2", "exp": 1798761600})
	})
	demo().Handle("/revoke", func(tokentest.Request) tokentest.Answer { return tokentest.Answer{} })
	demo().Handle("/userinfo", func(r tokentest.Request) tokentest.Answer {
		if r.Header.Get("Authorization") != "Bearer good" {
			return tokentest.OAuthError(http.StatusUnauthorized, "invalid_token", "")
		}
		return tokentest.JSON(http.StatusOK, map[string]any{"sub": "bob", "email_verified": true, "role": []string{"admin", "user"}})
	})
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Introspection: demo().URL() + "/introspect", Revocation: demo().URL() + "/revoke", UserInfo: demo().URL() + "/userinfo",
		},
		ClientID: "client",
		Auth:     clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

func ExampleClient_IntrospectToken() {
	ctx, client := context.Background(), newEndpointsClient()

	for _, token := range []string{"good", "revoked"} {
		response, err := client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{
			Token: token, TokenTypeHint: tokenclient.TokenTypeHintAccessToken,
		})
		if err != nil { // nobody knows what the token is worth: refuse it
			fmt.Println(err)
			return
		}
		if !response.Active {
			fmt.Println("the token is not good")
			continue
		}
		fmt.Println(response.Subject, response.Scopes, response.Expiry.Format("2006-01-02"))
	}
	// Output:
	// bob [api1 api2] 2027-01-01
	// the token is not good
}

func ExampleClient_RevokeToken() {
	ctx, client := context.Background(), newEndpointsClient()

	_, err := client.RevokeToken(ctx, tokenclient.TokenRevocationRequest{
		Token: "good", TokenTypeHint: tokenclient.TokenTypeHintRefreshToken,
	})
	switch {
	case err == nil:
		fmt.Println("the token is useless now")
	case errors.Is(err, tokenclient.ErrUnsupportedTokenType):
		fmt.Println("the server does not revoke tokens of this kind")
	default:
		fmt.Println("try again later:", err)
	}
	// Output: the token is useless now
}

func ExampleClient_GetUserInfo() {
	ctx, client := context.Background(), newEndpointsClient()

	response, err := client.GetUserInfo(ctx, tokenclient.UserInfoRequest{
		AccessToken: "good",
		Subject:     "bob", // the sub of the ID token, which has been validated
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, claim := range response.Claims {
		fmt.Println(claim.Type, claim.Value)
	}
	fmt.Println(response.Field("email_verified").Bool())

	_, err = client.GetUserInfo(ctx, tokenclient.UserInfoRequest{AccessToken: "expired", Subject: "bob"})
	fmt.Println(errors.Is(err, tokenclient.ErrInvalidToken))
	// Output:
	// email_verified true
	// role admin
	// role user
	// sub bob
	// true
	// true
}
