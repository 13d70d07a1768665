// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// fixedAnswer is a transport that gives one answer.
type fixedAnswer struct {
	status int
	header http.Header
	body   []byte
}

func (f fixedAnswer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Header: f.header, Body: io.NopCloser(bytes.NewReader(f.body))}, nil
}

func fuzzClient(t *testing.T, answer fixedAnswer) *tokenclient.Client {
	t.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Token: tokenURL, DeviceAuthorization: deviceURL, BackchannelAuthentication: backchannelURL,
		},
		Retry:      tokenclient.Retry{MaxAttempts: 1},
		HTTPClient: &http.Client{Transport: answer},
	})
	require.NoError(t, err)
	return client
}

func FuzzTokenResponse(f *testing.F) {
	for _, body := range []string{
		tokenBody, "", "null", "[]", `{"access_token":""}`, `{"error":"e"}`, `{"access_token":"t","expires_in":1e400}`,
		`{"access_token":"t","scope":["a",1]}`, `{"access_token":"\ud800"}`, "\ufeff{}", `{"access_token":"t","a":{"a":1,"a":2}}`,
	} {
		f.Add([]byte(body), "application/json")
	}
	f.Add([]byte(tokenBody), "text/html; charset=\"")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		answer := fixedAnswer{http.StatusOK, http.Header{"Content-Type": {contentType}}, body}
		response, err := fuzzClient(t, answer).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.NotNil(t, response)
		assert.Equal(t, err != nil, response.IsError())
		assert.Equal(t, string(body), response.Raw())
		if err != nil {
			assert.Empty(t, response.AccessToken)
			assert.Empty(t, response.RefreshToken)
			return
		}
		assert.NotEmpty(t, response.AccessToken)
		assert.Empty(t, strings.Trim(response.AccessToken+response.RefreshToken+response.IDToken, visibleASCII))
		assert.GreaterOrEqual(t, response.ExpiresIn, time.Duration(0))
		var reference map[string]any
		decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&reference), "whatever is accepted is JSON")
		assert.Equal(t, reference["access_token"], response.AccessToken)
	})
}

var visibleASCII = func() string {
	var all []byte
	for c := byte(' '); c <= '~'; c++ {
		all = append(all, c)
	}
	return string(all)
}()

func FuzzErrorResponse(f *testing.F) {
	f.Add(400, []byte(`{"error":"invalid_grant","error_description":"d","error_uri":"https://as.example"}`), "", "")
	f.Add(401, []byte(""), `Basic realm="a", Bearer error="invalid_token"`, "")
	f.Add(503, []byte("<html>"), "", "120")
	f.Add(429, []byte("[]"), "a=b", "Fri, 31 Dec 1999 23:59:59 GMT")
	f.Add(302, []byte(""), "", "-1")
	f.Fuzz(func(t *testing.T, status int, body []byte, challenge, retryAfter string) {
		if status == http.StatusOK || status < 200 || status > 999 {
			return
		}
		answer := fixedAnswer{status, http.Header{"Www-Authenticate": {challenge}, "Retry-After": {retryAfter}}, body}
		response, err := fuzzClient(t, answer).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		failed := requireError(t, err)
		assert.True(t, response.IsError())
		assert.Equal(t, status, failed.StatusCode)
		assert.GreaterOrEqual(t, failed.RetryAfter, time.Duration(0))
		assert.LessOrEqual(t, len(failed.Description), 1<<10)
		for _, r := range failed.Error() {
			assert.False(t, r < ' ' || r == 0x7f, "no control character reaches a log")
		}
	})
}

func FuzzAuthorizeResponse(f *testing.F) {
	f.Add("code=c&state=STATE&iss=https://as.example")
	f.Add("error=access_denied&error_description=no&state=STATE")
	f.Add("code=c&code=d&state=STATE")
	f.Add("code=%0a&state=STATE&access_token=x")
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		login := tokenclient.AuthorizeRequest{State: "STATE", RedirectURI: redirectURI, CodeVerifier: verifier}
		client, _ := newMockClient(t, func(c *tokenclient.Config) { c.Issuer = "https://as.example" })
		response, err := client.ParseAuthorizeResponse(values, login)
		if err != nil {
			assert.Nil(t, response)
			assert.NotEmpty(t, requireError(t, err).Error())
			return
		}
		assert.Equal(t, []string{"STATE"}, values["state"])
		assert.Equal(t, []string{response.Code}, values["code"])
		assert.NotEmpty(t, response.Code)
		assert.Empty(t, strings.Trim(response.Code, visibleASCII))
		assert.False(t, values.Has("error") || values.Has("access_token") || values.Has("id_token"))
		assert.True(t, !values.Has("iss") || values.Get("iss") == "https://as.example")
	})
}

func FuzzDeviceAuthorizationResponse(f *testing.F) {
	f.Add([]byte(deviceStart + `,"interval":1,"expires_in":"60"}`))
	f.Add([]byte(deviceStart + `,"interval":-1,"verification_uri_complete":"https://a@b"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		response, err := fuzzClient(t, fixedAnswer{http.StatusOK, http.Header{}, body}).
			RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
		if err != nil {
			assert.Empty(t, response.DeviceCode)
			return
		}
		assert.NotEmpty(t, response.DeviceCode)
		assert.NotEmpty(t, response.UserCode)
		assert.Positive(t, response.Interval)
		assert.GreaterOrEqual(t, response.ExpiresIn, time.Duration(0))
		address, err := url.Parse(response.VerificationURI)
		require.NoError(t, err)
		assert.Contains(t, []string{"https", "http"}, address.Scheme)
	})
}

func FuzzBackchannelAuthenticationResponse(f *testing.F) {
	f.Add([]byte(`{"auth_req_id":"i","interval":1,"expires_in":"60"}`))
	f.Add([]byte(`{"auth_req_id":"i","interval":-1,"expires_in":1e400,"error":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		response, err := fuzzClient(t, fixedAnswer{http.StatusOK, http.Header{}, body}).
			RequestBackchannelAuthentication(t.Context(), leastBackchannel())
		assert.Equal(t, err != nil, response.IsError())
		assert.Equal(t, string(body), response.Raw())
		if err != nil {
			assert.Empty(t, response.AuthenticationRequestID)
			return
		}
		assert.NotEmpty(t, response.AuthenticationRequestID)
		assert.Positive(t, response.Interval)
		assert.GreaterOrEqual(t, response.ExpiresIn, time.Duration(0))
		assert.False(t, response.Expiry.IsZero() && response.ExpiresIn > 0)
	})
}

func FuzzDecodeToken(f *testing.F) {
	f.Add([]byte(`{"access_token":"t","token_type":"Bearer","expiry":"2026-11-25T08:00:00Z"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		token, err := tokenclient.DecodeToken(data)
		if err != nil {
			assert.Empty(t, token.AccessToken())
			return
		}
		again, err := tokenclient.EncodeToken(token)
		require.NoError(t, err)
		decoded, err := tokenclient.DecodeToken(again)
		require.NoError(t, err)
		assert.Equal(t, token.AccessToken(), decoded.AccessToken())
		assert.True(t, token.Expiry.Equal(decoded.Expiry))
	})
}
