// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func fixture(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "testdata", filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(body)
}

// reply is what the token endpoint answers.
type reply struct {
	status int // 0 = 200
	header http.Header
	body   string
}

// request sends one client_credentials request, never again, to a server that
// gives the reply.
func request(t *testing.T, r reply) (*tokenclient.TokenResponse, error) {
	t.Helper()
	client, mock := newMockClient(t, func(c *tokenclient.Config) { c.Retry.MaxAttempts = 1 })
	mock.RegisterResponder(http.MethodPost, tokenURL, func(*http.Request) (*http.Response, error) {
		response := httpmock.NewStringResponse(max(r.status, http.StatusOK), r.body)
		response.Header = r.header.Clone()
		if response.Header == nil {
			response.Header = http.Header{"Content-Type": {"application/json"}}
		}
		return response, nil
	})
	return client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
}

func TestTokenResponse(t *testing.T) {
	t.Parallel()
	response, err := request(t, reply{body: fixture(t, "token/full.json")})
	require.NoError(t, err)
	assert.False(t, response.IsError())
	require.NoError(t, response.Err())
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "2YotnFZFEjr1zCsicMWpAA", response.AccessToken)
	assert.Equal(t, "bEaReR", response.TokenType)
	assert.Equal(t, time.Hour, response.ExpiresIn)
	assert.Equal(t, "tGzv3JOkF0XG5Qx2TlKWIA", response.RefreshToken)
	assert.Equal(t, "api1 api2", response.Scope)
	assert.Equal(t, "eyJhbGciOiJub25lIn0.e30.", response.IDToken)
	assert.Equal(t, "urn:ietf:params:oauth:token-type:access_token", response.IssuedTokenType)
	assert.Equal(t, fixture(t, "token/full.json"), response.Raw())
	assert.Equal(t, "custom value", response.Field("custom.member").String(), "a name is no path")
	assert.Equal(t, "deep", response.JSON().Get("vendor.nested").String())
	assert.False(t, response.Field("vendor.nested").Exists())
	assert.False(t, response.Field("*").Exists())

	token := response.Token()
	assert.Equal(t, response.AccessToken, token.AccessToken())
	assert.Equal(t, "bEaReR", token.Type)
	assert.WithinDuration(t, time.Now().Add(time.Hour), token.Expiry, time.Minute)
}

func TestTokenResponseReadsKindly(t *testing.T) {
	t.Parallel()
	body := func(members string) string { return `{"access_token":"token"` + members + `}` }
	header := func(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }
	tests := map[string]struct {
		reply reply
		check func(*testing.T, *tokenclient.TokenResponse)
	}{
		"nothing but a token": {reply{body: body("")}, func(t *testing.T, r *tokenclient.TokenResponse) {
			assert.Empty(t, r.TokenType)
			assert.Empty(t, r.Scope)
			assert.Empty(t, r.RefreshToken)
			assert.True(t, r.Token().Expiry.IsZero())
		}},
		"null members": {
			reply{body: body(`,"refresh_token":null,"id_token":null,"scope":null,"token_type":null,"error":null`)},
			func(t *testing.T, r *tokenclient.TokenResponse) { assert.Empty(t, r.RefreshToken) },
		},
		"an empty refresh token": {reply{body: body(`,"refresh_token":""`)}, func(t *testing.T, r *tokenclient.TokenResponse) {
			assert.Empty(t, r.RefreshToken)
		}},
		"an empty error": {reply{body: body(`,"error":""`)}, nil},
		"scope as an array": {reply{body: body(`,"scope":["a","b"]`)}, func(t *testing.T, r *tokenclient.TokenResponse) {
			assert.Equal(t, "a b", r.Scope)
		}},
		"an unknown token type": {reply{body: body(`,"token_type":"mac"`)}, func(t *testing.T, r *tokenclient.TokenResponse) {
			assert.Equal(t, "mac", r.TokenType)
		}},
		"charset":         {reply{body: body(""), header: header("Application/JSON; charset=utf-8")}, nil},
		"text/plain":      {reply{body: body(""), header: header("text/plain")}, nil},
		"no content type": {reply{body: body(""), header: http.Header{}}, nil},
		"JSON after a byte-order mark": {reply{body: "\ufeff" + body(`,"a":1`)}, func(t *testing.T, r *tokenclient.TokenResponse) {
			assert.Equal(t, int64(1), r.JSON().Get("a").Int())
		}},
		"a byte-order mark":               {reply{body: "\ufeff" + body("")}, nil},
		"white space":                     {reply{body: "\r\n\t " + body("") + " \n"}, nil},
		"duplicates in a vendor's object": {reply{body: body(`,"vendor":{"a":1,"a":2}`)}, nil},
		"an escaped name":                 {reply{body: `{"access\u005ftoken":"token"}`}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := request(t, test.reply)
			require.NoError(t, err)
			assert.Equal(t, "token", response.AccessToken)
			if test.check != nil {
				test.check(t, response)
			}
		})
	}
}

