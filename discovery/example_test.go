// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-df263610/identitymodel/discovery"
)

// offline is the network of the examples. Leave HTTPClient out in a program.
var offline = &http.Client{Transport: exampleNetwork{
	"https://as.example/.well-known/openid-configuration": `{
		"issuer": "https://as.example", "token_endpoint": "https://as.example/token", "jwks_uri": "https://as.example/keys",
		"authorization_response_iss_parameter_supported": true}`,
	"https://as.example/keys": `{"keys": [
		{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "2026-11", "use": "sig"},
		{"kty": "EC", "crv": "secp256k1", "kid": "coin"}]}`,
	"https://login.example/common/.well-known/openid-configuration": `{
		"issuer": "https://login.example/{tenantid}", "token_endpoint": "https://login.example/common/token",
		"userinfo_endpoint": "https://graph.example/userinfo", "jwks_uri": "https://login.example/common/keys"}`,
	"https://api.example/.well-known/oauth-protected-resource/mcp": `{
		"resource": "https://api.example/mcp", "authorization_servers": ["https://as.example"], "scopes_supported": ["read"]}`,
}}

type exampleNetwork map[string]string

func (n exampleNetwork) RoundTrip(request *http.Request) (*http.Response, error) {
	body, ok := n[request.URL.String()]
	if !ok {
		return response(http.StatusNotFound, ""), nil
	}
	return response(http.StatusOK, body), nil
}

func ExampleFetch() {
	metadata, err := discovery.Fetch(context.Background(), "https://as.example", discovery.Options{HTTPClient: offline})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metadata.TokenEndpoint)
	fmt.Println(metadata.TokenEndpointAuthMethods()) // the specification's default
	fmt.Println(metadata.Field("authorization_response_iss_parameter_supported"))
	// Output:
	// https://as.example/token
	// [client_secret_basic]
	// true
}

func ExamplePolicy() {
	ctx := context.Background()
	_, err := discovery.Fetch(ctx, "https://login.example/common", discovery.Options{HTTPClient: offline})
	var refused *discovery.Error
	if errors.As(err, &refused) {
		for _, violation := range refused.Violations {
			fmt.Println(violation)
		}
	}

	metadata, err := discovery.Fetch(ctx, "https://login.example/common", discovery.Options{
		HTTPClient: offline,
		Policy: discovery.Policy{
			ExpectedIssuer:          func(issuer string) bool { return issuer == "https://login.example/{tenantid}" },
			AdditionalBaseAddresses: []string{"https://graph.example"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(metadata.Issuer)
	// Output:
	// Issuer name does not match authority: "https://login.example/{tenantid}" (issuer)
	// Endpoint is on a different host than authority: "https://graph.example/userinfo" (userinfo_endpoint)
	// https://login.example/{tenantid}
}

func ExampleCache() {
	cache, err := discovery.NewCache("https://as.example", discovery.Options{HTTPClient: offline})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 { // one request
		metadata, err := cache.Get(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(metadata.TokenEndpoint)
	}
	// Output:
	// https://as.example/token
	// https://as.example/token
	// https://as.example/token
}

func ExampleKeys_Find() {
	ctx := context.Background()
	metadata, err := discovery.Fetch(ctx, "https://as.example", discovery.Options{HTTPClient: offline})
	if err != nil {
		fmt.Println(err)
		return
	}
	keys, err := metadata.Keys().Find(ctx, "2026-11", "EdDSA") // from the header of a JWT
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range keys {
		fmt.Printf("%s %d bits, %T\n", key.Type, key.Bits, key.Material())
	}
	// Output:
	// OKP 256 bits, ed25519.PublicKey
}

func ExampleParseKeySet() {
	set, err := discovery.ParseKeySet(`{"keys": [
		{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty": "EC", "crv": "secp256k1", "kid": "coin"}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(set.Keys), "usable,", set.Skipped, "skipped")
	fmt.Println(set.Keys[0].Thumbprint)
	// Output:
	// 1 usable, 1 skipped
	// kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
}

func ExampleFetchResource() {
	ctx := context.Background()
	api, err := discovery.FetchResource(ctx, "https://api.example/mcp", discovery.Options{HTTPClient: offline})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, server := range api.AuthorizationServers {
		metadata, err := discovery.Fetch(ctx, server, discovery.Options{HTTPClient: offline})
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(metadata.TokenEndpoint, strings.Join(api.ScopesSupported, " "))
	}
	// Output:
	// https://as.example/token read
}
