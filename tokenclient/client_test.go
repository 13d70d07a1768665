// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const tokenURL = "https://as.example/connect/token"

// newMockClient returns a client whose requests reach the mock, after config had
// a chance to change the Config.
func newMockClient(t *testing.T, config ...func(*tokenclient.Config)) (*tokenclient.Client, *httpmock.MockTransport) {
	t.Helper()
	mock := httpmock.NewMockTransport()
	c := tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Token:               tokenURL,
			Authorization:       "https://as.example/connect/authorize",
			DeviceAuthorization: "https://as.example/connect/deviceauthorization",
		},
		ClientID:   "client",
		Auth:       clientauth.SecretBasic("secret"),
		HTTPClient: &http.Client{Transport: mock},
	}
	for _, change := range config {
		change(&c)
	}
	client, err := tokenclient.New(c)
	require.NoError(t, err)
	return client, mock
}

// requireError returns the library's error in err.
func requireError(t *testing.T, err error) *tokenclient.Error {
	t.Helper()
	require.Error(t, err)
	var failed *tokenclient.Error
	require.ErrorAs(t, err, &failed)
	return failed
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := func() tokenclient.Config {
		return tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client"}
	}
	address := func(address string) func(*tokenclient.Config) {
		return func(c *tokenclient.Config) { c.Endpoints.Token = address }
	}
	auth := func(id string, method clientauth.Method) func(*tokenclient.Config) {
		return func(c *tokenclient.Config) { c.ClientID, c.Auth = id, method }
	}
	parameter := func(name string) func(*tokenclient.Config) {
		return func(c *tokenclient.Config) { c.Parameters = url.Values{name: {"x"}} }
	}
	header := func(name, value string) func(*tokenclient.Config) {
		return func(c *tokenclient.Config) { c.Header = http.Header{name: {value}} }
	}
	retry := func(retry tokenclient.Retry) func(*tokenclient.Config) {
		return func(c *tokenclient.Config) { c.Retry = retry }
	}
	const token = "Config.Endpoints.Token"
	tests := map[string]struct {
		change    func(*tokenclient.Config)
		parameter string
	}{
		"no endpoint at all":           {address(""), "Config.Endpoints"},
		"relative":                     {address("/connect/token"), token},
		"without scheme":               {address("as.example/connect/token"), token},
		"scheme-relative":              {address("//as.example/connect/token"), token},
		"ftp":                          {address("ftp://as.example/token"), token},
		"opaque":                       {address("https:as.example"), token},
		"no host":                      {address("https:///token"), token},
		"only a port":                  {address("https://:443/token"), token},
		"not a URL":                    {address("https://as.example/%zz"), token},
		"control character":            {address("https://as.example/\n"), token},
		"user information":             {address("https://user:hunter2@as.example/token"), token},
		"fragment":                     {address("https://as.example/token#top"), token},
		"a path that is not ASCII":     {address("https://as.example/tök"), token},
		"a query that is not ASCII":    {address("https://as.example/token?x=ö"), token},
		"two ports":                    {address("https://as.example:443:443/token"), token},
		"an empty port and another":    {address("https://as.example::443/token"), token},
		"a space":                      {address("https://as.example/to ken"), token},
		"empty fragment":               {address("https://as.example/token#"), token},
		"http elsewhere":               {address("http://as.example/token"), token},
		"http to a private address":    {address("http://10.0.0.1/token"), token},
		"http to a loopback lookalike": {address("http://127.0.0.1.as.example/token"), token},
		"http to localhost lookalike":  {address("http://localhost.as.example/token"), token},
		"not ASCII":                    {address("https://bücher.example/token"), token},
		"another endpoint": {
			func(c *tokenclient.Config) { c.Endpoints.DeviceAuthorization = "device" }, "Config.Endpoints.DeviceAuthorization",
		},
		"one more": {
			func(c *tokenclient.Config) { c.Endpoints.Authorization = "http://as.example" }, "Config.Endpoints.Authorization",
		},
		"secret without client id":     {auth("", clientauth.SecretBasic("secret")), "Config.ClientID"},
		"secret with blank client id":  {auth("  ", clientauth.SecretPost("secret")), "Config.ClientID"},
		"assertion without client id":  {auth("", clientauth.Assertion(assertion)), "Config.ClientID"},
		"client id not UTF-8":          {auth("\xff", nil), "Config.ClientID"},
		"blank client id":              {auth(" ", nil), "Config.ClientID"},
		"empty secret":                 {auth("client", clientauth.SecretBasic("")), "Config.Auth"},
		"empty secret in the body":     {auth("client", clientauth.SecretPost("")), "Config.Auth"},
		"no secret func":               {auth("client", clientauth.SecretPostFunc(nil)), "Config.Auth"},
		"no assertion func":            {auth("client", clientauth.Assertion(nil)), "Config.Auth"},
		"colon in a raw client id":     {auth("a:b", clientauth.SecretBasicRFC2617("secret")), "Config.Auth"},
		"default grant_type":           {parameter("grant_type"), "grant_type"},
		"default client_secret":        {parameter("client_secret"), "client_secret"},
		"default with a blank name":    {parameter(" "), "Parameters"},
		"Authorization header":         {header("authorization", "Bearer x"), "Config.Header"},
		"DPoP header":                  {header("DPoP", "x"), "Config.Header"},
		"Idempotency-Key header":       {header("Idempotency-Key", "x"), "Config.Header"},
		"Cookie header":                {header("Cookie", "x"), "Config.Header"},
		"Proxy-Authorization header":   {header("proxy-authorization", "x"), "Config.Header"},
		"CR LF in a header":            {header("X-Tenant", "a\r\nX-Other: b"), "Config.Header"},
		"header name that is no token": {header("X Tenant", "a"), "Config.Header"},
		"negative attempts":            {retry(tokenclient.Retry{MaxAttempts: -1}), "Config.Retry.MaxAttempts"},
		"negative timeout":             {retry(tokenclient.Retry{TotalTimeout: -time.Second}), "Config.Retry.TotalTimeout"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good()
			test.change(&config)
			client, err := tokenclient.New(config)
			assert.Nil(t, client)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.Contains(t, failed.Error(), test.parameter, "the text names what is wrong")
			assert.NotContains(t, failed.Error(), "hunter2", "the text does not quote an address")
		})
	}
}

