// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func tokenExchange(r tokenclient.TokenExchangeTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestTokenExchangeToken(ctx, r)
	}
}

const (
	accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
	exchangeBody    = `{"access_token":"token","token_type":"Bearer","issued_token_type":"` + accessTokenType + `"}`
)

// leastExchange is a token exchange with what is required.
func leastExchange() tokenclient.TokenExchangeTokenRequest {
	return tokenclient.TokenExchangeTokenRequest{
		SubjectToken: "subject", SubjectTokenType: tokenclient.TokenTypeIdentifierAccessToken,
	}
}

// assertSends checks what a grant sends to the token endpoint.
func assertSends(t *testing.T, send send, answered, body string) {
	t.Helper()
	sent := make(chan *http.Request, 1)
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusOK, answered))
	response, err := send(t.Context(), client)
	require.NoError(t, err)
	assert.Equal(t, "token", response.AccessToken)
	request := <-sent
	assert.Equal(t, body, bodyOf(t, request))
	assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
	assert.Equal(t, "application/json", request.Header.Get("Accept"))
	assert.Equal(t, []string{"Basic Y2xpZW50OnNlY3JldA=="}, request.Header["Authorization"])
}

// assertRefuses checks that a call is refused before anything is sent.
func assertRefuses(t *testing.T, send send, parameter string) {
	t.Helper()
	client, mock := newMockClient(t)
	response, err := send(t.Context(), client)
	failed := requireError(t, err)
	assert.Equal(t, tokenclient.KindRequest, failed.Kind)
	assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
	assert.Equal(t, parameter, failed.Parameter)
	assert.Contains(t, failed.Error(), parameter)
	assert.True(t, response.IsError())
	assert.Equal(t, err, response.Err())
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
}

func TestTokenExchangeRequest(t *testing.T) {
	t.Parallel()
	const start = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=subject" +
		"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
	all := leastExchange()
	all.Resource = []string{"https://a.example", "urn:b"}
	all.Audience = []string{"one", "two", "one"}
	all.Scope = "api1 api2"
	all.RequestedTokenType = tokenclient.TokenTypeIdentifierJWT
	all.ActorToken, all.ActorTokenType = "actor", tokenclient.TokenTypeIdentifierIDToken
	all.Parameters = url.Values{"z": {"2"}, "a": {"1"}}
	for name, test := range map[string]struct {
		request tokenclient.TokenExchangeTokenRequest
		body    string
	}{
		"least": {leastExchange(), start},
		"all": {all, start + "&resource=https%3A%2F%2Fa.example&resource=urn%3Ab&audience=one&audience=two&audience=one&scope=api1+api2" +
			"&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&actor_token=actor" +
			"&actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token&a=1&z=2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertSends(t, tokenExchange(test.request), exchangeBody, test.body)
		})
	}
}

func TestInvalidTokenExchangeRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change    func(*tokenclient.TokenExchangeTokenRequest)
		parameter string
	}{
		"no subject token":        {func(r *tokenclient.TokenExchangeTokenRequest) { r.SubjectToken = " " }, "subject_token"},
		"no subject token type":   {func(r *tokenclient.TokenExchangeTokenRequest) { r.SubjectTokenType = "" }, "subject_token_type"},
		"actor without type":      {func(r *tokenclient.TokenExchangeTokenRequest) { r.ActorToken = "a" }, "actor_token_type"},
		"actor type alone":        {func(r *tokenclient.TokenExchangeTokenRequest) { r.ActorTokenType = accessTokenType }, "actor_token_type"},
		"actor with a blank type": {func(r *tokenclient.TokenExchangeTokenRequest) { r.ActorToken, r.ActorTokenType = "a", " " }, "actor_token_type"},
		"a blank name":            {func(r *tokenclient.TokenExchangeTokenRequest) { r.Parameters = url.Values{" ": {"a"}} }, "Parameters"},
		"a blank resource":        {func(r *tokenclient.TokenExchangeTokenRequest) { r.Resource = []string{""} }, "resource"},
		"a blank audience":        {func(r *tokenclient.TokenExchangeTokenRequest) { r.Audience = []string{"a", " "} }, "audience"},
		"audience besides":        {func(r *tokenclient.TokenExchangeTokenRequest) { r.Parameters = url.Values{"audience": {"a"}} }, "audience"},
		"actor_token besides":     {func(r *tokenclient.TokenExchangeTokenRequest) { r.Parameters = url.Values{"actor_token": {"a"}} }, "actor_token"},
		"a value that is no text": {func(r *tokenclient.TokenExchangeTokenRequest) { r.SubjectToken = "\xff" }, "subject_token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := leastExchange()
			test.change(&request)
			assertRefuses(t, tokenExchange(request), test.parameter)
		})
	}
}

