// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const (
	backchannelURL  = "https://as.example/connect/ciba"
	backchannelPath = "/connect/ciba" // of a tokentest.Server, which has none by itself
	notification    = "8d67dc78-7faa-4d41-aabd-67707b374255"
)

func withBackchannel(c *tokenclient.Config) { c.Endpoints.BackchannelAuthentication = backchannelURL }

// leastBackchannel is a request with what is required.
func leastBackchannel() tokenclient.BackchannelAuthenticationRequest {
	return tokenclient.BackchannelAuthenticationRequest{Scope: "openid", LoginHint: "bob"}
}

func TestBackchannelAuthenticationRequest(t *testing.T) {
	t.Parallel()
	all := tokenclient.BackchannelAuthenticationRequest{
		Scope: "openid api1", ClientNotificationToken: notification + "+/==", ACRValues: "mfa tenant:one", LoginHint: "bob@example.com",
		BindingMessage: "W4SCT", UserCode: "1234", RequestedExpiry: 2 * time.Minute, Resource: []string{"urn:a", "urn:b"},
		Parameters: url.Values{"z": {"2", "1"}, "a": {"b"}},
	}
	for name, test := range map[string]struct {
		request tokenclient.BackchannelAuthenticationRequest
		config  func(*tokenclient.Config)
		body    string
	}{
		"least": {leastBackchannel(), nil, "scope=openid&login_hint=bob"},
		"all": {all, nil, "scope=openid+api1&client_notification_token=" + notification + "%2B%2F%3D%3D&acr_values=mfa+tenant%3Aone" +
			"&login_hint=bob%40example.com&binding_message=W4SCT&user_code=1234&requested_expiry=120&resource=urn%3Aa&resource=urn%3Ab" +
			"&a=b&z=2&z=1"},
		"a login hint token": {
			tokenclient.BackchannelAuthenticationRequest{Scope: "openid", LoginHintToken: "a.b.c"}, nil, "scope=openid&login_hint_token=a.b.c",
		},
		"an ID token hint": {
			tokenclient.BackchannelAuthenticationRequest{Scope: "api1 openid", IDTokenHint: "a.b.c", LoginHint: " "},
			nil, "scope=api1+openid&id_token_hint=a.b.c",
		},
		"a request object": {tokenclient.BackchannelAuthenticationRequest{Request: "a.b.c"}, nil, "request=a.b.c"},
		"a public client": {
			leastBackchannel(), func(c *tokenclient.Config) { c.Auth = nil }, "scope=openid&login_hint=bob&client_id=client",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withBackchannel, func(c *tokenclient.Config) {
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
				if test.config != nil {
					test.config(c)
				}
			})
			mock.RegisterResponder(http.MethodPost, backchannelURL, answer(sent, http.StatusOK, `{"auth_req_id":"id"}`))
			response, err := client.RequestBackchannelAuthentication(t.Context(), test.request)
			require.NoError(t, err)
			assert.Equal(t, "id", response.AuthenticationRequestID)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
			assert.Equal(t, "application/json", request.Header.Get("Accept"))
			if test.config == nil {
				assert.Equal(t, []string{"Basic Y2xpZW50OnNlY3JldA=="}, request.Header["Authorization"])
			}
		})
	}
}

