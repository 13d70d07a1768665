// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// library makes the same calls in one of the ways to compare. Each function
// reports whether it got a token.
type library struct {
	name                       string
	credentials, code, refresh func(context.Context) error
	device                     func(context.Context) error
}

// setting is what one call of a library meets.
type setting struct {
	fault    faultserver.Fault
	server   *faultserver.Server
	limit    time.Duration // of one attempt
	attempts *atomic.Int64 // counts them
}

// newLibrary makes a library, and what frees its connections.
type newLibrary func(setting) (library, func(), error)

// limits are those of one attempt, in all libraries, for one try after the other.
// Over HTTP/2 net/http sends again after 0 s, 1 s, 3 s, 7 s and 15 s.
func limits(fault faultserver.Fault) []time.Duration {
	if fault.Slow {
		return []time.Duration{2 * time.Second, 10 * time.Second}
	}
	return []time.Duration{30 * time.Second}
}

const deviceLifetime = 25 * time.Second

// countedAuth counts our attempts.
type countedAuth struct {
	clientauth.Method
	attempts *atomic.Int64
}

func (c countedAuth) Credentials(ctx context.Context, attempt clientauth.Attempt) (clientauth.Credentials, error) {
	c.attempts.Add(1)
	return c.Method.Credentials(ctx, attempt)
}

// countedTransport counts theirs.
type countedTransport struct {
	http.RoundTripper
	attempts *atomic.Int64
}

func (c countedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	c.attempts.Add(1)
	return c.RoundTripper.RoundTrip(request)
}

func newOurs(s setting) (library, func(), error) {
	config := tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: s.server.URL()},
		ClientID:  "client",
		Auth:      countedAuth{clientauth.SecretBasic("secret"), s.attempts},
		Retry:     tokenclient.Retry{MinWait: time.Millisecond, AttemptTimeout: s.limit},
	}
	done := func() {}
	if !s.fault.Anywhere() {
		transport := httpcall.NewTransport()
		s.server.Apply(transport)
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
func newTheirs(style oauth2.AuthStyle) newLibrary {
	return func(s setting) (library, func(), error) {
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			return library{}, nil, errors.New("net/http's default transport is another one")
		}
		transport = transport.Clone()
		s.server.Apply(transport)
		client := &http.Client{Transport: countedTransport{transport, s.attempts}, Timeout: s.limit}
		with := func(ctx context.Context) context.Context { return context.WithValue(ctx, oauth2.HTTPClient, client) }
		config := &oauth2.Config{
			ClientID: "client", ClientSecret: "secret", RedirectURL: "https://app.example",
			Endpoint: oauth2.Endpoint{TokenURL: s.server.URL(), AuthStyle: style},
		}
		machine := &clientcredentials.Config{ClientID: "client", ClientSecret: "secret", TokenURL: s.server.URL(), AuthStyle: style}
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