func TestExpiresIn(t *testing.T) {
	t.Parallel()
	const unknown = -1
	for value, want := range map[string]time.Duration{
		`3600`: time.Hour, `"3600"`: time.Hour, `3600.0`: time.Hour, `3.6e3`: time.Hour, `"3600.0"`: time.Hour,
		`0`: 0, `"0"`: 0, `0.5`: time.Second / 2,
		`1e400`: 10 * 365 * 24 * time.Hour, `9223372037`: 10 * 365 * 24 * time.Hour, `"99999999999"`: 10 * 365 * 24 * time.Hour,
		`-1`: unknown, `true`: unknown, `null`: unknown, `"soon"`: unknown, `""`: unknown, `{}`: unknown, `[3600]`: unknown,
		`"-5"`: unknown, `"0x10"`: unknown, `"Infinity"`: unknown,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			before := time.Now()
			response, err := request(t, reply{body: `{"access_token":"token","expires_in":` + value + `}`})
			after := time.Now()
			require.NoError(t, err, "a spent grant must not be lost for its lifetime")
			expiry := response.Token().Expiry
			if want == unknown {
				assert.Zero(t, response.ExpiresIn)
				assert.True(t, expiry.IsZero())
				return
			}
			assert.Equal(t, want, response.ExpiresIn)
			assert.False(t, expiry.Before(before.Add(want)), "not before the request")
			assert.False(t, expiry.After(after.Add(want)), "counted from the request")
		})
	}
}

func TestMalformedTokenResponse(t *testing.T) {
	t.Parallel()
	tests := map[string]reply{
		"HTML":                       {body: "<html></html>", header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}},
		"JSON labelled HTML":         {body: tokenBody, header: http.Header{"Content-Type": {"Text/HTML"}}},
		"a form":                     {body: "access_token=t", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}},
		"HTML without label":         {body: "<html></html>"},
		"empty":                      {body: ""},
		"blank":                      {body: " \n"},
		"null":                       {body: "null"},
		"array":                      {body: `[{"access_token":"token"}]`},
		"string":                     {body: `"token"`},
		"number":                     {body: "1"},
		"no access token":            {body: `{"token_type":"Bearer"}`},
		"empty access token":         {body: `{"access_token":""}`},
		"blank access token":         {body: `{"access_token":" "}`},
		"null access token":          {body: `{"access_token":null}`},
		"number as access token":     {body: `{"access_token":1}`},
		"object as access token":     {body: `{"access_token":{"a":"b"}}`},
		"other case":                 {body: `{"Access_Token":"token"}`},
		"folded Unicode":             {body: `{"acce\u017f\u017f_token":"token"}`},
		"duplicate":                  {body: `{"access_token":"token","access_token":"other"}`},
		"duplicate, escaped":         {body: `{"access_token":"token","access\u005ftoken":"other"}`},
		"duplicate vendor member":    {body: `{"access_token":"token","a":1,"a":2}`},
		"trailing data":              {body: tokenBody + "x"},
		"two objects":                {body: tokenBody + tokenBody},
		"cut off":                    {body: tokenBody[:len(tokenBody)-1]},
		"comment":                    {body: tokenBody + "// x"},
		"trailing comma":             {body: `{"access_token":"token",}`},
		"invalid UTF-8":              {body: "{\"access_token\":\"tok\xffen\"}"},
		"lone surrogate":             {body: `{"access_token":"token","a":"\ud800"}`},
		"UTF-16":                     {body: "\xfe\xff\x00{\x00}"},
		"CR LF":                      {body: `{"access_token":"a\r\nX-Header: b"}`},
		"NUL":                        {body: `{"access_token":"a\u0000b"}`},
		"not ASCII":                  {body: `{"access_token":"tökén"}`},
		"CR LF in refresh token":     {body: `{"access_token":"token","refresh_token":"a\r\nb"}`},
		"number as refresh token":    {body: `{"access_token":"token","refresh_token":1}`},
		"100,000 levels":             {body: `{"access_token":"token","a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}"},
		"65 levels":                  {body: `{"access_token":"token","a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}"},
		"over 1 MiB":                 {body: `{"access_token":"token","a":"` + strings.Repeat("a", 1<<20) + `"}`},
		"another success":            {body: tokenBody, status: http.StatusCreated},
		"a partial success":          {body: tokenBody, status: http.StatusPartialContent},
		"no content":                 {status: http.StatusNoContent},
		"an error that is no code":   {body: `{"access_token":"token","error":true}`},
		"an error of bad characters": {body: `{"access_token":"token","error":"a\"b"}`},
	}
	for name, reply := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := request(t, reply)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindMalformed, failed.Kind)
			assert.Equal(t, tokenclient.Final, failed.Outcome, "the credential counts as spent")
			assert.Equal(t, max(reply.status, http.StatusOK), failed.StatusCode)
			assert.True(t, response.IsError())
			assert.Equal(t, err, response.Err())
			assert.Empty(t, response.AccessToken, "whoever does not look must not find a token")
			assert.Equal(t, tokenclient.Token{}, response.Token())
			assert.NotContains(t, err.Error(), "token\":")
		})
	}
}

