// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

// user is a browser whose user fills in the forms.
type user struct {
	client *http.Client
	at     *url.URL
}

func newUser(t *testing.T, server *oidcprovider.Server) *user {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := server.HTTPClient()
	client.Jar = jar
	client.CheckRedirect = func(request *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(request.URL.String(), server.Issuer()) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &user{client: client}
}

// open gets the page, or posts the form to it, and returns what is shown and
// where the server sends the user instead.
func (u *user) open(t *testing.T, address string, form url.Values) (page, location string) {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := u.client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()

	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	u.at = response.Request.URL
	return string(text), response.Header.Get("Location")
}

func TestInteractive(t *testing.T) {
	t.Parallel()
	server := oidcprovider.New(t, oidcprovider.Options{Interactive: true})

	t.Run("log in and consent", func(t *testing.T) {
		t.Parallel()
		bob := newUser(t, server)
		request := newCodeRequest(server, oidcprovider.PublicClientID, nil)

		page, _ := bob.open(t, request.url, nil)
		for _, id := range []string{"login", "password", "submit", "cancel"} {
			assert.Contains(t, page, `id="`+id+`"`)
		}
		page, _ = bob.open(t, bob.at.String(), url.Values{"login": {"bob"}, "password": {"<wrong>"}})
		assert.Contains(t, page, "unknown user or wrong password")
		assert.Contains(t, page, `value="bob"`)

		page, _ = bob.open(t, bob.at.String(), url.Values{"login": {"bob"}, "password": {"bob"}})
		assert.Contains(t, page, `<em id="scopes">openid profile api1</em>`)
		_, location := bob.open(t, bob.at.String(), url.Values{"action": {"continue"}})
		callback, err := url.Parse(location)
		require.NoError(t, err)

		got := send(t, server.HTTPClient(), server.Metadata().TokenEndpoint, public(), request.redeem(callback.Query().Get("code")))
		require.Equal(t, http.StatusOK, got.status, got.members)
		assert.Equal(t, "bob", userinfo(t, server, got).text("sub"))
	})

	t.Run("cancel", func(t *testing.T) {
		t.Parallel()
		alice := newUser(t, server)

		alice.open(t, newCodeRequest(server, oidcprovider.PublicClientID, nil).url, nil)
		_, location := alice.open(t, alice.at.String(), url.Values{"action": {"cancel"}})

		assert.Contains(t, location, "error=access_denied")
	})

	t.Run("device", func(t *testing.T) {
		t.Parallel()
		started := send(t, server.HTTPClient(), server.Metadata().DeviceAuthorizationEndpoint, public(), nil)

		page, _ := newUser(t, server).open(t, started.text("verification_uri"), nil)

		assert.Contains(t, page, `name="user_code"`)
		assert.Contains(t, page, `id="submit"`)
	})

	t.Run("login waits for a user", func(t *testing.T) {
		t.Parallel()

		_, err := server.Login(t.Context(), newCodeRequest(server, oidcprovider.PublicClientID, nil).url)

		var answered *oidcprovider.AnswerError
		require.ErrorAs(t, err, &answered)
		assert.Equal(t, http.StatusOK, answered.StatusCode)
		assert.Empty(t, answered.Code)
	})
}
