// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestIntrospectionRequest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request      tokenclient.TokenIntrospectionRequest
		body, accept string
	}{
		"least": {tokenclient.TokenIntrospectionRequest{Token: "t"}, "token=t", "application/json"},
		"all": {
			tokenclient.TokenIntrospectionRequest{
				Token: "t+/=", TokenTypeHint: tokenclient.TokenTypeHintAccessToken, RequireSigned: true, Parameters: url.Values{"b": {"2", "3"}, "a": {"1"}},
			},
			"token=t%2B%2F%3D&token_type_hint=access_token&a=1&b=2&b=3", "application/token-introspection+jwt",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withEndpoints(t), func(c *tokenclient.Config) {
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
			})
			mock.RegisterResponder(http.MethodPost, introspectionURL, answer(sent, http.StatusBadRequest, `{"error":"invalid_request"}`))
			_, err := client.IntrospectToken(t.Context(), test.request)
			require.ErrorIs(t, err, tokenclient.ErrInvalidRequest)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, []string{test.accept}, request.Header.Values("Accept"))
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
			user, password, _ := request.BasicAuth()
			assert.Equal(t, "client secret", user+" "+password)
		})
	}
}

func TestIntrospectionRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request   tokenclient.TokenIntrospectionRequest
		config    func(*tokenclient.Config)
		parameter string
	}{
		"no token":         {tokenclient.TokenIntrospectionRequest{}, nil, "token"},
		"a blank token":    {tokenclient.TokenIntrospectionRequest{Token: " "}, nil, "token"},
		"not UTF-8":        {tokenclient.TokenIntrospectionRequest{Token: "\xff"}, nil, "token"},
		"token twice":      {tokenclient.TokenIntrospectionRequest{Token: "t", Parameters: url.Values{"token": {"u"}}}, nil, "token"},
		"the hint besides": {tokenclient.TokenIntrospectionRequest{Token: "t", Parameters: url.Values{"token_type_hint": {"u"}}}, nil, "token_type_hint"},
		"a blank name":     {tokenclient.TokenIntrospectionRequest{Token: "t", Parameters: url.Values{" ": {"u"}}}, nil, "Parameters"},
		"a secret besides": {tokenclient.TokenIntrospectionRequest{Token: "t", Parameters: url.Values{"client_secret": {"u"}}}, nil, "client_secret"},
		"no endpoint": {
			tokenclient.TokenIntrospectionRequest{Token: "t"},
			func(c *tokenclient.Config) { c.Endpoints.Introspection = "" }, "Config.Endpoints.Introspection",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t, withEndpoints(t), func(c *tokenclient.Config) {
				if test.config != nil {
					test.config(c)
				}
			})
			response, err := client.IntrospectToken(t.Context(), test.request)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.True(t, response.IsError())
			assert.Zero(t, mock.GetTotalCallCount())
		})
	}
}

// introspected introspects a token at a server that answers with a JSON body.
func introspected(t *testing.T, body string) (*tokenclient.TokenIntrospectionResponse, error) {
	t.Helper()
	client := newAnsweredClient(t, "application/json", body)
	return client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
}

func TestIntrospectionResponse(t *testing.T) {
	t.Parallel()
	response, err := introspected(t, fixture(t, "introspection/active.json"))
	require.NoError(t, err)
	require.NoError(t, response.Err())
	assert.True(t, response.Active)
	assert.Equal(t, []string{"read", "write", "dolphin"}, response.Scopes)
	assert.Equal(t, "l238j323ds-23ij4", response.ClientID)
	assert.Equal(t, "jdoe", response.Username)
	assert.Equal(t, "Bearer", response.TokenType)
	assert.Equal(t, "Z5O3upPC88QrAjx00dis", response.Subject)
	assert.Equal(t, "https://server.example.com/", response.Issuer)
	assert.Equal(t, "a-1", response.JWTID)
	assert.Equal(t, []string{"https://protected.example.net/resource"}, response.Audiences)
	assert.Equal(t, time.Date(2014, 12, 23, 17, 37, 18, 0, time.UTC), response.Expiry)
	assert.Equal(t, time.Date(2014, 12, 23, 15, 57, 18, 0, time.UTC), response.IssuedAt)
	assert.Equal(t, time.Date(2014, 12, 23, 15, 57, 19, 0, time.UTC), response.NotBefore)
	assert.Equal(t, "twenty-seven", response.Field("extension_field").String())
	assert.Equal(t, fixture(t, "introspection/active.json"), response.Raw())
	assert.Equal(t, []tokenclient.Claim{
		{Type: "active", Value: "true"},
		{Type: "client_id", Value: "l238j323ds-23ij4"},
		{Type: "username", Value: "jdoe"},
		{Type: "sub", Value: "Z5O3upPC88QrAjx00dis"},
		{Type: "aud", Value: "https://protected.example.net/resource"},
		{Type: "iss", Value: "https://server.example.com/"},
		{Type: "exp", Value: "1419356238"},
		{Type: "iat", Value: "1419350238"},
		{Type: "nbf", Value: "1419350239"},
		{Type: "jti", Value: "a-1"},
		{Type: "token_type", Value: "Bearer"},
		{Type: "extension_field", Value: "twenty-seven"},
		{Type: "cnf", Value: `{"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}`},
		{Type: "scope", Value: "read"},
		{Type: "scope", Value: "write"},
		{Type: "scope", Value: "dolphin"},
	}, response.Claims)
}

