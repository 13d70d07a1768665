// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// demo is the authorization server of the examples, in place of yours.
var demo = sync.OnceValue(func() *tokentest.Server {
	server := tokentest.Start()
	server.AddClient("client", "secret")
	return server
})

// demoAPI accepts the tokens of that server.
var demoAPI = sync.OnceValue(func() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !demo().TokenActive(token) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "hello")
	}))
})

func newClient() *tokenclient.Client {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: demo().TokenURL()},
		ClientID:  "client",
		Auth:      clientauth.SecretBasic("secret"),
	})
	if err != nil {
		fmt.Println(err)
	}
	return client
}

// A service that calls an API: the token is requested once, and again when it is due
// or refused.
func Example() {
	source := tokensource.ClientCredentials(newClient(), tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	defer source.Close()
	api := &http.Client{Transport: &tokensource.Transport{
		Source:  source,
		Origins: []string{demoAPI().URL},
	}}

	for range 2 {
		response, err := api.Get(demoAPI().URL + "/greeting")
		if err != nil {
			fmt.Println(err)
			return
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		fmt.Println(response.Status, string(text), err)
	}
	// Output:
	// 200 OK hello <nil>
	// 200 OK hello <nil>
}

func ExampleClientCredentials() {
	ctx := context.Background()
	source := tokensource.ClientCredentials(newClient(), tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	defer source.Close()

	first, err := source.Token(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := source.Token(ctx) // from memory
	fmt.Println(first.Type, first.AccessToken() == second.AccessToken(), err)
	// Output: Bearer true <nil>
}

// Any request for a token can be cached, here a token exchange, and watched.
func ExampleNewCached() {
	ctx, client := context.Background(), newClient()
	demo().HandleGrant(tokenclient.GrantTypeTokenExchange, func(tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]any{
			"access_token": "exchanged", "token_type": "Bearer", "expires_in": 60,
			"issued_token_type": tokenclient.TokenTypeIdentifierAccessToken,
		})
	})

	source := tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
		return client.RequestTokenExchangeToken(ctx, tokenclient.TokenExchangeTokenRequest{
			SubjectToken: "the user's", SubjectTokenType: tokenclient.TokenTypeIdentifierAccessToken,
		})
	}, tokensource.CachedOptions{Hooks: tokensource.Hooks{
		Hit:     func(context.Context) { fmt.Println("hit") },
		Fetched: func(_ context.Context, event tokensource.FetchEvent) { fmt.Println("fetched", event.Err) },
	}})
	defer source.Close()
	for range 3 {
		if _, err := source.Token(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// fetched <nil>
	// hit
	// hit
}

// A failure is shared and remembered: the server is not asked before RetryAt.
func ExampleError() {
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: demo().TokenURL()},
		ClientID:  "client",
		Auth:      clientauth.SecretBasic("wrong"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{})
	defer source.Close()

	_, err = source.Token(context.Background())
	var failed *tokensource.Error
	if errors.As(err, &failed) {
		fmt.Println(errors.Is(err, tokenclient.ErrInvalidClient), time.Until(failed.RetryAt).Round(time.Minute/2))
	}
	// Output: true 30s
}

// A token from somewhere else is a source too.
func ExampleSourceFunc() {
	var source tokensource.Source = tokensource.SourceFunc(func(context.Context) (tokenclient.Token, error) {
		return tokenclient.NewToken("from a file", tokenclient.TokenTypeBearer, time.Time{}), nil
	})
	token, err := source.Token(context.Background())
	fmt.Println(token, err)
	// Output: Bearer [redacted] <nil>
}

// One source for each tenant and scope, made when it is needed.
func ExampleKeyed() {
	type key struct{ tenant, scope string }
	client := newClient()
	sources := &tokensource.Keyed[key]{New: func(k key) *tokensource.Cached {
		return tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{
			Scope: k.scope, Parameters: map[string][]string{"tenant": {k.tenant}},
		})
	}}
	defer sources.Close()

	ctx := context.Background()
	first, _ := sources.Token(ctx, key{"contoso", "api1"})
	again, _ := sources.Token(ctx, key{"contoso", "api1"})
	other, err := sources.Token(ctx, key{"fabrikam", "api1"})
	fmt.Println(first.AccessToken() == again.AccessToken(), first.AccessToken() == other.AccessToken(), err)
	// Output: true false <nil>
}

// A revoked token is renewed, and the request sent again; a redirect or a mistake
// does not carry it elsewhere.
func ExampleTransport() {
	ctx := context.Background()
	source := tokensource.ClientCredentials(newClient(), tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	defer source.Close()
	api := &http.Client{Transport: &tokensource.Transport{Source: source, Origins: []string{demoAPI().URL}}}

	token, err := source.Token(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	demo().RevokeToken(token.AccessToken())
	response, err := api.Post(demoAPI().URL, "text/plain", strings.NewReader("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	response.Body.Close()
	fmt.Println(response.Status)

	_, err = api.Get("https://elsewhere.example/")
	fmt.Println(errors.Is(err, tokensource.ErrOtherOrigin))
	// Output:
	// 200 OK
	// true
}
