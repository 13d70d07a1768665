// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// login opens the address as a new browser would, follows the redirects with
// cookies, and returns the parameters with which the server sends the user back
// to the client.
func (s *server) login(t *testing.T, address string) url.Values {
	t.Helper()
	return newBrowser(t, s.issuer).login(t, address)
}

// follow returns what a new browser finds at the address.
func (s *server) follow(t *testing.T, address string) *http.Response {
	t.Helper()
	return newBrowser(t, s.issuer).open(t, address)
}

// browser keeps cookies, and follows redirects as long as they stay at the server.
type browser http.Client

func newBrowser(t *testing.T, issuer string) *browser {
	t.Helper()
	const maxRedirects = 20
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{
		Jar: jar,
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if !strings.HasPrefix(request.URL.String(), issuer+"/") || len(via) > maxRedirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// login returns the parameters with which the server sends the user back.
func (b *browser) login(t *testing.T, address string) url.Values {
	t.Helper()
	return requireLocation(t, b.open(t, address), redirectURI).Query()
}

// open returns the first answer that leads away from the server, or a page.
func (b *browser) open(t *testing.T, address string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	return b.do(t, request)
}

// submit presses the button of the only form of a page.
func (b *browser) submit(t *testing.T, page *http.Response, button string) *http.Response {
	t.Helper()
	text, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	action := regexp.MustCompile(`action="([^"]+)"`).FindSubmatch(text)
	require.NotNil(t, action, "the page has no form")
	target, err := page.Request.URL.Parse(html.UnescapeString(string(action[1])))
	require.NoError(t, err)
	form := url.Values{button: {"yes"}}
	for _, input := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllSubmatch(text, -1) {
		form.Set(string(input[1]), html.UnescapeString(string(input[2])))
	}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target.String(), strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(t, request)
}

func (b *browser) do(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	response, err := (*http.Client)(b).Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// requireLocation returns where an answer sends the user: an address of the client.
func requireLocation(t *testing.T, answer *http.Response, want string) *url.URL {
	t.Helper()
	location, err := answer.Location()
	if err != nil {
		page, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		require.Fail(t, "the server shows a page", "status %d: %s", answer.StatusCode, page)
	}
	require.True(t, strings.HasPrefix(location.String(), want+"?"), "the server sends the user elsewhere")
	return location
}

// signIn goes through a whole login, up to the code.
func (s *server) signIn(t *testing.T, client *tokenclient.Client, scope string) *tokenclient.AuthorizeResponse {
	t.Helper()
	sent := tokenclient.NewAuthorizeRequest(scope, redirectURI)
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(s.login(t, address), sent)
	require.NoError(t, err)
	return back
}

// redeem goes through a login and returns the tokens.
func (s *server) redeem(t *testing.T, client *tokenclient.Client, sent tokenclient.AuthorizeRequest) *tokenclient.TokenResponse {
	t.Helper()
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(s.login(t, address), sent)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	requireToken(t, got, err)
	return got
}
