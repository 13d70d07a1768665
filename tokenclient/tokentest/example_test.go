// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// A client that tries once more when the server is busy, tested with net/http
// alone.
func Example() {
	server := tokentest.Start()
	defer server.Close()
	server.AddClient("client", "secret")
	server.Enqueue(tokentest.TokenPath,
		tokentest.Answer{Status: http.StatusServiceUnavailable, RetryAfter: "1"})

	for range 2 {
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api1"}}
		request, err := http.NewRequest(http.MethodPost, server.TokenURL(), strings.NewReader(form.Encode()))
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.SetBasicAuth("client", "secret")
		response, err := server.HTTPClient().Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		var token struct {
			Type      string `json:"token_type"`
			ExpiresIn int    `json:"expires_in"`
			Scope     string `json:"scope"`
		}
		_ = json.NewDecoder(response.Body).Decode(&token) // the first answer has no body
		response.Body.Close()
		fmt.Printf("%d %q %d %q\n", response.StatusCode, token.Type, token.ExpiresIn, token.Scope)
	}
	for _, r := range server.TokenRequests() {
		clientID, _, _ := r.BasicAuth()
		fmt.Println(r.Method, r.Path, r.GrantType(), clientID)
	}
	// Output:
	// 503 "" 0 ""
	// 200 "Bearer" 3600 "api1"
	// POST /token client_credentials client
	// POST /token client_credentials client
}

// The answer to a refresh is lost; the server has rotated the token all the same.
func ExampleAnswer_default() {
	server := tokentest.Start()
	defer server.Close()
	refreshToken := server.IssueRefreshToken(tokentest.RefreshGrant{Scope: "api1"})
	server.Enqueue(tokentest.TokenPath,
		tokentest.Answer{Default: true, Fault: tokentest.ResetBeforeAnswer})

	_, err := server.HTTPClient().PostForm(server.TokenURL(), url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {refreshToken},
	})
	fmt.Println(err != nil, server.TokenActive(refreshToken))
	// Output: true false
}
