// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const (
	parURL    = "https://as.example/connect/par"
	pushed    = `{"request_uri":"urn:ietf:params:oauth:request_uri:6esc","expires_in":60}`
	fullLogin = "response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s&nonce=n" +
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
)

func testLogin() tokenclient.AuthorizeRequest {
	return tokenclient.AuthorizeRequest{
		Scope: "openid", RedirectURI: "https://app.example/cb", State: "s", Nonce: "n", CodeVerifier: verifier,
	}
}

func withPAR(c *tokenclient.Config) { c.Endpoints.PushedAuthorization = parURL }

func TestPushAuthorizationRequest(t *testing.T) {
	t.Parallel()
	object := tokenclient.AuthorizeRequest{RedirectURI: "https://app.example/cb", State: "s", CodeVerifier: verifier, Request: "jwt"}
	tests := map[string]struct {
		login tokenclient.AuthorizeRequest
		auth  clientauth.Method
		body  string
	}{
		"basic: client_id in the body, too": {testLogin(), clientauth.SecretBasic("secret"), fullLogin + "&client_id=client"},
		"post: client_id once":              {testLogin(), clientauth.SecretPost("secret"), fullLogin + "&client_id=client&client_secret=secret"},
		"a public client":                   {testLogin(), nil, fullLogin + "&client_id=client"},
		"a request object":                  {object, nil, "request=jwt&client_id=client"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withPAR, func(c *tokenclient.Config) { c.Auth = test.auth })
			mock.RegisterResponder(http.MethodPost, parURL, answer(sent, http.StatusCreated, pushed))
			_, err := client.PushAuthorization(t.Context(), test.login)
			require.NoError(t, err)
			assert.Equal(t, test.body, bodyOf(t, <-sent))
		})
	}
}

func TestPushedLogin(t *testing.T) {
	t.Parallel()
	client, mock := newMockClient(t, withPAR, func(c *tokenclient.Config) {
		yes := true
		c.Metadata = &discovery.Metadata{RequirePushedAuthorizationRequests: &yes}
	})
	mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), http.StatusCreated, pushed))
	login := testLogin()
	response, err := client.PushAuthorization(t.Context(), login)
	require.NoError(t, err)
	assert.Equal(t, "urn:ietf:params:oauth:request_uri:6esc", response.RequestURI)
	assert.Equal(t, time.Minute, response.ExpiresIn)
	assert.WithinDuration(t, time.Now().Add(time.Minute), response.Expiry, 30*time.Second)
	assert.Empty(t, login.RequestURI, "the caller's login is not changed")

	kept := response.AuthorizeRequest()
	other, _ := newMockClient(t, func(c *tokenclient.Config) { c.Endpoints.Authorization = "" })
	_, err = other.AuthorizeURL(kept)
	require.Error(t, err, "a mistake uses nothing up")
	address, err := client.AuthorizeURL(kept)
	require.NoError(t, err)
	assert.Equal(t, "https://as.example/connect/authorize?client_id=client&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc", address)
	_, err = client.AuthorizeURL(kept)
	assert.Equal(t, "request_uri", requireError(t, err).Parameter, "it works once")

	callback, err := client.ParseAuthorizeResponse(url.Values{"code": {"c"}, "state": {"s"}}, kept)
	require.NoError(t, err)
	assert.Equal(t, verifier, callback.TokenRequest().CodeVerifier, "the login remembers what was pushed")
}

func TestPushedLoginExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, mock := newMockClient(t, withPAR)
		mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), http.StatusCreated, pushed))
		response, err := client.PushAuthorization(t.Context(), testLogin())
		require.NoError(t, err)
		stored, err := tokenclient.EncodeAuthorizeRequest(response.AuthorizeRequest())
		require.NoError(t, err)
		restored, err := tokenclient.DecodeAuthorizeRequest(stored)
		require.NoError(t, err)
		time.Sleep(59 * time.Second) // fake time
		_, err = client.AuthorizeURL(restored)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = client.AuthorizeURL(restored)
		assert.Equal(t, "request_uri", requireError(t, err).Parameter)
		assert.Contains(t, err.Error(), "expired")
	})
}

