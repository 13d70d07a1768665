// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

var update = flag.Bool("update", false, "rewrite the table of faults in README.md")

// library makes the same calls in one of the ways to compare. Each function
// reports whether it got a token.
type library struct {
	name                       string
	credentials, code, refresh func(context.Context) error
	device                     func(context.Context) error
}

// attemptTime limits one request, in all libraries.
func attemptTime(fault faultserver.Fault) time.Duration {
	switch {
	case fault.Slow:
		return 2 * time.Second
	case fault.Group == "HTTP/2":
		return 5 * time.Second // net/http sends again after 0 s, 1 s, 3 s, 7 s
	}
	return 30 * time.Second
}

const deviceLifetime = 25 * time.Second

func newOurs(fault faultserver.Fault, server *faultserver.Server) (library, func(), error) {
	config := tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.URL()},
		ClientID:  "client",
		Auth:      clientauth.SecretBasic("secret"),
		Retry:     tokenclient.Retry{MinWait: time.Millisecond, AttemptTimeout: attemptTime(fault)},
	}
	done := func() {}
	if !fault.Anywhere() {
		transport := httpcall.NewTransport()
		server.Apply(transport)
		config.HTTPClient, done = &http.Client{Transport: transport}, transport.CloseIdleConnections
	}
	client, err := tokenclient.New(config)
	return library{
		name: "tokenclient",
		credentials: func(ctx context.Context) error {
			_, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
			return err
		},
		code: func(ctx context.Context) error {
			_, err := client.RequestAuthorizationCodeToken(ctx, tokenclient.AuthorizationCodeTokenRequest{Code: "code", RedirectURI: "https://app.example"})
			return err
		},
		refresh: func(ctx context.Context) error {
			_, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "refresh"})
			return err
		},
		device: func(ctx context.Context) error {
			_, err := client.PollDeviceToken(ctx, tokenclient.DeviceTokenRequest{
				DeviceCode: "device", Interval: time.Millisecond, Expiry: time.Now().Add(deviceLifetime),
			})
			return err
		},
	}, done, err
}

// newTheirs uses net/http's default transport, and a client with a Timeout, which
// x/oauth2 does not set by itself.
func newTheirs(style oauth2.AuthStyle) func(faultserver.Fault, *faultserver.Server) (library, func(), error) {
	return func(fault faultserver.Fault, server *faultserver.Server) (library, func(), error) {
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			return library{}, nil, errors.New("net/http's default transport is another one")
		}
		transport = transport.Clone()
		server.Apply(transport)
		client := &http.Client{Transport: transport, Timeout: attemptTime(fault)}
		with := func(ctx context.Context) context.Context { return context.WithValue(ctx, oauth2.HTTPClient, client) }
		config := &oauth2.Config{
			ClientID: "client", ClientSecret: "secret", RedirectURL: "https://app.example",
			Endpoint: oauth2.Endpoint{TokenURL: server.URL(), AuthStyle: style},
		}
		machine := &clientcredentials.Config{ClientID: "client", ClientSecret: "secret", TokenURL: server.URL(), AuthStyle: style}
		return library{
			name: "x/oauth2",
			credentials: func(ctx context.Context) error {
				_, err := machine.Token(with(ctx))
				return err
			},
			code: func(ctx context.Context) error {
				_, err := config.Exchange(with(ctx), "code")
				return err
			},
			refresh: func(ctx context.Context) error {
				_, err := config.TokenSource(with(ctx), &oauth2.Token{RefreshToken: "refresh"}).Token()
				return err
			},
			device: func(ctx context.Context) error {
				_, err := config.DeviceAccessToken(with(ctx), &oauth2.DeviceAuthResponse{
					DeviceCode: "device", Interval: 1, Expiry: time.Now().Add(deviceLifetime),
				})
				return err
			},
		}, transport.CloseIdleConnections, nil
	}
}

// met is what became of one call that met a fault.
type met struct {
	requests int // that arrived whole
	ok       bool
}

// meet runs one call of a library against a server with a fault.
func meet(ctx context.Context, fault faultserver.Fault, call string, newLibrary func(faultserver.Fault, *faultserver.Server) (library, func(), error)) (met, error) {
	options := faultserver.Options{Play: faultserver.Times(40)}
	if call == "device" {
		options.Play = faultserver.Times(2) // a fault that passes
	}
	server, err := faultserver.Start(fault, options)
	if err != nil {
		return met{}, err
	}
	defer server.Close()
	l, done, err := newLibrary(fault, server)
	if err != nil {
		return met{}, err
	}
	defer done()
	if fault.Warm {
		if err := l.credentials(ctx); err != nil {
			return met{}, err
		}
		server.Forget()
	}
	calls := map[string]func(context.Context) error{"code": l.code, "refresh": l.refresh, "credentials": l.credentials, "device": l.device}
	err = calls[call](ctx)
	return met{len(server.Requests()), err == nil}, nil
}