func TestInvalidBackchannelAuthenticationRequest(t *testing.T) {
	t.Parallel()
	type request = tokenclient.BackchannelAuthenticationRequest
	const notificationToken = "client_notification_token"
	extra := func(name string) func(*request) {
		return func(r *request) { r.Parameters = url.Values{name: {"x"}} }
	}
	object := func(change func(*request)) func(*request) {
		return func(r *request) {
			*r = request{Request: "a.b.c"}
			change(r)
		}
	}
	tests := map[string]struct {
		change    func(*request)
		parameter string
	}{
		"no scope":                      {func(r *request) { r.Scope = "" }, "scope"},
		"no openid":                     {func(r *request) { r.Scope = "openid2 api1" }, "scope"},
		"openid in another case":        {func(r *request) { r.Scope = "OpenID" }, "scope"},
		"no hint":                       {func(r *request) { r.LoginHint = " " }, "login_hint"},
		"two hints":                     {func(r *request) { r.IDTokenHint = "a.b.c" }, "login_hint"},
		"two other hints":               {func(r *request) { r.LoginHint, r.IDTokenHint, r.LoginHintToken = "", "a", "b" }, "login_hint"},
		"three hints":                   {func(r *request) { r.IDTokenHint, r.LoginHintToken = "a", "b" }, "login_hint"},
		"a long notification token":     {func(r *request) { r.ClientNotificationToken = strings.Repeat("a", 1025) }, notificationToken},
		"a short notification token":    {func(r *request) { r.ClientNotificationToken = strings.Repeat("a", 21) + "==" }, notificationToken},
		"a blank notification token":    {func(r *request) { r.ClientNotificationToken = strings.Repeat(" ", 30) }, notificationToken},
		"a notification token with =":   {func(r *request) { r.ClientNotificationToken = "a=" + strings.Repeat("a", 30) }, notificationToken},
		"a notification token with LF":  {func(r *request) { r.ClientNotificationToken = strings.Repeat("a", 30) + "\n" }, notificationToken},
		"a notification token with é":   {func(r *request) { r.ClientNotificationToken = strings.Repeat("a", 30) + "é" }, notificationToken},
		"a notification token with 'š'": {func(r *request) { r.ClientNotificationToken = strings.Repeat("a", 30) + "š" }, notificationToken},
		"a negative expiry":             {func(r *request) { r.RequestedExpiry = -time.Second }, "requested_expiry"},
		"an expiry of a fraction":       {func(r *request) { r.RequestedExpiry = 1500 * time.Millisecond }, "requested_expiry"},
		"an expiry meant as seconds":    {func(r *request) { r.RequestedExpiry = 120 }, "requested_expiry"},
		"a blank resource":              {func(r *request) { r.Resource = []string{""} }, "resource"},
		"not UTF-8":                     {func(r *request) { r.BindingMessage = "\xff" }, "binding_message"},
		"hint besides":                  {extra("id_token_hint"), "id_token_hint"},
		"expiry besides":                {extra("requested_expiry"), "requested_expiry"},
		"request besides":               {extra("request"), "request"},
		"client_id besides":             {extra("client_id"), "client_id"},
		"a blank request object":        {func(r *request) { r.Request = " " }, "request"},
		"object and scope":              {object(func(r *request) { r.Scope = "openid" }), "scope"},
		"object and notification token": {object(func(r *request) { r.ClientNotificationToken = notification }), notificationToken},
		"object and ACR values":         {object(func(r *request) { r.ACRValues = "x" }), "acr_values"},
		"object and login hint token":   {object(func(r *request) { r.LoginHintToken = "x" }), "login_hint_token"},
		"object and login hint":         {object(func(r *request) { r.LoginHint = "x" }), "login_hint"},
		"object and ID token hint":      {object(func(r *request) { r.IDTokenHint = "x" }), "id_token_hint"},
		"object and binding message":    {object(func(r *request) { r.BindingMessage = "x" }), "binding_message"},
		"object and user code":          {object(func(r *request) { r.UserCode = "x" }), "user_code"},
		"object and expiry":             {object(func(r *request) { r.RequestedExpiry = time.Minute }), "requested_expiry"},
		"object and resource":           {object(func(r *request) { r.Resource = []string{"urn:a"} }), "resource"},
		"object and parameters":         {object(func(r *request) { r.Parameters = url.Values{"x": {"y"}} }), "Parameters"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := leastBackchannel()
			test.change(&request)
			client, mock := newMockClient(t, withBackchannel)
			response, err := client.RequestBackchannelAuthentication(t.Context(), request)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.True(t, response.IsError())
			assert.Equal(t, err, response.Err())
			assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
		})
	}
	client, _ := newMockClient(t)
	_, err := client.RequestBackchannelAuthentication(t.Context(), leastBackchannel())
	assert.Equal(t, "Config.Endpoints.BackchannelAuthentication", requireError(t, err).Parameter)
}

