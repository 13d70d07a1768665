// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestUserInfoRequest(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]clientauth.Method{
		"a public client": nil, "Basic": clientauth.SecretBasic("secret"), "a secret in the body": clientauth.SecretPost("secret"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withEndpoints(t), func(c *tokenclient.Config) {
				c.Auth, c.Parameters = auth, url.Values{"audience": {"for the token endpoint only"}}
			})
			mock.RegisterResponder(http.MethodGet, userInfoURL, answer(sent, http.StatusOK, `{"sub":"bob"}`))
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "a.b-c/d=", Subject: "bob"})
			require.NoError(t, err)
			request := <-sent
			assert.Equal(t, []string{"Bearer a.b-c/d="}, request.Header.Values("Authorization"), "the only credential")
			assert.Equal(t, "application/json, application/jwt", request.Header.Get("Accept"))
			assert.Empty(t, request.Header.Values("Content-Type"))
			assert.Zero(t, request.ContentLength)
			assert.Empty(t, request.URL.RawQuery)

			mock.RegisterResponder(http.MethodPost, userInfoURL, answer(sent, http.StatusOK, `{"sub":"bob"}`))
			_, err = client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{
				AccessToken: "t", Subject: "bob", RequireSigned: true, Parameters: url.Values{"b": {"2"}, "a": {"1"}},
			})
			require.Error(t, err, "it is JSON")
			request = <-sent
			assert.Equal(t, "a=1&b=2", bodyOf(t, request), "with parameters, and without client authentication")
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
			assert.Equal(t, []string{"Bearer t"}, request.Header.Values("Authorization"))
			assert.Equal(t, "application/jwt", request.Header.Get("Accept"))
		})
	}
}

func TestUserInfoRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	noKeys := func(c *tokenclient.Config) { c.Keys = nil }
	for name, test := range map[string]struct {
		request   tokenclient.UserInfoRequest
		config    func(*tokenclient.Config)
		parameter string
	}{
		"no token":             {tokenclient.UserInfoRequest{Subject: "bob"}, nil, "access_token"},
		"a blank token":        {tokenclient.UserInfoRequest{AccessToken: " ", Subject: "bob"}, nil, "access_token"},
		"a line break":         {tokenclient.UserInfoRequest{AccessToken: "a\r\nX-Evil: 1", Subject: "bob"}, nil, "access_token"},
		"a space":              {tokenclient.UserInfoRequest{AccessToken: "a b", Subject: "bob"}, nil, "access_token"},
		"beyond ASCII":         {tokenclient.UserInfoRequest{AccessToken: "ä", Subject: "bob"}, nil, "access_token"},
		"nobody expected":      {tokenclient.UserInfoRequest{AccessToken: "t"}, nil, "Subject"},
		"the token besides":    {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", Parameters: url.Values{"access_token": {"t"}}}, nil, "access_token"},
		"a secret besides":     {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", Parameters: url.Values{"client_secret": {"t"}}}, nil, "client_secret"},
		"a blank name":         {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", Parameters: url.Values{" ": {"t"}}}, nil, "Parameters"},
		"no text besides":      {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", Parameters: url.Values{"x": {"\xff"}}}, nil, "x"},
		"another type":         {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", TokenType: "N_A"}, nil, "TokenType"},
		"DPoP without a key":   {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", TokenType: "DPoP"}, nil, "TokenType"},
		"signed, without keys": {tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", RequireSigned: true}, noKeys, "Config.Keys"},
		"no endpoint": {
			tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob"},
			func(c *tokenclient.Config) { c.Endpoints.UserInfo = "" }, "Config.Endpoints.UserInfo",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t, withEndpoints(t), func(c *tokenclient.Config) {
				if test.config != nil {
					test.config(c)
				}
			})
			response, err := client.GetUserInfo(t.Context(), test.request)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.True(t, response.IsError())
			assert.Zero(t, mock.GetTotalCallCount())
		})
	}
}

func getUser(t *testing.T, client *tokenclient.Client) (*tokenclient.UserInfoResponse, error) {
	t.Helper()
	return client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob"})
}

var janesClaims = []tokenclient.Claim{
	{Type: "sub", Value: "248289761001"},
	{Type: "name", Value: "Jane Doe"},
	{Type: "email", Value: "janedoe@example.com"},
	{Type: "email_verified", Value: "true"},
	{Type: "role", Value: "admin"},
	{Type: "role", Value: "user"},
	{Type: "role", Value: "7"},
	{Type: "role", Value: `{"in": "team"}`},
	{Type: "address", Value: `{"country": "NZ", "locality": "Auckland"}`},
	{Type: "updated_at", Value: "1311280970"},
	{Type: "nickname", Value: "null"},
}

func TestUserInfoResponse(t *testing.T) {
	t.Parallel()
	claims := fixture(t, "userinfo/claims.json")
	signed := sign(1, `{"alg":"ES256","kid":"k1"}`, claims)
	for name, answer := range map[string]struct{ contentType, body string }{
		"JSON": {"application/json; charset=utf-8", claims}, "signed": {"Application/JWT; charset=utf-8", signed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newAnsweredClient(t, answer.contentType, answer.body)
			for _, request := range []tokenclient.UserInfoRequest{
				{AccessToken: "t", Subject: "248289761001"},
				{AccessToken: "t", AllowAnySubject: true},
				{AccessToken: "t", Subject: "248289761001", RequireSigned: name == "signed"},
			} {
				response, err := client.GetUserInfo(t.Context(), request)
				require.NoError(t, err)
				assert.Equal(t, "248289761001", response.Subject)
				assert.Equal(t, janesClaims, response.Claims)
				assert.Equal(t, answer.body, response.Raw())
				assert.True(t, response.Field("email_verified").Bool())
				assert.Equal(t, int64(1311280970), response.Field("updated_at").Int())
				assert.Equal(t, "NZ", response.JSON().Get("address.country").String())
			}
		})
	}
}

func TestUserInfoOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nobody": `{"name":"x"}`, "an empty sub": `{"sub":""}`, "sub is null": `{"sub":null}`, "a number": `{"sub":1}`, "a list": `{"sub":["bob"]}`,
		"another": `{"sub":"alice"}`, "another case": `{"sub":"Bob"}`, "longer": `{"sub":"bobby"}`, "shorter": `{"sub":"bo"}`, "a space": `{"sub":"bob "}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for contentType, answer := range map[string]string{"application/json": body, jwt: sign(1, `{"alg":"ES256"}`, body)} {
				response, err := getUser(t, newAnsweredClient(t, contentType, answer))
				failed := requireError(t, err)
				assert.Equal(t, tokenclient.KindPolicy, failed.Kind)
				assert.NotContains(t, failed.Error(), "alice")
				assert.Empty(t, response.Subject)
				assert.Empty(t, response.Claims)
			}
		})
	}
	_, err := newAnsweredClient(t, "application/json", `{"name":"x"}`).
		GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", AllowAnySubject: true})
	assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind, "there has to be one")
	_, err = newAnsweredClient(t, "application/json", `{"sub":"alice"}`).
		GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", AllowAnySubject: true})
	assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind, "an expected one is compared all the same")
}

func TestSignedUserInfo(t *testing.T) {
	t.Parallel()
	const plain = `{"alg":"ES256","kid":"k1"}`
	now := time.Now()
	payload := func(changes map[string]any) string { return changed(t, map[string]any{"sub": "bob"}, changes) }
	for name, test := range map[string]struct {
		header  string
		changes map[string]any
		text    string // of the error
	}{
		"no more than a sub":   {plain, nil, ""},
		"typ JWT":              {`{"alg":"ES256","kid":"k1","typ":"jwt"}`, nil, ""},
		"all that fits":        {plain, map[string]any{"iss": signedIssuer, "aud": []string{"client"}, "iat": now.Unix(), "exp": now.Unix() + 60}, ""},
		"another iss":          {plain, map[string]any{"iss": "https://evil.example"}, "iss"},
		"another aud":          {plain, map[string]any{"aud": "other"}, "aud"},
		"expired":              {plain, map[string]any{"exp": now.Unix() - 60}, "exp"},
		"not yet":              {plain, map[string]any{"nbf": now.Unix() + 60}, "nbf"},
		"from the future":      {plain, map[string]any{"iat": now.Unix() + 60}, "iat"},
		"an access token":      {`{"alg":"ES256","kid":"k1","typ":"at+jwt"}`, nil, "typ"},
		"an introspection":     {introspectionHeader, nil, "typ"},
		"a logout token":       {`{"alg":"ES256","kid":"k1","typ":"logout+jwt"}`, nil, "typ"},
		"alg none":             {`{"alg":"none"}`, nil, "algorithm"},
		"the key of another":   {`{"alg":"ES256","kid":"k2"}`, nil, "signature"},
		"critical":             {`{"alg":"ES256","kid":"k1","crit":["x"],"x":1}`, nil, "crit"},
		"no date":              {plain, map[string]any{"exp": "soon"}, "exp"},
		"an aud of no meaning": {plain, map[string]any{"aud": 1}, "aud"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := getUser(t, newAnsweredClient(t, jwt, sign(1, test.header, payload(test.changes))))
			if test.text == "" {
				require.NoError(t, err)
				assert.Equal(t, "bob", response.Subject)
				return
			}
			assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind)
			assert.ErrorContains(t, err, test.text)
			assert.Empty(t, response.Claims)
			assert.False(t, response.Field("sub").Exists(), "what is not verified is not read")
		})
	}
}

func TestSignedUserInfoNeedsSettings(t *testing.T) {
	t.Parallel()
	for field, test := range map[string]struct {
		change  func(*tokenclient.Config)
		payload string
	}{
		"Config.Keys":     {func(c *tokenclient.Config) { c.Keys = nil }, `{"sub":"bob"}`},
		"Config.Issuer":   {func(c *tokenclient.Config) { c.Issuer = "" }, `{"sub":"bob","iss":"https://as.example"}`},
		"Config.ClientID": {func(c *tokenclient.Config) { c.ClientID, c.Auth = "", nil }, `{"sub":"bob","aud":""}`},
	} {
		_, err := getUser(t, newAnsweredClient(t, jwt, sign(1, `{"alg":"ES256"}`, test.payload), test.change))
		assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind, field)
		assert.ErrorContains(t, err, field)
	}
	_, err := getUser(t, newAnsweredClient(t, jwt, sign(1, `{"alg":"ES256"}`, `{"sub":"bob","sub":"bob"}`)))
	assert.Equal(t, tokenclient.KindMalformed, requireError(t, err).Kind, "two members of one name")
}

func TestUserInfoThatFails(t *testing.T) {
	t.Parallel()
	challenge := http.Header{"Www-Authenticate": {`Bearer realm="x", error="invalid_token", error_description="expired"`}}
	scope := http.Header{"Www-Authenticate": {`DPoP algs="ES256", Bearer error="insufficient_scope"`}}
	for name, test := range map[string]struct {
		answer tokentest.Answer
		kind   tokenclient.ErrorKind
		code   tokenclient.ErrorCode
	}{
		"the token is expired":   {tokentest.Answer{Status: 401, Header: challenge}, tokenclient.KindProtocol, tokenclient.ErrInvalidToken},
		"the scope is too small": {tokentest.Answer{Status: 403, Header: scope}, tokenclient.KindProtocol, tokenclient.ErrInsufficientScope},
		"an error in the body":   {tokentest.OAuthError(401, "invalid_token", ""), tokenclient.KindProtocol, tokenclient.ErrInvalidToken},
		"no word of why":         {tokentest.Answer{Status: 401, Body: `{"sub":"bob"}`}, tokenclient.KindHTTP, ""},
		"not found":              {tokentest.Answer{Status: 404}, tokenclient.KindHTTP, ""},
		"a login page":           {tokentest.Redirect(302, "/login"), tokenclient.KindPolicy, ""},
		"HTML":                   {tokentest.Answer{Body: "<html>", ContentType: "text/html"}, tokenclient.KindMalformed, ""},
		"a JWT without its type": {tokentest.Answer{Body: sign(1, `{"alg":"ES256"}`, `{"sub":"bob"}`)}, tokenclient.KindMalformed, ""},
		"nothing":                {tokentest.Answer{}, tokenclient.KindMalformed, ""},
		"a lost connection":      {tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, tokenclient.KindTransport, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			server.Handle("/userinfo", func(tokentest.Request) tokentest.Answer { return test.answer })
			response, err := getUser(t, client)
			failed := requireError(t, err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.code, failed.Code)
			assert.NotContains(t, failed.Error(), "spent")
			assert.Empty(t, response.Claims)
			assert.Empty(t, response.Subject)
		})
	}
}
