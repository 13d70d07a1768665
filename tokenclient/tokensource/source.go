// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"net/url"
	"slices"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Source gives a token. Every source of this package is safe for concurrent use by
// multiple goroutines, and so must others be.
//
// A Source may also have a method Invalidate(context.Context, tokenclient.Token),
// as [Cached] has: [Transport] calls it with a token that an API has refused.
type Source interface {
	// Token returns a token to use now. Ask again for each use: it costs little.
	Token(ctx context.Context) (tokenclient.Token, error)
}

// SourceFunc is a function that is a [Source].
type SourceFunc func(ctx context.Context) (tokenclient.Token, error)

// Token calls the function.
func (f SourceFunc) Token(ctx context.Context) (tokenclient.Token, error) { return f(ctx) }

var (
	_ Source = SourceFunc(nil)
	_ Source = (*Cached)(nil)
	_ Source = (*keyedSource[string])(nil)
)

// Fetch requests a token, most often with a method of [tokenclient.Client]. Its
// context has the values of the caller who needed the token first, but does not end
// with that caller; Fetch must return soon after its context ends. A panic is a
// failed request.
//
// A response that Fetch makes by itself needs an AccessToken; its ExpiresIn counts
// from the call of Fetch, and 0 means that it is not known.
type Fetch func(ctx context.Context) (*tokenclient.TokenResponse, error)

// ClientCredentials returns a source of tokens for the client itself, cached. For
// other options use [NewCached], with a function that calls the same method.
func ClientCredentials(client *tokenclient.Client, request tokenclient.ClientCredentialsTokenRequest) *Cached {
	request.Resource = slices.Clone(request.Resource)
	parameters := make(url.Values, len(request.Parameters))
	for name, values := range request.Parameters {
		parameters[name] = slices.Clone(values)
	}
	request.Parameters = parameters
	return NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
		return client.RequestClientCredentialsToken(ctx, request)
	}, CachedOptions{})
}
