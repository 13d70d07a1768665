// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package tokensource has a token there when a program needs one: it caches,
// renews and shares tokens, and sends them to an API.
//
//	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
//	defer source.Close()
//	api := &http.Client{Transport: &tokensource.Transport{
//		Source:  source,
//		Origins: []string{"https://api.example"},
//	}}
//
// A [Source] gives a token. [Cached] keeps the token of any token request: reading
// it takes no lock, any number of callers share one request, it is renewed before
// it ends, and it is served to its end while the server is down. [Keyed] keeps one
// Cached for each tenant, scope or resource. [Refreshing] keeps the tokens of a user
// who has logged in, in a [Store]. [Transport] adds the token to the requests to the
// origins it is for, and renews a token that is refused.
package tokensource
