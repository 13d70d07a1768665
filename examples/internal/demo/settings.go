// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// Defaults are what a program uses with the embedded server when nothing is
// given: the client and the scope.
type Defaults struct{ ClientID, Scope string }

// Settings are the flags that every program has.
type Settings struct {
	defaults Defaults

	issuer, token, authorization, device *string
	clientID, clientSecret, auth, scope  *string
}

// Server is where a program sends its requests, and as whom.
type Server struct {
	// Endpoints, Issuer, ClientID and Auth are for a [tokenclient.Config].
	Endpoints tokenclient.Endpoints
	Issuer    string
	ClientID  string
	Auth      clientauth.Method
	// Scope is what to ask for.
	Scope string

	embedded *authserver.Server // nil for another server
}

// String defines a flag whose default is an environment variable. The value of
// the variable is not shown by -h: it may be a secret.
func String(name, environment, usage string) *string {
	value := flag.String(name, os.Getenv(environment), usage+" (environment `"+environment+"`)")
	flag.Lookup(name).DefValue = ""
	return value
}

// Flags defines the flags that every program has; flag.Parse comes next.
func Flags(program string, defaults Defaults) *Settings {
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: go run -C examples ./%s [flags]\n\n"+
			"Without an issuer and endpoints it uses an embedded server and its demo client.\n"+
			"Give secrets by the environment: others can see the arguments of a process.\n\n", program)
		flag.PrintDefaults()
	}
	return &Settings{
		defaults:      defaults,
		issuer:        String("issuer", "ISSUER", "issuer whose metadata has the endpoints"),
		token:         String("token-endpoint", "TOKEN_ENDPOINT", "token endpoint"),
		authorization: String("authorization-endpoint", "AUTHORIZATION_ENDPOINT", "authorization endpoint"),
		device:        String("device-authorization-endpoint", "DEVICE_AUTHORIZATION_ENDPOINT", "device authorization endpoint"),
		clientID:      String("client-id", "CLIENT_ID", "client identifier"),
		clientSecret:  String("client-secret", "CLIENT_SECRET", "client secret"),
		auth:          String("auth", "CLIENT_AUTH", "how the client authenticates: basic, post or none; by default basic with a secret, none without"),
		scope:         String("scope", "SCOPE", "what to ask for, separated by spaces"),
	}
}

// Connect finds the server that the flags name, or starts the embedded one.
func (s *Settings) Connect(ctx context.Context, embedded authserver.Options) (*Server, error) {
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; -h shows the flags", flag.Arg(0))
	}
	server := &Server{Scope: *s.scope, ClientID: *s.clientID}
	secret, method := *s.clientSecret, *s.auth
	if *s.issuer+*s.token+*s.authorization+*s.device == "" {
		if err := server.start(ctx, embedded, s.defaults); err != nil {
			return nil, err
		}
		secret, method = demoClient(server.ClientID, secret, method)
	} else if err := s.locate(ctx, server); err != nil {
		return nil, err
	}

	var err error
	server.Auth, err = authMethod(method, secret)
	if err == nil && server.ClientID == "" {
		err = errors.New("-client-id is missing")
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return server, nil
}

// start starts the embedded server.
func (s *Server) start(ctx context.Context, options authserver.Options, defaults Defaults) error {
	embedded, err := authserver.Start(ctx, options)
	if err != nil {
		return fmt.Errorf("starting the embedded server: %w", err)
	}
	s.embedded = embedded
	s.Issuer = embedded.Issuer()
	s.Endpoints = tokenclient.Endpoints{
		Token:               embedded.TokenEndpoint(),
		Authorization:       embedded.AuthorizationEndpoint(),
		DeviceAuthorization: embedded.DeviceAuthorizationEndpoint(),
	}
	s.ClientID = cmp.Or(s.ClientID, defaults.ClientID)
	s.Scope = cmp.Or(s.Scope, defaults.Scope)
	fmt.Fprintf(os.Stderr, "Embedded server at %s, client %q; -h says how to use another one.\n", s.Issuer, s.ClientID)
	return nil
}

// locate takes the endpoints from the issuer's metadata and from the flags; a
// flag wins.
func (s *Settings) locate(ctx context.Context, server *Server) error {
	if *s.issuer != "" {
		found, err := fetchMetadata(ctx, *s.issuer)
		if err != nil {
			return err
		}
		server.Issuer, server.Endpoints = found.Issuer, found.endpoints()
	}
	server.Endpoints = tokenclient.Endpoints{
		Token:               cmp.Or(*s.token, server.Endpoints.Token),
		Authorization:       cmp.Or(*s.authorization, server.Endpoints.Authorization),
		DeviceAuthorization: cmp.Or(*s.device, server.Endpoints.DeviceAuthorization),
	}
	return nil
}

// Or returns the given value, or, with the embedded server only, the demo value.
func (s *Server) Or(given, demo string) string {
	if given == "" && s.embedded != nil {
		return demo
	}
	return given
}

// Embedded reports whether the server is the embedded one.
func (s *Server) Embedded() bool { return s.embedded != nil }

// Close stops the embedded server, if it is in use.
func (s *Server) Close() {
	if s.embedded != nil {
		_ = s.embedded.Close() // the program ends anyway
	}
}

// demoClient completes the credentials of a client that the embedded server has.
func demoClient(id, secret, method string) (string, string) {
	for _, client := range authserver.Clients() {
		if client.ID != id {
			continue
		}
		secret = cmp.Or(secret, client.Secret)
		if method == "" && secret != "" && strings.HasSuffix(client.AuthMethod, "_post") {
			method = "post"
		}
	}
	return secret, method
}

// authMethod returns the client authentication that -auth and -client-secret mean.
func authMethod(name, secret string) (clientauth.Method, error) {
	switch {
	case name == "none", name == "" && secret == "":
		return clientauth.None(), nil
	case secret == "" && (name == "basic" || name == "post"):
		return nil, fmt.Errorf("-auth %s needs -client-secret", name)
	case name == "", name == "basic":
		return clientauth.SecretBasic(secret), nil
	case name == "post":
		return clientauth.SecretPost(secret), nil
	default:
		return nil, fmt.Errorf("-auth must be basic, post or none, not %q", name)
	}
}