func TestRawAfterFailure(t *testing.T) {
	t.Parallel()
	response, err := request(t, reply{status: http.StatusBadRequest, body: fixture(t, "errors/invalid_grant.json")})
	require.Error(t, err)
	assert.Equal(t, fixture(t, "errors/invalid_grant.json"), response.Raw())
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	assert.Equal(t, "7000218", response.JSON().Get("error_codes.0").String())
	assert.Equal(t, "invalid_grant", response.Field("error").String())

	response, err = request(t, reply{body: "<html>"})
	require.Error(t, err)
	assert.Equal(t, "<html>", response.Raw())
	assert.False(t, response.JSON().Exists(), "what is not strictly JSON is not parsed")
	assert.False(t, response.Field("error").Exists())
}

func TestErrorResponse(t *testing.T) {
	t.Parallel()
	const (
		protocol = tokenclient.KindProtocol
		plain    = tokenclient.KindHTTP
	)
	challenge := http.Header{"Content-Type": {"application/json"}, "Www-Authenticate": {`Basic realm="as"`}}
	tests := map[string]struct {
		reply   reply
		kind    tokenclient.ErrorKind
		code    tokenclient.ErrorCode
		outcome tokenclient.Outcome
	}{
		"400":                      {reply{status: 400, body: fixture(t, "errors/invalid_grant.json")}, protocol, tokenclient.ErrInvalidGrant, tokenclient.Final},
		"401 with a challenge":     {reply{status: 401, body: `{"error":"invalid_client"}`, header: challenge}, protocol, tokenclient.ErrInvalidClient, tokenclient.Final},
		"200 with an error":        {reply{body: `{"error":"bad_verification_code"}`}, protocol, "bad_verification_code", tokenclient.Final},
		"200 with both":            {reply{body: `{"access_token":"token","error":"invalid_grant"}`}, protocol, tokenclient.ErrInvalidGrant, tokenclient.Final},
		"403 with an empty body":   {reply{status: 403}, plain, "", tokenclient.Final},
		"404 with HTML":            {reply{status: 404, body: "<html>"}, plain, "", tokenclient.Final},
		"400 with an array":        {reply{status: 400, body: `[]`}, plain, "", tokenclient.Final},
		"400 without error":        {reply{status: 400, body: `{"message":"no"}`}, plain, "", tokenclient.Final},
		"400 with another error":   {reply{status: 400, body: `{"error":{"code":1}}`}, plain, "", tokenclient.Final},
		"400 with bad characters":  {reply{status: 400, body: `{"error":"a\nb"}`}, plain, "", tokenclient.Final},
		"400 with a huge error":    {reply{status: 400, body: `{"error":"` + strings.Repeat("e", 1000) + `"}`}, plain, "", tokenclient.Final},
		"500 with HTML":            {reply{status: 500, body: "<html>"}, plain, "", tokenclient.Unknown},
		"500 with an OAuth error":  {reply{status: 500, body: `{"error":"server_error"}`}, protocol, tokenclient.ErrServerError, tokenclient.Unknown},
		"502":                      {reply{status: 502}, plain, "", tokenclient.Unknown},
		"503":                      {reply{status: 503}, plain, "", tokenclient.Unknown},
		"503 with Retry-After":     {reply{status: 503, header: http.Header{"Retry-After": {"7"}}}, plain, "", tokenclient.NotProcessed},
		"504":                      {reply{status: 504}, plain, "", tokenclient.Unknown},
		"524":                      {reply{status: 524}, plain, "", tokenclient.Unknown},
		"501":                      {reply{status: 501}, plain, "", tokenclient.Final},
		"408":                      {reply{status: 408}, plain, "", tokenclient.NotProcessed},
		"425":                      {reply{status: 425}, plain, "", tokenclient.NotProcessed},
		"429":                      {reply{status: 429}, plain, "", tokenclient.NotProcessed},
		"401, error in the header": {reply{status: 401, header: http.Header{"Www-Authenticate": {`Negotiate abc==, Basic realm="a, b", error="invalid_client"`}}}, protocol, tokenclient.ErrInvalidClient, tokenclient.Final},
		"over 1 MiB":               {reply{status: 400, body: strings.Repeat(" ", 1<<20+1)}, plain, "", tokenclient.Final},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := request(t, test.reply)
			failed := requireError(t, err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.code, failed.Code)
			assert.Equal(t, test.outcome, failed.Outcome)
			assert.Equal(t, max(test.reply.status, http.StatusOK), failed.StatusCode)
			assert.Contains(t, failed.Error(), strconv.Itoa(failed.StatusCode), "the text has the status")
			assert.Contains(t, failed.Error(), string(failed.Code), "the text has the code")
			assert.Contains(t, failed.Error(), tokenURL, "the text has the endpoint")
			assert.True(t, response.IsError())
			assert.Empty(t, response.AccessToken)
			if test.code != "" {
				assert.ErrorIs(t, err, test.code)
			}
			assert.NotErrorIs(t, err, tokenclient.ErrUnauthorizedClient)
		})
	}
}

