// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// do carries out a command, or all of them one after the other.
func do(ctx context.Context, command string, client *tokenclient.Client, server *demo.Server, session *tokensource.Refreshing) error {
	all := command == ""
	known := false
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"login", func() error { return login(ctx, client, server, session) }},
		{"call", func() error { return callAPI(ctx, server, session) }},
		{"logout", func() error { return logout(ctx, session) }},
	} {
		if !all && command != step.name {
			continue
		}
		known = true
		if err := step.run(); err != nil {
			return err
		}
	}
	if !known {
		return errors.New("-do must be login, call or logout")
	}
	return nil
}

// login logs the user in on another device, and keeps the tokens.
func login(ctx context.Context, client *tokenclient.Client, server *demo.Server, session *tokensource.Refreshing) error {
	device, err := client.RequestDeviceAuthorization(ctx, tokenclient.DeviceAuthorizationRequest{Scope: server.Scope})
	if err != nil {
		return err
	}
	fmt.Println("Open this address:", demo.Printable(cmp.Or(device.VerificationURIComplete, device.VerificationURI)))
	fmt.Println("Enter this code:  ", demo.Printable(device.UserCode))
	progress := demo.NewProgress(os.Stdout)
	request := device.TokenRequest()
	request.Pending = progress.Pending("Waiting for the user")
	response, err := client.PollDeviceToken(ctx, request)
	progress.End()
	if err != nil {
		return err
	}
	if err := session.SetToken(ctx, response); err != nil {
		return err
	}
	fmt.Println("Logged in.")
	return nil
}

// callAPI calls UserInfo, as it would call any API.
func callAPI(ctx context.Context, server *demo.Server, session *tokensource.Refreshing) error {
	address := server.Endpoints.UserInfo
	if address == "" && server.Metadata != nil {
		address = server.Metadata.UserInfoEndpoint
	}
	service := &http.Client{Transport: &tokensource.Transport{Source: session, Origins: []string{originOf(address)}}}
	status, err := get(ctx, service, address)
	if errors.Is(err, tokensource.ErrNoToken) {
		return fmt.Errorf("log in first: %w", err)
	}
	if err != nil {
		return err
	}
	fmt.Println("The API answered:", demo.Printable(status))
	if strings.HasPrefix(status, "401 ") { // also with another token, if there was one to get
		return errors.New("the API takes no token of this login; log in again")
	}
	return nil
}

// logout makes the tokens worthless at the server, and forgets them.
func logout(ctx context.Context, session *tokensource.Refreshing) error {
	if err := session.Revoke(ctx); err != nil {
		return err
	}
	fmt.Println("Logged out.")
	return nil
}

func get(ctx context.Context, service *http.Client, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := service.Do(request)
	if err != nil {
		return "", err
	}
	return response.Status, response.Body.Close()
}

func originOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return parsed.Scheme + "://" + parsed.Host
}
