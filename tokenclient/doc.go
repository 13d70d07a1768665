// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package tokenclient is a client for the endpoints of OAuth 2.0 and OpenID Connect
// servers: it mirrors the HttpClient extensions of .NET IdentityModel in Go's
// spelling, and makes sure that a credential is neither lost nor spent twice,
// whatever the server or the network does.
//
// A [Client] is made once from a [Config] and used by any number of goroutines:
//
//	client, err := tokenclient.New(tokenclient.Config{
//		Endpoints: tokenclient.Endpoints{Token: "https://as.example/connect/token"},
//		ClientID:  "client",
//		Auth:      clientauth.SecretBasic("secret"),
//	})
//	response, err := client.RequestClientCredentialsToken(ctx,
//		tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
//
// # The path of a request
//
// Read these five functions, top to bottom; nothing else sends bytes:
//
//	RequestClientCredentialsToken  grant_client_credentials.go  the form
//	requestToken                   token_request.go             every grant
//	exchange                       exchange.go                  every endpoint
//	httpcall.Do                    internal/httpcall            attempts, limits, no redirects
//	newTokenResponse               token_response.go            the answer, read strictly
//
// # Results
//
// Every method that sends returns a response and an error. The response is never
// nil, so that Raw, JSON, Field and StatusCode can be read after a failure; the
// error is nil exactly when IsError is false, and otherwise an [*Error]:
//
//	var failed *tokenclient.Error
//	switch {
//	case errors.Is(err, tokenclient.ErrInvalidGrant):
//		// log in again
//	case errors.As(err, &failed) && failed.Outcome == tokenclient.NotProcessed:
//		// the same credential may be sent again
//	}
//
// # What is sent again
//
// A request that can be repeated is sent up to three times. One that carries
// something that works once is sent again only when provably nothing was sent.
// [Retry] has the details.
//
// # Secrets
//
// Requests, responses, tokens, logins and clients print as [redacted], for every
// verb of fmt and in slog, and have no JSON form; the functions EncodeToken and
// EncodeAuthorizeRequest are for storing. A [Token] and a [Client] are safe in an
// unexported field of another struct too, where fmt cannot ask a value how to
// print it. A response or a request, whose fields are plain strings, is not:
// keep the Token instead.
//
// # Packages
//
//	clientauth   how the client proves who it is: secrets, signed JWTs, certificates
//	dpop         proofs that bind tokens to a key
//	tokensource  a token that is there when it is needed: cached, renewed, shared
//	tokentest    a scriptable authorization server for tests
//
// Package discovery, beside this one, finds out who the server is.
package tokenclient
