// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// manage reads, changes and deletes a registration. Each answer has the secrets
// to go on with: a server may replace them.
func manage(ctx context.Context, manager *tokenclient.Client, registered *tokenclient.ClientRegistrationResponse) error {
	if registered.RegistrationClientURI == "" {
		return errors.New("the server does not let clients manage their registration")
	}
	read, err := manager.ReadClient(ctx, registered.ManagementRequest())
	if err != nil {
		return err
	}
	demo.PrintClient(os.Stdout, "Read:", read)

	update := read.UpdateRequest() // all that is registered: what is left out is forgotten
	update.Registration.ClientName = "identitymodel example, renamed"
	updated, err := manager.UpdateClient(ctx, update)
	if err != nil {
		return err
	}
	demo.PrintClient(os.Stdout, "Updated:", updated)

	if _, err := manager.DeleteClient(ctx, updated.ManagementRequest()); err != nil {
		return err
	}
	fmt.Println("Deleted.")
	return nil
}