// tally sums up the faults of one group for one library.
type tally struct {
	faults int
	high   int // requests with one code or refresh token
	twice  int // faults after which the same one arrived twice
	polled int // faults that pass, and the polling got its token
}

func (s *tally) add(call string, m met) {
	switch call {
	case "code", "refresh":
		s.high = max(s.high, m.requests)
	case "device":
		if m.ok {
			s.polled++
		}
	}
}

var comparedCalls = []string{"code", "refresh", "device"}

// comparison has a tally for each group and library.
type comparison struct {
	groups  []string
	tallies map[string]*[3]tally
}

// compare runs every call against every fault, in each library.
func compare(t *testing.T) *comparison {
	t.Helper()
	libraries := []func(faultserver.Fault, *faultserver.Server) (library, func(), error){
		newOurs, newTheirs(oauth2.AuthStyleAutoDetect), newTheirs(oauth2.AuthStyleInHeader),
	}
	faults := faultserver.All()
	results := make([][3][3]met, len(faults))
	var group sync.WaitGroup
	places := make(chan struct{}, 128)
	for i, fault := range faults {
		for j, newLibrary := range libraries {
			for k, call := range comparedCalls {
				places <- struct{}{}
				group.Go(func() {
					defer func() { <-places }()
					result, err := meet(t.Context(), fault, call, newLibrary)
					if err != nil {
						t.Errorf("%s: %v", fault.Name, err)
					}
					results[i][j][k] = result
				})
			}
		}
	}
	group.Wait()
	c := &comparison{tallies: map[string]*[3]tally{}}
	for i, fault := range faults {
		if c.tallies[fault.Group] == nil {
			c.groups = append(c.groups, fault.Group)
			c.tallies[fault.Group] = new([3]tally)
		}
		for j := range libraries {
			sum := &c.tallies[fault.Group][j]
			sum.faults++
			for k, call := range comparedCalls {
				sum.add(call, results[i][j][k])
			}
			if max(results[i][j][0].requests, results[i][j][1].requests) > 1 {
				sum.twice++
			}
		}
	}
	return c
}

// atMost is how often one credential arrived; beyond a few net/http goes round as
// often as the time allows.
func atMost(requests int) string {
	if requests > 2 {
		return "more than 2"
	}
	return fmt.Sprint(requests)
}

// markdown is the table of README.md.
func (c *comparison) markdown() string {
	var text strings.Builder
	text.WriteString("| what goes wrong | faults | arrived at most: ours | x/oauth2 | arrived twice: ours | x/oauth2 | polled on: ours | x/oauth2 |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	line := func(name string, sums *[3]tally) {
		fmt.Fprintf(&text, "| %s | %d | %s | %s | %d | %d; %d | %d | %d |\n", name, sums[0].faults,
			atMost(sums[0].high), atMost(sums[1].high),
			sums[0].twice, sums[1].twice, sums[2].twice, sums[0].polled, sums[2].polled)
	}
	all := new([3]tally)
	for _, name := range c.groups {
		sums := c.tallies[name]
		line(name, sums)
		for j := range all {
			all[j].faults += sums[j].faults
			all[j].twice += sums[j].twice
			all[j].polled += sums[j].polled
			all[j].high = max(all[j].high, sums[j].high)
		}
	}
	line("all", all)
	return text.String()
}

const (
	readmePath  = "../../README.md"
	faultsBegin = "<!-- faults: begin, generated by make faults-update -->\n"
	faultsEnd   = "<!-- faults: end -->"
)

// TestFaultsBeside compares what README.md says about the faults with what
// happens here, or, with -update, writes it there.
func TestFaultsBeside(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute: -short")
	}
	c := compare(t)
	for _, name := range c.groups {
		if twice := c.tallies[name][0].twice; twice > 0 {
			t.Errorf("%s: tokenclient has sent what works once twice after %d faults", name, twice)
		}
	}
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(readme), faultsBegin)
	said, after, ends := strings.Cut(rest, faultsEnd)
	if !begins || !ends {
		t.Fatalf("README.md has no lines %q and %q", faultsBegin, faultsEnd)
	}
	want := c.markdown()
	switch {
	case said == want || t.Failed():
	case *update:
		if err := os.WriteFile(readmePath, []byte(before+faultsBegin+want+faultsEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("README.md does not say what happens here: run make faults-update\n%s", want)
	}
}