func TestIntrospectionResponseReadsKindly(t *testing.T) {
	t.Parallel()
	never := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for members, check := range map[string]func(*testing.T, *tokenclient.TokenIntrospectionResponse){
		``: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.True(t, r.Expiry.IsZero() && r.IssuedAt.IsZero() && r.NotBefore.IsZero())
			assert.Empty(t, r.Scopes)
			assert.Empty(t, r.Audiences)
		},
		`,"exp":null,"scope":null,"aud":null,"sub":null,"error":null`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.True(t, r.Expiry.IsZero())
		},
		`,"scope":["a","b c"]`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, []string{"a", "b", "c"}, r.Scopes)
		},
		`,"scope":"  a  b "`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, []string{"a", "b"}, r.Scopes)
		},
		`,"scope":""`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) { assert.Empty(t, r.Scopes) },
		`,"aud":["x","y"]`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, []string{"x", "y"}, r.Audiences)
		},
		`,"exp":4102444800`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), r.Expiry, "beyond 32 bits")
		},
		`,"exp":"4102444800"`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), r.Expiry)
		},
		`,"exp":4102444800.9`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), r.Expiry)
		},
		`,"exp":0`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, time.Unix(0, 0).UTC(), r.Expiry, "long ago, which is not unknown")
		},
		`,"exp":9223372036854775807`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) { assert.Equal(t, never, r.Expiry) },
		`,"exp":1e400`:               func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) { assert.Equal(t, never, r.Expiry) },
		`,"exp":"99999999999999999999999999"`: func(t *testing.T, r *tokenclient.TokenIntrospectionResponse) {
			assert.Equal(t, never, r.Expiry)
		},
	} {
		t.Run(members, func(t *testing.T) {
			t.Parallel()
			response, err := introspected(t, `{"active":true`+members+`}`)
			require.NoError(t, err)
			assert.True(t, response.Active)
			check(t, response)
		})
	}
}

func TestInactiveToken(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"active":false}`, `{"active":false,"exp":"junk","scope":1,"sub":"bob","client_id":{}}`, `{"sub":"bob","aud":["x"],"active":false}`,
	} {
		response, err := introspected(t, body)
		require.NoError(t, err, "it is no error")
		assert.False(t, response.IsError())
		assert.Equal(t, tokenclient.TokenIntrospectionResponse{Response: response.Response}, *response, "all else is ignored")
		assert.Equal(t, body, response.Raw())
	}
}

func TestMalformedIntrospectionResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing": "", "a list": "[]", "no active": `{}`, "no active, but a subject": `{"sub":"bob"}`,
		"active as a text": `{"active":"true"}`, "active as a number": `{"active":1}`, "active is null": `{"active":null}`,
		"another case": `{"Active":true}`, "active twice": `{"active":false,"active":true}`, "cut off": `{"active":true`,
		"text behind": `{"active":true}x`,
		"junk exp":    `{"active":true,"exp":"soon"}`, "exp as an object": `{"active":true,"exp":{}}`, "a negative exp": `{"active":true,"exp":-1}`,
		"an empty exp": `{"active":true,"exp":""}`, "a boolean exp": `{"active":true,"exp":false}`, "a signed exp": `{"active":true,"exp":"+1"}`,
		"junk nbf": `{"active":true,"nbf":"soon"}`, "junk iat": `{"active":true,"iat":[]}`,
		"scope as a number": `{"active":true,"scope":1}`, "a number in scope": `{"active":true,"scope":["a",1]}`,
		"aud as a number": `{"active":true,"aud":1}`, "a number in aud": `{"active":true,"aud":["a",1]}`,
		"sub as a number": `{"active":true,"sub":1}`, "client_id as a list": `{"active":true,"client_id":["a"]}`,
		"username as an object": `{"active":true,"username":{}}`, "iss as a number": `{"active":true,"iss":1}`,
		"jti as a number": `{"active":true,"jti":1}`, "token_type as a list": `{"active":true,"token_type":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := introspected(t, body)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindMalformed, failed.Kind)
			assert.NotContains(t, failed.Error(), "spent", "an introspected token is not")
			assert.Equal(t, tokenclient.TokenIntrospectionResponse{Response: response.Response}, *response)
		})
	}
}

