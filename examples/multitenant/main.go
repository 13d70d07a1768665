// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command multitenant keeps one token for each tenant and scope: a struct of the
// program is the key, so that no tenant can get the token of another.
//
//	go run -C examples ./multitenant
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"text/tabwriter"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func main() { demo.Main(run) }

// key is all that makes one token different from another.
type key struct{ tenant, scope string }

func run(ctx context.Context) error {
	settings := demo.Flags("multitenant", demo.Defaults{NoClient: true})
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{})
	if err != nil {
		return err
	}
	defer server.Close()

	// Each tenant is a client of its own. Clients share their connections.
	tenants := map[string]*tokenclient.Client{}
	for tenant, config := range map[string]tokenclient.Config{
		"north": {ClientID: authserver.ClientID, Auth: clientauth.SecretBasic(authserver.ClientSecret)},
		"south": {ClientID: authserver.PostClientID, Auth: clientauth.SecretPost(authserver.PostClientSecret)},
	} {
		config.Metadata, config.Endpoints = server.Metadata, server.Endpoints
		if tenants[tenant], err = tokenclient.New(config); err != nil {
			return err
		}
	}

	// A source is made when a key is first needed, and dropped when there are more
	// than Max that were used since.
	var made atomic.Int32
	tokens := &tokensource.Keyed[key]{
		Max: 100,
		New: func(k key) *tokensource.Cached {
			made.Add(1)
			return tokensource.ClientCredentials(tenants[k.tenant], tokenclient.ClientCredentialsTokenRequest{Scope: k.scope})
		},
	}
	defer tokens.Close()

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CALL\tTENANT\tSCOPE\tTOKEN")
	seen := map[string]int{} // the tokens themselves are not shown
	for call, k := range []key{{"north", "api1"}, {"north", "api1"}, {"south", "api1"}, {"north", "api2"}, {"south", "api1"}} {
		token, err := tokens.Token(ctx, k)
		if err != nil {
			return err
		}
		if seen[token.AccessToken()] == 0 {
			seen[token.AccessToken()] = len(seen) + 1
		}
		fmt.Fprintf(table, "%d\t%s\t%s\tnumber %d: %v\n", call+1, k.tenant, k.scope, seen[token.AccessToken()], token)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Printf("%d sources, %d tokens for 5 calls.\n", made.Load(), len(seen))
	return nil
}