func TestErrorDetails(t *testing.T) {
	t.Parallel()
	_, err := request(t, reply{
		status: http.StatusTooManyRequests,
		header: http.Header{"Retry-After": {"120"}, "Content-Type": {"application/json"}},
		body:   `{"error":"slow","error_description":"one\r\ntwo\u001b[31m","error_uri":"https://as.example/help"}`,
	})
	failed := requireError(t, err)
	assert.Equal(t, 2*time.Minute, failed.RetryAfter)
	assert.Equal(t, "one  two [31m", failed.Description, "no control character reaches a log")
	assert.Equal(t, "https://as.example/help", failed.URI)

	_, err = request(t, reply{status: http.StatusBadRequest, body: `{"error":"e","error_uri":"javascript:alert(1)","error_description":"` + strings.Repeat("ö", 2000) + `"}`})
	failed = requireError(t, err)
	assert.Empty(t, failed.URI)
	assert.LessOrEqual(t, len(failed.Description), 1<<10)
	assert.NotEmpty(t, failed.Description)
}

// TestAdvice: only what works once can be spent.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		send  send
		spent bool
	}{
		"client_credentials": {clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), false},
		"refresh_token":      {refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: "r"}), true},
	} {
		for _, reply := range []reply{{body: ""}, {status: http.StatusBadGateway}} {
			client, mock := newMockClient(t, func(c *tokenclient.Config) { c.Retry.MaxAttempts = 1 })
			mock.RegisterResponder(http.MethodPost, tokenURL, httpmock.NewStringResponder(max(reply.status, http.StatusOK), reply.body))
			_, err := test.send(t.Context(), client)
			assert.Equal(t, test.spent, strings.Contains(requireError(t, err).Error(), "spent"), "%s: %v", name, err)
		}
	}
}