// TestStoredPushedLoginWorksOnce: storing a login must not make its RequestURI work
// again.
func TestStoredPushedLoginWorksOnce(t *testing.T) {
	t.Parallel()
	client, mock := newMockClient(t, withPAR)
	mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), http.StatusCreated, pushed))
	response, err := client.PushAuthorization(t.Context(), testLogin())
	require.NoError(t, err)
	login := response.AuthorizeRequest()
	store := func() tokenclient.AuthorizeRequest {
		stored, err := tokenclient.EncodeAuthorizeRequest(login)
		require.NoError(t, err)
		restored, err := tokenclient.DecodeAuthorizeRequest(stored)
		require.NoError(t, err)
		return restored
	}
	before := store()
	for _, request := range []tokenclient.AuthorizeRequest{before, login} {
		_, err = client.AuthorizeURL(request)
		require.NoError(t, err)
	}
	for _, request := range []tokenclient.AuthorizeRequest{before, login, store()} {
		_, err = client.AuthorizeURL(request)
		assert.Equal(t, "request_uri", requireError(t, err).Parameter)
	}
}

func TestPushAuthorizationRefuses(t *testing.T) {
	t.Parallel()
	yes := true
	tests := map[string]struct {
		change    func(*tokenclient.AuthorizeRequest)
		config    func(*tokenclient.Config)
		parameter string
	}{
		"request_uri": {func(r *tokenclient.AuthorizeRequest) { r.RequestURI = "urn:x" }, withPAR, "request_uri"},
		"request_uri besides": {
			func(r *tokenclient.AuthorizeRequest) { r.Parameters = url.Values{"request_uri": {"urn:x"}} }, withPAR, "request_uri",
		},
		"no client id": {func(*tokenclient.AuthorizeRequest) {}, func(c *tokenclient.Config) { c.ClientID, c.Auth = "", nil }, "Config.ClientID"},
		"no endpoint":  {func(*tokenclient.AuthorizeRequest) {}, func(*tokenclient.Config) {}, "Config.Endpoints.PushedAuthorization"},
		"no state":     {func(r *tokenclient.AuthorizeRequest) { r.State = "" }, withPAR, "state"},
		"no redirect":  {func(r *tokenclient.AuthorizeRequest) { r.RedirectURI = "" }, withPAR, "redirect_uri"},
		"no verifier":  {func(r *tokenclient.AuthorizeRequest) { r.CodeVerifier = "" }, withPAR, "code_verifier"},
		"no resource":  {func(r *tokenclient.AuthorizeRequest) { r.Resource = []string{""} }, withPAR, "resource"},
		"no object":    {func(r *tokenclient.AuthorizeRequest) { r.Claims = "[]" }, withPAR, "claims"},
		"no text":      {func(r *tokenclient.AuthorizeRequest) { r.LoginHint = "\xff" }, withPAR, "login_hint"},
		"a secret besides": {
			func(r *tokenclient.AuthorizeRequest) { r.Parameters = url.Values{"client_secret": {"s"}} }, withPAR, "client_secret",
		},
		"not signed": {func(*tokenclient.AuthorizeRequest) {}, func(c *tokenclient.Config) {
			withPAR(c)
			c.Metadata = &discovery.Metadata{RequireSignedRequestObject: &yes}
		}, "request"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t, test.config)
			login := testLogin()
			test.change(&login)
			response, err := client.PushAuthorization(t.Context(), login)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.Empty(t, response.AuthorizeRequest().State)
			assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
		})
	}
}

func TestPushAuthorizationResponse(t *testing.T) {
	t.Parallel()
	body := fixture(t, "token/pushed_authorization.json")
	client, mock := newMockClient(t, withPAR)
	mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), http.StatusCreated, body))
	before := time.Now()
	response, err := client.PushAuthorization(t.Context(), testLogin())
	require.NoError(t, err)
	assert.Equal(t, "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c", response.RequestURI)
	assert.Equal(t, time.Minute, response.ExpiresIn)
	assert.False(t, response.Expiry.Before(before.Add(time.Minute)))
	assert.False(t, response.Expiry.After(time.Now().Add(time.Minute)), "counted from the request")
	assert.Equal(t, http.StatusCreated, response.StatusCode)
	assert.Equal(t, body, response.Raw())
}

