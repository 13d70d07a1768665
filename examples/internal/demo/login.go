// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Login is how a user logs in: in a browser, but for the embedded server, which
// lets alice in without asking, so that the program can open the address itself.
type Login struct {
	listen    *string
	noBrowser *bool
	timeout   *time.Duration
	loopback  *Loopback
}

// LoginFlags defines the flags for a login; flag.Parse comes next.
func LoginFlags() *Login {
	return &Login{
		listen:    flag.String("listen", "127.0.0.1:0", "loopback address of the redirect URI; the server must know http://`ADDRESS`/callback"),
		noBrowser: flag.Bool("no-browser", false, "do not open the browser"),
		timeout:   flag.Duration("timeout", 5*time.Minute, "how long to wait for the user"),
	}
}

// RedirectURI listens for the browser, and returns where it comes back to.
func (l *Login) RedirectURI(ctx context.Context) (_ string, err error) {
	if l.loopback, err = Listen(ctx, *l.listen); err != nil {
		return "", err
	}
	return l.loopback.RedirectURI(), nil
}

// Close stops listening.
func (l *Login) Close() {
	if l.loopback != nil {
		l.loopback.Close()
	}
}

// Tokens sends the user to the server, checks the answer, and redeems the code.
func (l *Login) Tokens(ctx context.Context, client *tokenclient.Client, server *Server, sent tokenclient.AuthorizeRequest) (*tokenclient.TokenResponse, error) {
	address, err := client.AuthorizeURL(sent)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, *l.timeout)
	defer cancel()
	if server.Embedded() {
		go visit(ctx, address) // ends with ctx
	} else {
		fmt.Printf("Open this address: %s\n", address)
		if !*l.noBrowser {
			OpenBrowser(ctx, address)
		}
	}

	var response *tokenclient.TokenResponse
	err = l.loopback.Receive(ctx, func(values url.Values) error {
		answer, err := client.ParseAuthorizeResponse(values, sent)
		if err != nil {
			return err
		}
		response, err = client.RequestAuthorizationCodeToken(ctx, answer.TokenRequest())
		return err
	})
	return response, err
}

// visit opens an address as a browser does. What comes of it, the redirect says.
func visit(ctx context.Context, address string) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return
	}
	browser := &http.Client{Jar: jar}
	if response, err := browser.Do(request); err == nil {
		_ = response.Body.Close()
	}
}
