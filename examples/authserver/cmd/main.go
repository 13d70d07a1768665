// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command authserver runs the example authorization server alone:
//
//	go run -C examples ./authserver/cmd -addr 127.0.0.1:8080 -interactive
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	opts := authserver.Options{}
	flags := flag.NewFlagSet("authserver", flag.ExitOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&opts.Addr, "addr", "127.0.0.1:8080", "loopback address to listen on")
	flags.BoolVar(&opts.Interactive, "interactive", false, "ask for a user name and a password")
	flags.IntVar(&opts.ApproveDeviceAfter, "approve-device-after", 0, "approve a device after that many polls; 0 leaves it to the page")
	flags.IntVar(&opts.ApproveBackchannelAfter, "approve-backchannel-after", 1, "decide about a CIBA request after that many polls; 0 never does")
	flags.DurationVar(&opts.AccessTokenLifetime, "access-token-lifetime", 0, "default 1h")
	flags.DurationVar(&opts.RefreshTokenLifetime, "refresh-token-lifetime", 0, "default 24h")
	flags.DurationVar(&opts.DeviceInterval, "device-interval", 0, "default 5s")
	verbose := flags.Bool("v", false, "log requests and refusals")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *verbose {
		opts.Log = slog.New(slog.NewTextHandler(stderr, nil))
	}

	srv, err := authserver.Start(ctx, opts)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, describe(srv)); err != nil {
		return errors.Join(err, srv.Close())
	}
	<-ctx.Done()
	return srv.Close()
}

// describe says how to use the server.
func describe(srv *authserver.Server) string {
	var text strings.Builder
	fmt.Fprintf(&text, "issuer   %s\n", srv.Issuer())
	for _, c := range authserver.Clients() {
		fmt.Fprintf(&text, "client   %-14q secret %-18q %s\n", c.ID, c.Secret, c.AuthMethod)
	}
	for _, u := range authserver.Users() {
		fmt.Fprintf(&text, "user     %-14q password %q\n", u.Name, u.Password)
	}
	fmt.Fprintf(&text, "scopes   %s\n", authserver.Scopes)
	for _, s := range authserver.Shims() {
		fmt.Fprintf(&text, "shim     %s: %s\n", s.Name, s.Why)
	}
	fmt.Fprintf(&text, "try      curl -u %s:%s -d grant_type=client_credentials -d scope=api1 %s\n",
		authserver.ClientID, authserver.ClientSecret, srv.TokenEndpoint())
	return text.String()
}