func TestNotificationTokenLength(t *testing.T) {
	t.Parallel()
	for _, length := range []int{22, 1024} {
		client, mock := newMockClient(t, withBackchannel)
		mock.RegisterResponder(http.MethodPost, backchannelURL, answer(make(chan *http.Request, 1), http.StatusOK, `{"auth_req_id":"id"}`))
		request := leastBackchannel()
		request.ClientNotificationToken = strings.Repeat("~", length)
		_, err := client.RequestBackchannelAuthentication(t.Context(), request)
		require.NoError(t, err, length)
	}
}

// backchannelReply sends a request to a server that answers with body.
func backchannelReply(t *testing.T, status int, body string) (*tokenclient.BackchannelAuthenticationResponse, error) {
	t.Helper()
	client, mock := newMockClient(t, withBackchannel)
	mock.RegisterResponder(http.MethodPost, backchannelURL, answer(make(chan *http.Request, 1), status, body))
	return client.RequestBackchannelAuthentication(t.Context(), leastBackchannel())
}

func TestBackchannelAuthenticationResponse(t *testing.T) {
	t.Parallel()
	before := time.Now()
	response, err := backchannelReply(t, http.StatusOK, fixture(t, "token/backchannel_authentication.json"))
	require.NoError(t, err)
	assert.Equal(t, "1c266114-a1be-4252-8ad1-04986c5b9ac1", response.AuthenticationRequestID)
	assert.Equal(t, 2*time.Minute, response.ExpiresIn)
	assert.False(t, response.Expiry.Before(before.Add(2*time.Minute)))
	assert.False(t, response.Expiry.After(time.Now().Add(2*time.Minute)), "counted from the request")
	assert.Equal(t, 2*time.Second, response.Interval)
	assert.Equal(t, tokenclient.BackchannelAuthenticationTokenRequest{
		AuthenticationRequestID: response.AuthenticationRequestID, Interval: response.Interval, Expiry: response.Expiry,
	}, response.TokenRequest())
}

func TestBackchannelTimes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{ // 0 = not known
		`null`: 0, `-1`: 0, `true`: 0, `"x"`: 0, `{}`: 0, `1`: time.Second, `"3"`: 3 * time.Second, `1e400`: 10 * 365 * 24 * time.Hour,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			response, err := backchannelReply(t, http.StatusOK, `{"auth_req_id":"id","interval":`+value+`,"expires_in":`+value+`}`)
			require.NoError(t, err, "the phone has rung already")
			assert.Equal(t, want, response.ExpiresIn)
			assert.Equal(t, want == 0, response.Expiry.IsZero())
			if want == 0 {
				want = 5 * time.Second
			}
			assert.Equal(t, want, response.Interval)
		})
	}
	response, err := backchannelReply(t, http.StatusOK, `{"auth_req_id":"id","interval":0,"expires_in":0}`)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, response.Interval)
	assert.False(t, response.Expiry.IsZero(), "0 is expired, not unknown")
	response, err = backchannelReply(t, http.StatusOK, `{"auth_req_id":"id"}`)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, response.Interval)
	assert.True(t, response.Expiry.IsZero())
}

func TestMalformedBackchannelAuthenticationResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"none":           ``,
		"no auth_req_id": `{"expires_in":60,"interval":5}`,
		"null":           `{"auth_req_id":null}`,
		"empty":          `{"auth_req_id":""}`,
		"blank":          `{"auth_req_id":" "}`,
		"a number":       `{"auth_req_id":1}`,
		"twice":          `{"auth_req_id":"a","auth_req_id":"b"}`,
		"no JSON":        `<html>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := backchannelReply(t, http.StatusOK, body)
			assert.Equal(t, tokenclient.KindMalformed, requireError(t, err).Kind)
			assert.Empty(t, response.AuthenticationRequestID)
			assert.Zero(t, response.Interval)
			assert.Equal(t, body, response.Raw())
		})
	}
}

func TestBackchannelAuthenticationErrors(t *testing.T) {
	t.Parallel()
	for _, code := range []tokenclient.ErrorCode{
		tokenclient.ErrExpiredLoginHintToken, tokenclient.ErrUnknownUserID, tokenclient.ErrMissingUserCode, tokenclient.ErrInvalidUserCode,
		tokenclient.ErrInvalidBindingMessage, tokenclient.ErrAccessDenied, tokenclient.ErrInvalidRequestObject,
	} {
		response, err := backchannelReply(t, http.StatusBadRequest, `{"error":"`+string(code)+`","error_description":"for bob@example"}`)
		require.ErrorIs(t, err, code)
		assert.True(t, response.IsError())
		assert.Equal(t, tokenclient.Final, requireError(t, err).Outcome)
	}
	response, err := backchannelReply(t, http.StatusOK, `{"error":"unknown_user_id","auth_req_id":"id"}`)
	require.ErrorIs(t, err, tokenclient.ErrUnknownUserID)
	assert.Empty(t, response.AuthenticationRequestID)
}

func TestNoPhoneRingsTwice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer  tokentest.Answer
		outcome tokenclient.Outcome
	}{
		"500":    {tokentest.Answer{Status: 500}, tokenclient.Unknown},
		"502":    {tokentest.Answer{Status: 502}, tokenclient.Unknown},
		"503":    {tokentest.Answer{Status: 503}, tokenclient.Unknown},
		"504":    {tokentest.Answer{Status: 504}, tokenclient.Unknown},
		"429":    {tokentest.Answer{Status: 429}, tokenclient.NotProcessed},
		"reset":  {tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, tokenclient.Unknown},
		"closed": {tokentest.Answer{Fault: tokentest.CloseBeforeAnswer}, tokenclient.Unknown},
		"cut":    {tokentest.Answer{Body: `{"auth_req_id":"id"}`, Fault: tokentest.TruncateBody}, tokenclient.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var address string
			client, server := newServerClient(t, func(c *tokenclient.Config) {
				address = strings.Replace(c.Endpoints.Token, tokentest.TokenPath, backchannelPath, 1)
				c.Endpoints.BackchannelAuthentication = address
			})
			server.Handle(backchannelPath, func(tokentest.Request) tokentest.Answer { return test.answer })
			_, err := client.RequestBackchannelAuthentication(t.Context(), leastBackchannel())
			failed := requireError(t, err)
			assert.Equal(t, test.outcome, failed.Outcome)
			assert.Equal(t, address, failed.Endpoint)
			assert.Equal(t, 1, server.Count(backchannelPath))
		})
	}
}

func TestNoBackchannelErrorPrintsASecret(t *testing.T) {
	t.Parallel()
	client, server := newCanaryClient(t)
	server.Enqueue(backchannelPath, tokentest.OAuthError(http.StatusBadRequest, "invalid_request", "you sent "+canary))
	request := leastBackchannel()
	request.UserCode, request.BindingMessage = canary, canary
	response, err := client.RequestBackchannelAuthentication(t.Context(), request)
	assert.Equal(t, "you sent [redacted]", requireError(t, err).Description)
	assertNoCanary(t, prints(err))
	assertNoCanary(t, prints(response))
	request.ClientNotificationToken = canary
	_, err = client.RequestBackchannelAuthentication(t.Context(), request)
	assert.Equal(t, "client_notification_token", requireError(t, err).Parameter)
	assertNoCanary(t, prints(err))
}
