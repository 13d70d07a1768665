// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command serviceclient calls an API again and again, as a service does, and
// survives that the authorization server is away for a while: the token is
// cached, renewed in the background before it ends, and used to its end when it
// cannot be renewed.
//
//	go run -C examples ./serviceclient
//	go run -C examples ./serviceclient -h
//	CLIENT_SECRET=… go run -C examples ./serviceclient -issuer https://as.example -client-id me -api https://api.example/x
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("serviceclient", demo.Defaults{ClientID: authserver.ClientID, Scope: "api1"})
	address := flag.String("api", "", "address of the API to call; by default one in this program")
	length := flag.Duration("for", 11*time.Second, "how long to call it")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{AccessTokenLifetime: 10 * time.Second})
	if err != nil {
		return err
	}
	defer server.Close()
	api, err := startAPI(ctx, *address)
	if err != nil {
		return err
	}
	defer api.close()

	// The embedded server seems to be away when the first token is due for renewal.
	network := &outage{begin: time.Now().Add(7300 * time.Millisecond), length: 700 * time.Millisecond, pretend: server.Embedded()}
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: server.Metadata, Endpoints: server.Endpoints, ClientID: server.ClientID, Auth: server.Auth,
		HTTPClient: &http.Client{Transport: network},
		Retry:      tokenclient.Retry{MaxAttempts: 1}, // the source repeats what fails
	})
	if err != nil {
		return err
	}

	// One source serves the whole program, whatever goroutine asks.
	counts := new(counts)
	source := tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
		return client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: server.Scope})
	}, tokensource.CachedOptions{Hooks: counts.hooks()})
	defer source.Close()

	// The transport adds the token for this API only, and renews it when it is refused.
	service := &http.Client{Transport: &tokensource.Transport{Source: source, Origins: []string{api.origin}}}
	progress := demo.NewProgress(os.Stdout)
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	for ctx.Err() == nil {
		counts.call(ctx, service, api.address)
		progress.Show(cmp.Or(network.note(), "the server is there") + "; " + counts.String())
		wait(ctx, 100*time.Millisecond)
	}
	progress.End()
	fmt.Println(counts)
	return counts.err()
}
