// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command devicecode logs a user in on another device (RFC 8628): it shows a
// code, a link and a QR code, and polls until the user has decided.
//
//	go run -C examples ./devicecode
//	go run -C examples ./devicecode -approve-after 2
//	go run -C examples ./devicecode -h
//	go run -C examples ./devicecode -issuer https://as.example -client-id me -scope openid
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	settings := demo.Flags("devicecode", demo.Defaults{ClientID: authserver.PublicClientID, Scope: "openid api1"})
	approveAfter := flag.Int("approve-after", 0, "the embedded server lets alice in after `N` polls; 0 waits for a person")
	flag.Parse()
	server, err := settings.Connect(ctx, authserver.Options{
		Interactive: true, ApproveDeviceAfter: *approveAfter, DeviceInterval: time.Second,
	})
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := tokenclient.New(tokenclient.Config{
		Metadata: server.Metadata, Endpoints: server.Endpoints, ClientID: server.ClientID, Auth: server.Auth,
	})
	if err != nil {
		return err
	}

	device, err := client.RequestDeviceAuthorization(ctx, tokenclient.DeviceAuthorizationRequest{Scope: server.Scope})
	if err != nil {
		return err
	}
	link := cmp.Or(device.VerificationURIComplete, device.VerificationURI) // with the code in it, if there is such
	demo.PrintQRCode(os.Stdout, link)
	fmt.Println("Open this address:", demo.Printable(device.VerificationURI))
	fmt.Println("Enter this code:  ", demo.Printable(device.UserCode))
	fmt.Println("Both in one:      ", demo.Printable(link))
	if server.Embedded() && *approveAfter == 0 {
		fmt.Printf("Log in as %s with the password %s.\n", authserver.Alice, authserver.AlicePassword)
	}

	progress := demo.NewProgress(os.Stdout)
	progress.Show("Waiting for the user.")
	request := device.TokenRequest()
	request.Pending = progress.Pending("Waiting for the user")
	response, err := client.PollDeviceToken(ctx, request)
	progress.End()
	if err != nil {
		return err // such as tokenclient.ErrAccessDenied: the user said no
	}
	demo.PrintToken(os.Stdout, response)
	return nil
}
