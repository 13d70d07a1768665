// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// body is a token response of 1.2 KB.
var body = `{"access_token":"` + strings.Repeat("a", 1100) + `","token_type":"Bearer","expires_in":3600,"scope":"api1"}`

// inMemory answers at once.
type inMemory struct{}

func (inMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, request.Body)
	return &http.Response{
		StatusCode:    http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(body)),
		Body:          io.NopCloser(strings.NewReader(body)),
		Request:       request,
	}, nil
}

// requester requests one token.
type requester func(context.Context) error

// requesters are the ways to compare, each with a client of its own.
func requesters(tb testing.TB, endpoint string, newTransport func() http.RoundTripper) map[string]requester {
	tb.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: endpoint},
		ClientID:   "client",
		Auth:       clientauth.SecretBasic("secret"),
		HTTPClient: &http.Client{Transport: newTransport()},
	})
	if err != nil {
		tb.Fatal(err)
	}
	config := clientcredentials.Config{
		ClientID: "client", ClientSecret: "secret", TokenURL: endpoint, Scopes: []string{"api1"}, AuthStyle: oauth2.AuthStyleInHeader,
	}
	theirs, plain := &http.Client{Transport: newTransport()}, &http.Client{Transport: newTransport()}
	return map[string]requester{
		"tokenclient": func(ctx context.Context) error {
			_, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
			return err
		},
		"x-oauth2": func(ctx context.Context) error {
			_, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, theirs))
			return err
		},
		"net-http by hand": func(ctx context.Context) error { return byHand(ctx, plain, endpoint) },
	}
}

// byHand is what a service without a library does.
func byHand(ctx context.Context, client *http.Client, endpoint string) error {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api1"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.SetBasicAuth("client", "secret")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
	}
	if err := json.NewDecoder(response.Body).Decode(&token); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || token.AccessToken == "" {
		return fmt.Errorf("no token: %s", response.Status)
	}
	return nil
}

func BenchmarkInMemory(b *testing.B) {
	run(b, requesters(b, "https://as.example/token", func() http.RoundTripper { return inMemory{} }))
}

func BenchmarkLoopback(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	b.Cleanup(server.Close)
	newTransport := func() http.RoundTripper { return &http.Transport{MaxIdleConnsPerHost: 64} }
	run(b, requesters(b, server.URL+"/token", newTransport))
	b.Run("parallel", func(b *testing.B) { runParallel(b, requesters(b, server.URL+"/token", newTransport)) })
}

func run(b *testing.B, all map[string]requester) {
	b.Helper()
	for name, request := range all {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := request(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func runParallel(b *testing.B, all map[string]requester) {
	b.Helper()
	for name, request := range all {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(16) // 32 workers on two cores
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := request(b.Context()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
