// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// Defaults are what a program uses with the embedded server when nothing is
// given.
type Defaults struct {
	// ClientID and Scope are the client and what to ask for.
	ClientID, Scope string
	// NoClient is for a program that needs none: it has no flags for a client.
	NoClient bool
	// NoSecret is for a program whose client proves who it is with a key: it has no
	// flags for a secret, and sets the Auth of its client by itself.
	NoSecret bool
}

// Settings are the flags that every program has.
type Settings struct {
	defaults Defaults

	issuer                              *string
	endpoints                           map[Endpoint]*string
	clientID, clientSecret, auth, scope *string
	additionalBase                      *string

	// HTTPClient fetches the metadata. Default: that of package discovery.
	HTTPClient *http.Client
}

// Server is where a program sends its requests, and as whom.
type Server struct {
	// Metadata, Endpoints, ClientID and Auth are for a [tokenclient.Config].
	// Metadata is nil when there is no issuer, and Endpoints are those that the
	// flags name.
	Metadata  *discovery.Metadata
	Endpoints tokenclient.Endpoints
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

// Flags defines the flags that every program has, and those for more endpoints;
// flag.Parse comes next.
func Flags(program string, defaults Defaults, more ...Endpoint) *Settings {
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: go run -C examples ./%s [flags]\n\n"+
			"Without an issuer and endpoints it uses an embedded server and its demo client.\n"+
			"Give secrets by the environment: others can see the arguments of a process.\n\n", program)
		flag.PrintDefaults()
	}
	endpoints := map[Endpoint]*string{}
	for _, endpoint := range append([]Endpoint{Token, Authorization, DeviceAuthorization}, more...) {
		endpoints[endpoint] = endpoint.define()
	}
	settings := &Settings{
		defaults:  defaults,
		issuer:    String("issuer", "ISSUER", "issuer whose metadata has the endpoints"),
		endpoints: endpoints,
		clientID:  new(string), clientSecret: new(string), auth: new(string),
		scope:          String("scope", "SCOPE", "what to ask for, separated by spaces"),
		additionalBase: String("additional-base", "ADDITIONAL_BASE", "one more address under which the endpoints of the issuer may be"),
	}
	if !defaults.NoClient {
		settings.clientID = String("client-id", "CLIENT_ID", "client identifier")
	}
	if !defaults.NoClient && !defaults.NoSecret {
		settings.clientSecret = String("client-secret", "CLIENT_SECRET", "client secret")
		settings.auth = String("auth", "CLIENT_AUTH", "how the client authenticates: basic, post or none; by default basic with a secret, none without")
	}
	return settings
}

// DemoClient changes the client of the embedded server, where it depends on a flag.
func (s *Settings) DemoClient(id string) { s.defaults.ClientID = id }

// Connect finds the server that the flags name, or starts the embedded one.
func (s *Settings) Connect(ctx context.Context, embedded authserver.Options) (*Server, error) {
	if flag.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q; -h shows the flags", flag.Arg(0))
	}
	server := &Server{Scope: *s.scope, ClientID: *s.clientID}
	for endpoint, address := range s.endpoints {
		endpoint.set(&server.Endpoints, *address)
	}
	issuer, base, secret, method := *s.issuer, *s.additionalBase, *s.clientSecret, *s.auth
	if issuer == "" && server.Endpoints == (tokenclient.Endpoints{}) {
		if err := server.start(ctx, embedded, s.defaults); err != nil {
			return nil, err
		}
		issuer, base = server.embedded.Issuer(), server.embedded.TLSAddress()
		secret, method = demoClient(server.ClientID, secret, method)
	}

	err := server.complete(ctx, issuer, discovery.Options{Policy: additionalBase(base), HTTPClient: s.HTTPClient})
	if err == nil {
		server.Auth, err = authMethod(method, secret)
	}
	if err == nil && server.ClientID == "" && !s.defaults.NoClient {
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
	s.ClientID = cmp.Or(s.ClientID, defaults.ClientID)
	s.Scope = cmp.Or(s.Scope, defaults.Scope)
	as := ""
	if s.ClientID != "" {
		as = fmt.Sprintf(", client %q", s.ClientID)
	}
	fmt.Fprintf(os.Stderr, "Embedded server at %s%s; -h says how to use another one.\n", embedded.Issuer(), as)
	return nil
}

// complete fetches what the server publishes about itself, and checks it.
func (s *Server) complete(ctx context.Context, issuer string, options discovery.Options) (err error) {
	if issuer != "" {
		s.Metadata, err = discovery.Fetch(ctx, issuer, options)
	}
	return err // demo.Explain shows which rule of the policy was broken
}

// additionalBase is the strict policy, with one more place for endpoints.
func additionalBase(address string) discovery.Policy {
	if address == "" {
		return discovery.Policy{}
	}
	return discovery.Policy{AdditionalBaseAddresses: []string{address}}
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