// exchangeReply sends a token exchange to a server that answers with body.
func exchangeReply(t *testing.T, status int, body string) (*tokenclient.TokenResponse, error) {
	t.Helper()
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodPost, tokenURL, answer(make(chan *http.Request, 3), status, body))
	return client.RequestTokenExchangeToken(t.Context(), leastExchange())
}

func TestTokenExchangeResponse(t *testing.T) {
	t.Parallel()
	response, err := exchangeReply(t, http.StatusOK, fixture(t, "token/exchange.json"))
	require.NoError(t, err)
	assert.Equal(t, tokenclient.TokenTypeIdentifierAccessToken, response.IssuedTokenType)
	assert.Equal(t, "Bearer", response.TokenType)
	assert.Equal(t, time.Minute, response.ExpiresIn)
	assert.Equal(t, response.AccessToken, response.Token().AccessToken())

	response, err = exchangeReply(t, http.StatusOK, fixture(t, "token/exchange_not_applicable.json"))
	require.NoError(t, err)
	assert.Equal(t, tokenclient.TokenTypeIdentifierSAML2, response.IssuedTokenType)
	assert.Equal(t, tokenclient.TokenTypeNotApplicable, response.TokenType)
	assert.Equal(t, tokenclient.TokenTypeNotApplicable, response.Token().Type)
}

func TestMalformedTokenExchangeResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no issued token type":      tokenBody,
		"null":                      `{"access_token":"token","issued_token_type":null}`,
		"empty":                     `{"access_token":"token","issued_token_type":""}`,
		"blank":                     `{"access_token":"token","issued_token_type":" "}`,
		"a number":                  `{"access_token":"token","issued_token_type":1}`,
		"an array":                  `{"access_token":"token","issued_token_type":["` + accessTokenType + `"]}`,
		"an issued type, no token":  `{"issued_token_type":"` + accessTokenType + `"}`,
		"an issued type, not JSON ": `{"issued_token_type":"` + accessTokenType + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := exchangeReply(t, http.StatusOK, body)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindMalformed, failed.Kind)
			assert.Equal(t, tokenclient.Final, failed.Outcome)
			assert.True(t, response.IsError())
			assert.Equal(t, err, response.Err())
			assert.Empty(t, response.AccessToken, "whoever does not look must not find a token")
			assert.Equal(t, tokenclient.Token{}, response.Token())
			assert.Equal(t, body, response.Raw())
		})
	}
	response, err := exchangeReply(t, http.StatusBadRequest, `{"error":"invalid_target"}`)
	require.ErrorIs(t, err, tokenclient.ErrInvalidTarget, "an error needs no issued_token_type")
	assert.Equal(t, tokenclient.KindProtocol, requireError(t, err).Kind)
	assert.True(t, response.IsError())
}

func TestErrorsShowTokenTypes(t *testing.T) {
	t.Parallel()
	_, err := exchangeReply(t, http.StatusBadRequest,
		`{"error":"invalid_request","error_description":"no `+accessTokenType+` for subject"}`)
	assert.Equal(t, "no "+accessTokenType+" for [redacted]", requireError(t, err).Description)
}

// TestNotApplicable: N_A is for token exchanges (RFC 8693 section 2.2.1), where
// nothing is bound to a key; of a refresh the new refresh token must not be lost.
func TestNotApplicable(t *testing.T) {
	t.Parallel()
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	answer := tokentest.Answer{Body: `{"access_token":"t","refresh_token":"r","token_type":"n_a","issued_token_type":"urn:ietf:params:oauth:token-type:id_token"}`}
	for grantType, want := range map[string]struct {
		unbound, bound bool
		kind           tokenclient.ErrorKind // with a prover
	}{
		tokenclient.GrantTypeTokenExchange:     {true, true, 0},
		tokenclient.GrantTypeRefreshToken:      {true, false, tokenclient.KindPolicy},
		tokenclient.GrantTypeClientCredentials: {false, false, tokenclient.KindMalformed},
		"custom":                               {false, false, tokenclient.KindMalformed},
	} {
		for bound, ok := range map[bool]bool{false: want.unbound, true: want.bound} {
			client, server := newServerClient(t, func(c *tokenclient.Config) {
				if bound {
					c.DPoP = prover
				}
			})
			server.Enqueue(tokentest.TokenPath, answer)
			response, err := client.RequestToken(t.Context(), tokenclient.TokenRequest{GrantType: grantType})
			if ok {
				require.NoError(t, err, grantType)
				assert.Equal(t, "r", response.RefreshToken)
				continue
			}
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.Final, failed.Outcome, grantType)
			assert.Empty(t, response.AccessToken)
			if bound {
				assert.Equal(t, want.kind, failed.Kind, grantType)
			} else {
				assert.Equal(t, tokenclient.KindMalformed, failed.Kind, grantType)
				assert.Contains(t, failed.Error(), "N_A")
			}
		}
	}
}
