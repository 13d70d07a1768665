// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

// answer is a JSON answer of the server.
type answer struct {
	status  int
	members map[string]any
}

func (a answer) text(member string) string {
	text, _ := a.members[member].(string)
	return text
}

// credentials put the client's authentication into a request.
type credentials func(header http.Header, form url.Values)

func basic(id, secret string) credentials {
	return func(header http.Header, _ url.Values) {
		pair := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
		header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
}

func post(id, secret string) credentials {
	return func(_ http.Header, form url.Values) {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
}

func public() credentials {
	return func(_ http.Header, form url.Values) {
		form.Set("client_id", oidcprovider.PublicClientID)
	}
}

func confidential() credentials {
	return basic(oidcprovider.BasicClientID, oidcprovider.ClientSecret)
}

func send(t *testing.T, client *http.Client, endpoint string, authenticate credentials, members map[string]string) answer {
	t.Helper()
	header, form := http.Header{}, url.Values{}
	for name, value := range members {
		form.Set(name, value)
	}
	authenticate(header, form)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header = header
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return receive(t, client, request)
}

func receive(t *testing.T, client *http.Client, request *http.Request) answer {
	t.Helper()
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()

	received := answer{status: response.StatusCode}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&received.members))
	return received
}

// codeRequest is an authorization request with its PKCE verifier.
type codeRequest struct {
	url      string
	verifier string
	redirect string
}

func newCodeRequest(server *oidcprovider.Server, clientID string, added map[string]string) codeRequest {
	request := codeRequest{
		verifier: rand.Text() + rand.Text(),
		redirect: strings.Replace(oidcprovider.RedirectURI, "127.0.0.1", "127.0.0.1:61234", 1),
	}
	challenge := sha256.Sum256([]byte(request.verifier))
	query := url.Values{
		"client_id":             {clientID},
		"response_type":         {"code"},
		"redirect_uri":          {request.redirect},
		"scope":                 {"openid profile api1"},
		"state":                 {"the state"},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"code_challenge_method": {"S256"},
	}
	for name, value := range added {
		query.Set(name, value)
	}
	request.url = server.Metadata().AuthorizationEndpoint + "?" + query.Encode()
	return request
}

// redeem returns the form that exchanges the code.
func (r codeRequest) redeem(code string) map[string]string {
	return map[string]string{
		"grant_type":    "authorization_code",
		"code":          code,
		"redirect_uri":  r.redirect,
		"code_verifier": r.verifier,
	}
}