func TestPushAuthorizationResponses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		kind   tokenclient.ErrorKind // 0 = success
		known  bool                  // expiry
	}{
		"created":           {201, pushed, 0, true},
		"no lifetime":       {201, `{"request_uri":"urn:x"}`, 0, false},
		"a negative one":    {201, `{"request_uri":"urn:x","expires_in":-1}`, 0, false},
		"zero":              {201, `{"request_uri":"urn:x","expires_in":0}`, 0, true},
		"a string":          {201, `{"request_uri":"urn:x","expires_in":"60"}`, 0, true},
		"200":               {200, pushed, tokenclient.KindMalformed, false},
		"no request_uri":    {201, `{"expires_in":60}`, tokenclient.KindMalformed, false},
		"empty request_uri": {201, `{"request_uri":"","expires_in":60}`, tokenclient.KindMalformed, false},
		"blank request_uri": {201, `{"request_uri":" ","expires_in":60}`, tokenclient.KindMalformed, false},
		"an error":          {400, `{"error":"invalid_request"}`, tokenclient.KindProtocol, false},
		"201 with an error": {201, `{"error":"invalid_request"}`, tokenclient.KindProtocol, false},
		"HTML":              {201, `<html>`, tokenclient.KindMalformed, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t, withPAR)
			mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), test.status, test.body))
			response, err := client.PushAuthorization(t.Context(), testLogin())
			if test.kind != 0 {
				assert.Equal(t, test.kind, requireError(t, err).Kind)
				assert.Empty(t, response.RequestURI)
				assert.Empty(t, response.AuthorizeRequest().RequestURI)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.known, !response.Expiry.IsZero())
			assert.Equal(t, response.Expiry, response.AuthorizeRequest().RequestURIExpiry)
		})
	}
}

func TestEndSessionURL(t *testing.T) {
	t.Parallel()
	endpoint := "https://as.example/connect/endsession"
	tests := map[string]struct {
		endpoint string
		clientID string
		request  tokenclient.EndSessionRequest
		want     string
	}{
		"least":            {endpoint, "client", tokenclient.EndSessionRequest{}, endpoint + "?client_id=client"},
		"nothing":          {endpoint, "", tokenclient.EndSessionRequest{}, endpoint},
		"nothing, a query": {endpoint + "?p=x", "", tokenclient.EndSessionRequest{}, endpoint + "?p=x"},
		"all and the query": {
			endpoint + "?p=x", "client",
			tokenclient.EndSessionRequest{
				IDTokenHint: "id", PostLogoutRedirectURI: "https://app.example/", State: "s", LogoutHint: "bob", UILocales: "de en",
				Parameters: url.Values{"sid": {"1"}},
			},
			endpoint + "?p=x&id_token_hint=id&client_id=client&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F" +
				"&state=s&logout_hint=bob&ui_locales=de+en&sid=1",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t, func(c *tokenclient.Config) {
				c.Endpoints.EndSession, c.ClientID, c.Auth = test.endpoint, test.clientID, nil
			})
			address, err := client.EndSessionURL(test.request)
			require.NoError(t, err)
			assert.Equal(t, test.want, address)
		})
	}
}

func TestEndSessionURLRefuses(t *testing.T) {
	t.Parallel()
	besides := func(name, value string) tokenclient.EndSessionRequest {
		return tokenclient.EndSessionRequest{Parameters: url.Values{name: {value}}}
	}
	for name, test := range map[string]struct {
		endpoint  string // in the metadata
		request   tokenclient.EndSessionRequest
		parameter string
	}{
		"no endpoint":      {"", tokenclient.EndSessionRequest{}, "Config.Endpoints.EndSession"},
		"a wrong endpoint": {"/logout", tokenclient.EndSessionRequest{}, "Config.Endpoints.EndSession"},
		"not UTF-8":        {"https://as.example", tokenclient.EndSessionRequest{LogoutHint: "\xff"}, "logout_hint"},
		"state besides":    {"https://as.example", besides("state", "s"), "state"},
		"a secret besides": {"https://as.example", besides("client_secret", "s"), "client_secret"},
		"a blank name":     {"https://as.example", besides(" ", "s"), "Parameters"},
		"no text besides":  {"https://as.example", besides("sid", "\xff"), "sid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t, func(c *tokenclient.Config) {
				c.Metadata = &discovery.Metadata{EndSessionEndpoint: test.endpoint}
			})
			address, err := client.EndSessionURL(test.request)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.Empty(t, address)
		})
	}
}
