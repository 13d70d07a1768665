// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestRevocationRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request tokenclient.TokenRevocationRequest
		body    string
	}{
		"least": {tokenclient.TokenRevocationRequest{Token: "t"}, "token=t"},
		"all": {
			tokenclient.TokenRevocationRequest{
				Token: "t t", TokenTypeHint: tokenclient.TokenTypeHintRefreshToken, Parameters: url.Values{"b": {"2"}, "a": {"1"}},
			},
			"token=t+t&token_type_hint=refresh_token&a=1&b=2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withEndpoints(t), func(c *tokenclient.Config) {
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
			})
			mock.RegisterResponder(http.MethodPost, revocationURL, answer(sent, http.StatusOK, ""))
			_, err := client.RevokeToken(t.Context(), test.request)
			require.NoError(t, err)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
			user, password, _ := request.BasicAuth()
			assert.Equal(t, "client secret", user+" "+password)
		})
	}
}

func TestRevocationRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request   tokenclient.TokenRevocationRequest
		parameter string
	}{
		"no token":         {tokenclient.TokenRevocationRequest{}, "token"},
		"a blank token":    {tokenclient.TokenRevocationRequest{Token: "\t"}, "token"},
		"not UTF-8":        {tokenclient.TokenRevocationRequest{Token: "\xff"}, "token"},
		"a blank name":     {tokenclient.TokenRevocationRequest{Token: "t", Parameters: url.Values{"": {"u"}}}, "Parameters"},
		"a secret besides": {tokenclient.TokenRevocationRequest{Token: "t", Parameters: url.Values{"client_secret": {"u"}}}, "client_secret"},
		"token twice":      {tokenclient.TokenRevocationRequest{Token: "t", Parameters: url.Values{"token": {"u"}}}, "token"},
		"the hint besides": {tokenclient.TokenRevocationRequest{Token: "t", Parameters: url.Values{"token_type_hint": {"u"}}}, "token_type_hint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t, withEndpoints(t))
			response, err := client.RevokeToken(t.Context(), test.request)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.True(t, response.IsError())
			assert.Zero(t, mock.GetTotalCallCount())
		})
	}
	client, _ := newMockClient(t)
	_, err := client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: "t"})
	assert.Equal(t, "Config.Endpoints.Revocation", requireError(t, err).Parameter)
}

func TestRevocationIsDone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]tokentest.Answer{
		"no body":             {},
		"no content":          {Status: http.StatusNoContent},
		"an empty object":     {Body: "{}"},
		"text":                {Body: "revoked", ContentType: "text/plain"},
		"HTML":                {Body: "<html>", ContentType: "text/html"},
		"a list":              {Body: "[]"},
		"broken JSON":         {Body: `{"a":`},
		"an error in a 200":   {Body: `{"error":"invalid_request"}`},
		"a cut off body":      {Body: "revoked", Fault: tokentest.TruncateBody},
		"more than is read":   {Body: strings.Repeat("x", 1<<20+1)},
		"a strange media":     {Body: "x", ContentType: "///"},
		"access_token inside": {Body: `{"access_token":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			server.Handle("/revoke", func(tokentest.Request) tokentest.Answer { return answer })
			response, err := client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: "t"})
			require.NoError(t, err)
			assert.False(t, response.IsError())
			assert.NoError(t, response.Err())
		})
	}
}

func TestRevocationIsNotDone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  tokentest.Answer
		kind    tokenclient.ErrorKind
		code    tokenclient.ErrorCode
		outcome tokenclient.Outcome
	}{
		"not yet":                {tokentest.Answer{Status: 503, RetryAfter: "0"}, tokenclient.KindHTTP, "", tokenclient.NotProcessed},
		"unavailable":            {tokentest.Answer{Status: 503}, tokenclient.KindHTTP, "", tokenclient.Unknown},
		"a kind of token":        {tokentest.OAuthError(400, "unsupported_token_type", "no access_token"), tokenclient.KindProtocol, tokenclient.ErrUnsupportedTokenType, tokenclient.Final},
		"the client is unknown":  {tokentest.OAuthError(401, "invalid_client", ""), tokenclient.KindProtocol, tokenclient.ErrInvalidClient, tokenclient.Final},
		"accepted is not done":   {tokentest.Answer{Status: 202}, tokenclient.KindMalformed, "", tokenclient.Final},
		"a redirect":             {tokentest.Redirect(302, "/login"), tokenclient.KindPolicy, "", tokenclient.Final},
		"a lost connection":      {tokentest.Answer{Fault: tokentest.CloseBeforeAnswer}, tokenclient.KindTransport, "", tokenclient.Unknown},
		"the endpoint is no one": {tokentest.Answer{Status: 404}, tokenclient.KindHTTP, "", tokenclient.Final},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			server.Handle("/revoke", func(tokentest.Request) tokentest.Answer { return test.answer })
			response, err := client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{
				Token: "secret-token", TokenTypeHint: tokenclient.TokenTypeHintAccessToken,
			})
			failed := requireError(t, err)
			assert.True(t, response.IsError())
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.code, failed.Code)
			assert.Equal(t, test.outcome, failed.Outcome)
			assert.NotContains(t, failed.Error(), "spent")
			if test.code == tokenclient.ErrUnsupportedTokenType {
				assert.ErrorIs(t, err, tokenclient.ErrUnsupportedTokenType)
				assert.Equal(t, "no access_token", failed.Description, "the hint is no secret")
			}
		})
	}
}
