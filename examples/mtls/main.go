// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Command mtls requests a token as a client that proves who it is by the
// certificate of its connection (RFC 8705), and shows that the token is bound to
// it. Without files it makes a certificate authority and the certificates itself.
//
//	go run -C examples ./mtls
//	go run -C examples ./mtls -self-signed
//	go run -C examples ./mtls -h
//	go run -C examples ./mtls -issuer https://as.example -client-id me -certificate cert.pem -key key.pem
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

func main() { demo.Main(run) }

func run(ctx context.Context) error {
	files, selfSigned := demo.CertificateFlags(), flag.Bool("self-signed", false, "the client has signed its certificate itself")
	settings := demo.Flags("mtls", demo.Defaults{ClientID: authserver.TLSClientID, Scope: "api1", NoSecret: true}, demo.Introspection)
	flag.Parse()
	if *selfSigned {
		settings.DemoClient(authserver.SelfSignedTLSClientID)
	}
	material, err := files.Read(*selfSigned)
	if err != nil {
		return err
	}
	settings.HTTPClient = material.HTTPClient
	server, err := settings.Connect(ctx, authserver.Options{TLS: material.Embedded})
	if err != nil {
		return err
	}
	defer server.Close()

	// The function is asked for each attempt. When it returns another certificate,
	// new connections are made; nothing has to be restarted.
	current := func(context.Context) (*tls.Certificate, error) { return material.Client, nil }
	auth := clientauth.TLS(current)
	if *selfSigned {
		auth = clientauth.SelfSignedTLS(current)
	}
	client, err := tokenclient.New(tokenclient.Config{
		Metadata:   server.Metadata, // mtls_endpoint_aliases has the endpoints for such clients
		Endpoints:  server.Endpoints,
		ClientID:   server.ClientID,
		Auth:       auth,
		HTTPClient: material.HTTPClient, // which authorities the server's own certificate may be from
	})
	if err != nil {
		return err
	}
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: server.Scope})
	if err != nil {
		return err
	}
	fmt.Printf("Authenticated by %s.\n", auth.Name())
	demo.PrintToken(os.Stdout, response)

	// An API accepts the token only over a connection with the same certificate.
	info, err := client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{Token: response.AccessToken})
	if err != nil {
		return err
	}
	bound, own := info.Field("cnf").Get("x5t#S256").String(), clientauth.CertificateThumbprint(material.Client.Leaf)
	demo.PrintFields(os.Stdout, [][2]string{{"the certificate", own}, {"the token's cnf", bound}})
	if bound != own {
		return errors.New("the token is not bound to the certificate")
	}
	return nil
}