// Only the server can say that a token is not active; an answer that did not come
// does not.
func TestIntrospectionThatFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer tokentest.Answer
		kind   tokenclient.ErrorKind
	}{
		"a lost connection":      {tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, tokenclient.KindTransport},
		"a cut off body":         {tokentest.Answer{Body: `{"active":true}`, Fault: tokentest.TruncateBody}, tokenclient.KindTransport},
		"active with status 500": {tokentest.Answer{Status: 500, Body: `{"active":true}`}, tokenclient.KindHTTP},
		"active with status 401": {tokentest.Answer{Status: 401, Body: `{"active":true}`}, tokenclient.KindHTTP},
		"active with status 202": {tokentest.Answer{Status: 202, Body: `{"active":true}`}, tokenclient.KindMalformed},
		"no content":             {tokentest.Answer{Status: 204}, tokenclient.KindMalformed},
		"the client is unknown":  {tokentest.OAuthError(401, "invalid_client", ""), tokenclient.KindProtocol},
		"an error with 200":      {tokentest.Answer{Body: `{"active":true,"error":"invalid_request"}`}, tokenclient.KindProtocol},
		"HTML":                   {tokentest.Answer{Body: `{"active":true}`, ContentType: "text/html"}, tokenclient.KindMalformed},
		"a redirect":             {tokentest.Redirect(302, "https://login.example"), tokenclient.KindPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			server.Handle("/introspect", func(tokentest.Request) tokentest.Answer { return test.answer })
			response, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
			failed := requireError(t, err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.NotContains(t, failed.Error(), "spent")
			assert.False(t, response.Active)
			assert.True(t, response.IsError())
		})
	}
}

// newEndpointClient returns a client of a server on a real socket.
func newEndpointClient(t *testing.T) (*tokenclient.Client, *tokentest.Server) {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Introspection: server.URL() + "/introspect", Revocation: server.URL() + "/revoke", UserInfo: server.URL() + "/userinfo",
		},
		ClientID: "client",
		Retry:    tokenclient.Retry{MinWait: time.Nanosecond},
	})
	require.NoError(t, err)
	return client, server
}

// All three endpoints may be asked again.
func TestEndpointsAreAskedAgain(t *testing.T) {
	t.Parallel()
	for path, ask := range map[string]func(*testing.T, *tokenclient.Client) error{
		"/introspect": func(t *testing.T, c *tokenclient.Client) error {
			response, err := c.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
			return errors.Join(err, response.Err())
		},
		"/revoke": func(t *testing.T, c *tokenclient.Client) error {
			response, err := c.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: "t"})
			return errors.Join(err, response.Err())
		},
		"/userinfo": func(t *testing.T, c *tokenclient.Client) error {
			response, err := c.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob"})
			return errors.Join(err, response.Err())
		},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			server.Handle(path, func(tokentest.Request) tokentest.Answer {
				return tokentest.JSON(http.StatusOK, map[string]any{"active": true, "sub": "bob"})
			})
			server.Enqueue(path, tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, tokentest.Answer{Status: 503, RetryAfter: "0"})
			require.NoError(t, ask(t, client))
			assert.Equal(t, 3, server.Count(path))

			server.Enqueue(path, tokentest.Answer{Status: 503, RetryAfter: "3600"})
			failed := requireError(t, ask(t, client))
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			assert.Equal(t, time.Hour, failed.RetryAfter)
			assert.Equal(t, 4, server.Count(path), "an hour is too long to wait")
		})
	}
}
