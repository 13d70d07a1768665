// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// extended is an authorization server with the grants of other RFCs, in place of
// yours.
var extended = sync.OnceValue(func() *tokentest.Server {
	server := tokentest.Start()
	server.AddClient("client", "secret")
	issue := func(r tokentest.Request) tokentest.Answer {
		members := map[string]any{"access_token": "t", "token_type": "Bearer", "scope": r.Form.Get("scope")}
		if r.GrantType() == tokenclient.GrantTypeTokenExchange {
			members["issued_token_type"] = tokenclient.TokenTypeIdentifierAccessToken
		}
		return tokentest.JSON(http.StatusOK, members)
	}
	for _, grant := range []string{
		tokenclient.GrantTypeTokenExchange, tokenclient.GrantTypeJWTBearer, tokenclient.GrantTypeSAML2Bearer,
		tokenclient.GrantTypeBackchannelAuthentication,
	} {
		server.HandleGrant(grant, issue)
	}
	server.Handle(backchannelPath, func(r tokentest.Request) tokentest.Answer {
		if r.Form.Get("login_hint") != "bob" {
			return tokentest.OAuthError(http.StatusBadRequest, "unknown_user_id", "")
		}
		return tokentest.JSON(http.StatusOK, map[string]any{"auth_req_id": "id", "expires_in": 120, "interval": 0.1})
	})
	return server
})

// newExtendedClient returns a client of that server.
func newExtendedClient() *tokenclient.Client {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Token: extended().TokenURL(), BackchannelAuthentication: extended().URL() + backchannelPath,
		},
		Issuer:   extended().URL(),
		ClientID: "client",
		Auth:     clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

func ExampleClient_RequestTokenExchangeToken() {
	ctx, client := context.Background(), newExtendedClient()

	userToken := "the access token that came with a request"
	response, err := client.RequestTokenExchangeToken(ctx, tokenclient.TokenExchangeTokenRequest{
		SubjectToken:     userToken,
		SubjectTokenType: tokenclient.TokenTypeIdentifierAccessToken,
		Audience:         []string{"next-service"},
		Scope:            "api2",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	fmt.Println(response.IssuedTokenType)
	// Output:
	// Bearer api2
	// urn:ietf:params:oauth:token-type:access_token
}

func ExampleClient_RequestJWTBearerToken() {
	ctx, client := context.Background(), newExtendedClient()

	// sign stands for a JWT library: each call signs a JWT with that iss and aud, and
	// a new jti.
	sign := func(string, string) (string, error) { return "header.payload.signature", nil }

	response, err := client.RequestJWTBearerToken(ctx, tokenclient.JWTBearerTokenRequest{
		AssertionFunc: func(_ context.Context, attempt clientauth.Attempt) (string, error) {
			return sign("service-account@example.com", attempt.Issuer)
		},
		Scope: "api1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	// Output: Bearer api1
}

func ExampleClient_RequestSAML2BearerToken() {
	ctx, client := context.Background(), newExtendedClient()

	// The XML of the identity provider's assertion, base64url-encoded without padding.
	assertion := "PHNhbWwyOkFzc2VydGlvbj4"
	response, err := client.RequestSAML2BearerToken(ctx, tokenclient.SAML2BearerTokenRequest{
		Assertion: assertion, Scope: "api1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	// Output: Bearer api1
}

func ExampleClient_RequestBackchannelAuthentication() {
	ctx, client := context.Background(), newExtendedClient()

	_, err := client.RequestBackchannelAuthentication(ctx, tokenclient.BackchannelAuthenticationRequest{
		Scope: "openid", LoginHint: "nobody",
	})
	var failed *tokenclient.Error
	switch {
	case err == nil:
		fmt.Println("poll for the token")
	case errors.Is(err, tokenclient.ErrUnknownUserID):
		fmt.Println("there is no such user")
	case errors.As(err, &failed) && failed.Outcome == tokenclient.Unknown:
		fmt.Println("the user may have been asked; do not ask again at once:", err)
	default:
		fmt.Println(err)
	}
	// Output: there is no such user
}

func ExampleClient_RequestBackchannelAuthenticationToken() {
	ctx, client := context.Background(), newExtendedClient()

	// In ping mode, when the server has called with this auth_req_id.
	response, err := client.RequestBackchannelAuthenticationToken(ctx, tokenclient.BackchannelAuthenticationTokenRequest{
		AuthenticationRequestID: "id",
	})
	switch {
	case errors.Is(err, tokenclient.ErrAuthorizationPending):
		fmt.Println("the user has not decided")
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(response.TokenType)
	}
	// Output: Bearer
}

func ExampleClient_PollBackchannelAuthenticationToken() {
	ctx, client := context.Background(), newExtendedClient()

	asked, err := client.RequestBackchannelAuthentication(ctx, tokenclient.BackchannelAuthenticationRequest{
		Scope: "openid", LoginHint: "bob", BindingMessage: "W4SCT",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Show W4SCT here too. The user sees it on the phone, and decides there.
	poll := asked.TokenRequest()
	poll.Pending = func(p tokenclient.PendingPoll) { fmt.Println("the next poll is in", p.Wait) }
	response, err := client.PollBackchannelAuthenticationToken(ctx, poll)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType)
	// Output: Bearer
}