func assertion(context.Context, clientauth.Attempt) (string, error) { return "signed", nil }

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"https":              tokenURL,
		"query":              "https://as.example/token?p=policy",
		"upper case":         "HTTPS://AS.example/token",
		"localhost":          "http://localhost:8080/token",
		"127.0.0.1":          "http://127.0.0.1:8080/token",
		"all of 127.0.0.0/8": "http://127.1.2.3/token",
		"::1":                "http://[::1]:8080/token",
		"xn--":               "https://xn--bcher-kva.example/token",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: address}})
			assert.NoError(t, err)
		})
	}
}

func TestMissingEndpointIsNamed(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Authorization: "https://as.example/authorize"},
		ClientID:   "client",
		HTTPClient: &http.Client{Transport: mock},
	})
	require.NoError(t, err)

	response, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	assert.Equal(t, "Config.Endpoints.Token", requireError(t, err).Parameter)
	assert.True(t, response.IsError())

	device, err := client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
	assert.Equal(t, "Config.Endpoints.DeviceAuthorization", requireError(t, err).Parameter)
	assert.True(t, device.IsError())

	polled, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{DeviceCode: "x"})
	assert.Equal(t, "Config.Endpoints.Token", requireError(t, err).Parameter)
	assert.True(t, polled.IsError())
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
}

func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	parameters := url.Values{"audience": {"api"}}
	header := http.Header{"X-Tenant": {"one"}}
	sent := make(chan *http.Request, 1)
	client, mock := newMockClient(t, func(c *tokenclient.Config) { c.Parameters, c.Header = parameters, header })
	mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusOK, tokenBody))
	parameters["audience"][0] = "changed"
	parameters["extra"] = []string{"added"}
	header["X-Tenant"][0] = "changed"

	_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	request := <-sent
	assert.Equal(t, "grant_type=client_credentials&audience=api", bodyOf(t, request))
	assert.Equal(t, "one", request.Header.Get("X-Tenant"))
}
