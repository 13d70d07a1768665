// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// openStore returns the store in that directory. Without one, that of the embedded
// server ends with the program, as the server does.
func openStore(dir string, embedded bool) (tokensource.Store, error) {
	if dir == "" && embedded { // it will have forgotten the tokens
		return tokensource.NewMemory(), nil
	}
	config, err := os.UserConfigDir()
	if dir == "" && err != nil {
		return nil, err
	}
	return tokensource.NewFile(cmp.Or(dir, filepath.Join(config, "identitymodel-example")))
}

// keyOf names the session in the store: each server and client has its own.
func keyOf(server *demo.Server) string {
	address := server.Endpoints.Token
	if server.Metadata != nil {
		address = server.Metadata.Issuer
	}
	return address + " " + server.ClientID
}

// renewed is told of each refresh. What it brought is in the store by itself.
func renewed(context.Context, *tokenclient.TokenResponse) error {
	fmt.Println("The tokens were renewed.")
	return nil
}
