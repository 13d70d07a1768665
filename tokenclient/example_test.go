// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// demo is the authorization server of the examples, in place of yours.
var demo = sync.OnceValue(func() *tokentest.Server {
	server := tokentest.Start()
	server.Configure(tokentest.Settings{DeviceInterval: 1, AllowFastPolling: true}) // no example should take long
	server.AddClient("client", "secret")
	server.AddUser("bob", "bob's password")
	server.Handle("/.well-known/openid-configuration", func(tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]any{
			"issuer": server.URL(), "token_endpoint": server.TokenURL(), "jwks_uri": server.URL() + "/jwks",
		})
	})
	server.HandleGrant("custom", func(r tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]any{
			"access_token": "t", "token_type": "Bearer", "custom_member": r.Form.Get("custom_parameter"),
		})
	})
	return server
})

func tokenEndpoint() string { return demo().TokenURL() }

func issuer() string { return demo().URL() }

// newClient returns a client of that server.
func newClient() *tokenclient.Client {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Token: demo().TokenURL(), Authorization: demo().AuthorizationURL(), DeviceAuthorization: demo().DeviceAuthorizationURL(),
		},
		Issuer:   demo().URL(),
		ClientID: "client",
		Auth:     clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

func ExampleNew() {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: "https://demo.duendesoftware.com/connect/token"},
		ClientID:  "client",
		Auth:      clientauth.SecretBasic("secret"),
	})
	fmt.Println(client != nil, err)

	_, err = tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: "http://demo.duendesoftware.com/connect/token"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// tokenclient: new client: Config.Endpoints.Token must use https: plain http is for loopback hosts only
}

func ExampleNew_metadata() {
	ctx := context.Background()
	metadata, err := discovery.Fetch(ctx, issuer(), discovery.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: metadata,
		ClientID: "client",
		Auth:     clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
	fmt.Println(response.TokenType, err)
	// Output: Bearer <nil>
}

func ExampleClient_RequestClientCredentialsToken() {
	ctx := context.Background()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: tokenEndpoint()},
		ClientID:  "client",
		Auth:      clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.ExpiresIn, response.Scope)
	// Output: Bearer 1h0m0s api1
}

func ExampleClient_RequestToken() {
	ctx, client := context.Background(), newClient()

	response, err := client.RequestToken(ctx, tokenclient.TokenRequest{
		GrantType:  "custom",
		Parameters: url.Values{"custom_parameter": {"custom value"}, "scope": {"api1"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.Field("custom_member"))
	// Output: custom value
}

func ExampleError() {
	ctx, client := context.Background(), newClient()

	_, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "used before"})
	var failed *tokenclient.Error
	switch {
	case err == nil:
		fmt.Println("store the new refresh token first")
	case errors.Is(err, tokenclient.ErrInvalidGrant):
		fmt.Println("log in again")
	case errors.As(err, &failed) && failed.Outcome == tokenclient.NotProcessed:
		fmt.Println("the same refresh token may be sent again, after", failed.RetryAfter)
	default:
		fmt.Println("the refresh token may be spent:", err)
	}
	// Output: log in again
}

func ExampleClient_RequestPasswordToken() {
	ctx, client := context.Background(), newClient()

	response, err := client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{
		UserName: "bob", Password: "bob's password", Scope: "api1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	// Output: Bearer api1
}

func ExampleClient_RequestAuthorizationCodeToken() {
	ctx, client := context.Background(), newClient()

	// When the user wants to log in: keep login in the session, send the browser away.
	login := tokenclient.NewAuthorizeRequest("openid api1", "https://app.example/callback")
	address, err := client.AuthorizeURL(login)
	if err != nil {
		fmt.Println(err)
		return
	}

	// When the user is back: the values are the query of the callback.
	callback, err := client.ParseAuthorizeResponse(followLogin(address), login)
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.RequestAuthorizationCodeToken(ctx, callback.TokenRequest())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	// Output: Bearer openid api1
}

// followLogin does what a browser does: it returns what the server sends the user
// back with.
func followLogin(address string) url.Values {
	browser := demo().HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	page, err := browser.Get(address)
	if err != nil {
		fmt.Println(err)
		return nil
	}
	defer func() { _ = page.Body.Close() }()
	back, err := page.Location()
	if err != nil {
		fmt.Println(err)
		return nil
	}
	return back.Query()
}

func ExampleClient_RequestRefreshToken() {
	ctx, client := context.Background(), newClient()

	refreshToken := demo().IssueRefreshToken(tokentest.RefreshGrant{ClientID: "client", Scope: "api1"})
	response, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: refreshToken})
	if err != nil {
		fmt.Println(err)
		return
	}
	if response.RefreshToken != "" { // rotated: store it before anything else
		refreshToken = response.RefreshToken
	}
	fmt.Println(response.TokenType, demo().TokenActive(refreshToken))
	// Output: Bearer true
}

func ExampleClient_PollDeviceToken() {
	ctx, client := context.Background(), newClient()

	device, err := client.RequestDeviceAuthorization(ctx, tokenclient.DeviceAuthorizationRequest{Scope: "api1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Show device.UserCode and device.VerificationURI to the user, who decides elsewhere.
	demo().ApproveDevice(device.UserCode)

	poll := device.TokenRequest()
	poll.Pending = func(p tokenclient.PendingPoll) { fmt.Println("the next poll is in", p.Wait) }
	response, err := client.PollDeviceToken(ctx, poll)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.TokenType, response.Scope)
	// Output: Bearer api1
}

func ExampleEncodeToken() {
	ctx, client := context.Background(), newClient()

	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := response.Token()
	stored, err := tokenclient.EncodeToken(token) // a secret: keep it where secrets are kept
	if err != nil {
		fmt.Println(err)
		return
	}
	restored, err := tokenclient.DecodeToken(stored)
	fmt.Println(restored.AccessToken() == token.AccessToken(), err)
	// Output: true <nil>
}
