// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command quickstart starts an authorization server on a free loopback port, runs
// every grant against it over a real socket, and prints what came back.
//
//	go run -C examples ./quickstart
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func main() {
	demo.Main(func(ctx context.Context) error { return run(ctx, os.Stdout) })
}

// run is the whole program.
func run(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server, err := authserver.Start(ctx, authserver.Options{
		DeviceInterval: time.Second, ApproveDeviceAfter: 1, BackchannelInterval: time.Second, ApproveBackchannelAfter: 1,
	})
	if err != nil {
		return err
	}
	defer server.Close()

	metadata, err := discovery.Fetch(ctx, server.Issuer(), discovery.Options{})
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Authorization server: %s (github.com/luikyv/go-oidc)\n\n", metadata.Issuer)
	err = printGrants(ctx, w, metadata, grants(server))
	return errors.Join(err, printRefusal(ctx, w, metadata))
}

// printGrants runs each grant, prints a table, and returns an error when any
// grant failed.
func printGrants(ctx context.Context, w io.Writer, metadata *discovery.Metadata, grants []grant) error {
	failed := 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GRANT\tCLIENT AUTHENTICATION\tTYPE\tLIFETIME\tSCOPE\tREMARK")
	for _, g := range grants {
		client, err := newClient(metadata, g.clientID, g.auth)
		if err == nil {
			err = printGrant(ctx, table, client, g)
		}
		if err != nil {
			failed++
			fmt.Fprintf(table, "%s\t%s\t-\t-\t-\tFAILED: %s\n", g.name, g.authName(), demo.Printable(err.Error()))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d grants failed", failed, len(grants))
	}
	return nil
}

// printGrant runs one grant and prints its row.
func printGrant(ctx context.Context, table io.Writer, client *tokenclient.Client, g grant) error {
	response, remark, err := g.request(ctx, client)
	if err != nil {
		return err
	}
	if g.shim != "" {
		remark += "; " + g.shim + " added to the server by our shim"
	}
	_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", g.name, g.authName(),
		response.TokenType, demo.Lifetime(response), response.Scope, remark)
	return err
}

// printRefusal sends a wrong secret, and prints the typed error.
func printRefusal(ctx context.Context, w io.Writer, metadata *discovery.Metadata) error {
	fmt.Fprint(w, "\nA request that is refused: client_credentials with a wrong secret\n\n")
	client, err := newClient(metadata, authserver.ClientID, clientauth.SecretBasic("wrong"))
	if err != nil {
		return err
	}
	_, err = client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	if !errors.Is(err, tokenclient.ErrInvalidClient) {
		return fmt.Errorf("a wrong secret brought %v, not %w", err, tokenclient.ErrInvalidClient) //nolint:errorlint // one error is wrapped, the expected one
	}
	demo.Explain(w, err)
	return nil
}

func newClient(metadata *discovery.Metadata, clientID string, auth clientauth.Method) (*tokenclient.Client, error) {
	return tokenclient.New(tokenclient.Config{Metadata: metadata, ClientID: clientID, Auth: auth})
}
