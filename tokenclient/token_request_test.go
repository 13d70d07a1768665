// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const (
	tokenBody = `{"access_token":"token","token_type":"Bearer","expires_in":3600}`
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
)

// answer returns a responder that keeps the request, with its body still to be
// read.
func answer(sent chan<- *http.Request, status int, body string) httpmock.Responder {
	return func(request *http.Request) (*http.Response, error) {
		sent <- request
		response := httpmock.NewStringResponse(status, body)
		response.Header.Set("Content-Type", "application/json")
		return response, nil
	}
}

func bodyOf(t *testing.T, request *http.Request) string {
	t.Helper()
	body, err := io.ReadAll(request.Body)
	require.NoError(t, err)
	return string(body)
}

// send is one call of a method.
type send func(context.Context, *tokenclient.Client) (*tokenclient.TokenResponse, error)

func clientCredentials(r tokenclient.ClientCredentialsTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestClientCredentialsToken(ctx, r)
	}
}

func password(r tokenclient.PasswordTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestPasswordToken(ctx, r)
	}
}

func authorizationCode(r tokenclient.AuthorizationCodeTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestAuthorizationCodeToken(ctx, r)
	}
}

func refreshToken(r tokenclient.RefreshTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestRefreshToken(ctx, r)
	}
}

func deviceToken(r tokenclient.DeviceTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestDeviceToken(ctx, r)
	}
}

func anyToken(r tokenclient.TokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestToken(ctx, r)
	}
}

func TestRequestBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		send send
		body string
	}{
		"client_credentials": {
			clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), "grant_type=client_credentials",
		},
		"client_credentials with all": {
			clientCredentials(tokenclient.ClientCredentialsTokenRequest{
				Scope: "api1 api2", Resource: []string{"https://a.example", "https://b.example"},
				Parameters: url.Values{"z": {"2", "1"}, "audience": {"x&y=z"}},
			}),
			"grant_type=client_credentials&scope=api1+api2&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example" +
				"&audience=x%26y%3Dz&z=2&z=1",
		},
		"password": {
			password(tokenclient.PasswordTokenRequest{
				UserName: "bob", Password: "p@ss wörd", Scope: "api1", ACRValues: "tenant:one idp:two",
				Resource: []string{"urn:api"}, Parameters: url.Values{"device": {"d"}},
			}),
			"grant_type=password&username=bob&password=p%40ss+w%C3%B6rd&scope=api1&acr_values=tenant%3Aone+idp%3Atwo" +
				"&resource=urn%3Aapi&device=d",
		},
		"empty password": {
			password(tokenclient.PasswordTokenRequest{UserName: "bob"}), "grant_type=password&username=bob&password=",
		},
		"password of spaces": {
			password(tokenclient.PasswordTokenRequest{UserName: "bob", Password: "  "}), "grant_type=password&username=bob&password=++",
		},
		"authorization_code": {
			authorizationCode(tokenclient.AuthorizationCodeTokenRequest{
				Code: "abc", RedirectURI: "https://app.com/callback", CodeVerifier: verifier, Resource: []string{"urn:api"},
			}),
			"grant_type=authorization_code&code=abc&redirect_uri=https%3A%2F%2Fapp.com%2Fcallback&code_verifier=" + verifier +
				"&resource=urn%3Aapi",
		},
		"authorization_code without PKCE": {
			authorizationCode(tokenclient.AuthorizationCodeTokenRequest{Code: "abc", RedirectURI: "https://app.com/callback"}),
			"grant_type=authorization_code&code=abc&redirect_uri=https%3A%2F%2Fapp.com%2Fcallback",
		},
		"refresh_token": {
			refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: "xyz", Scope: "api1", Resource: []string{"urn:api"}}),
			"grant_type=refresh_token&refresh_token=xyz&scope=api1&resource=urn%3Aapi",
		},
		"device_code": {
			deviceToken(tokenclient.DeviceTokenRequest{DeviceCode: "d c", Parameters: url.Values{"a": {"b"}}}),
			"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d+c&a=b",
		},
		"custom": {
			anyToken(tokenclient.TokenRequest{
				GrantType: "custom", Parameters: url.Values{"custom_parameter": {"custom value"}, "scope": {"api1"}},
			}),
			"grant_type=custom&custom_parameter=custom+value&scope=api1",
		},
		"every ASCII character": {
			anyToken(tokenclient.TokenRequest{GrantType: "custom", Parameters: url.Values{allASCII: {allASCII}}}),
			"grant_type=custom&" + url.QueryEscape(allASCII) + "=" + url.QueryEscape(allASCII),
		},
		"a parameter without values": {
			anyToken(tokenclient.TokenRequest{GrantType: "custom", Parameters: url.Values{"none": {}, "empty": {""}}}),
			"grant_type=custom&empty=",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t)
			mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusOK, tokenBody))
			response, err := test.send(t.Context(), client)
			require.NoError(t, err)
			assert.Equal(t, "token", response.AccessToken)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
			assert.Equal(t, "application/json", request.Header.Get("Accept"))
			assert.Equal(t, []string{"Basic Y2xpZW50OnNlY3JldA=="}, request.Header["Authorization"])
			assert.Equal(t, int64(len(test.body)), request.ContentLength)
		})
	}
}

var allASCII = func() string {
	var all strings.Builder
	for c := range byte(0x80) {
		all.WriteByte(c)
	}
	return all.String()
}()

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id            string
		auth          clientauth.Method
		authorization []string
		body          string // after the grant type
	}{
		"nobody":          {"", nil, nil, ""},
		"a public client": {"cli ent", nil, nil, "&client_id=cli+ent"},
		"none":            {"client", clientauth.None(), nil, "&client_id=client"},
		"basic":           {"cl:ient", clientauth.SecretBasic("se cret"), []string{"Basic Y2wlM0FpZW50OnNlK2NyZXQ="}, ""},
		"basic, RFC 2617": {"client", clientauth.SecretBasicRFC2617("se cret"), []string{"Basic Y2xpZW50OnNlIGNyZXQ="}, ""},
		"post":            {"client", clientauth.SecretPost("s&c"), nil, "&client_id=client&client_secret=s%26c"},
		"a rotating secret": {
			"client", clientauth.SecretPostFunc(func(context.Context) (string, error) { return "now", nil }), nil,
			"&client_id=client&client_secret=now",
		},
		"assertion": {
			"client", clientauth.Assertion(assertion), nil,
			"&client_id=client&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=signed",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, func(c *tokenclient.Config) { c.ClientID, c.Auth = test.id, test.auth })
			mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusOK, tokenBody))
			_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
			require.NoError(t, err)
			request := <-sent
			assert.Equal(t, test.authorization, request.Header["Authorization"])
			assert.Equal(t, "grant_type=client_credentials"+test.body, bodyOf(t, request))
		})
	}
}

func TestAuthenticationKnowsItsAttempt(t *testing.T) {
	t.Parallel()
	var attempts []clientauth.Attempt
	sent := make(chan *http.Request, 3)
	client, mock := newMockClient(t, func(c *tokenclient.Config) {
		c.Issuer = "https://as.example"
		c.Retry = tokenclient.Retry{MinWait: 1}
		c.Auth = clientauth.Assertion(func(_ context.Context, attempt clientauth.Attempt) (string, error) {
			attempts = append(attempts, attempt)
			return "assertion-" + strconv.Itoa(attempt.Number), nil
		})
	})
	mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusServiceUnavailable, ""))
	_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	assert.Equal(t, http.StatusServiceUnavailable, requireError(t, err).StatusCode)
	require.Len(t, attempts, 3)
	for i, attempt := range attempts {
		want := clientauth.Attempt{ClientID: "client", Issuer: "https://as.example", Endpoint: tokenURL, Number: i + 1}
		assert.Equal(t, want, attempt)
		assert.Contains(t, bodyOf(t, <-sent), "client_assertion=assertion-"+strconv.Itoa(i+1), "no assertion is sent twice")
	}
}

func TestAuthenticationFails(t *testing.T) {
	t.Parallel()
	errVault := errors.New("the vault is sealed")
	client, mock := newMockClient(t, func(c *tokenclient.Config) {
		c.Auth = clientauth.SecretBasicFunc(func(context.Context) (string, error) { return "", errVault })
	})
	response, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	failed := requireError(t, err)
	assert.ErrorIs(t, err, errVault)
	assert.Equal(t, tokenclient.KindRequest, failed.Kind)
	assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
	assert.True(t, response.IsError())
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
}

func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	code := func(verifier string) send {
		return authorizationCode(tokenclient.AuthorizationCodeTokenRequest{Code: "c", RedirectURI: "r", CodeVerifier: verifier})
	}
	extra := func(name string) send {
		return clientCredentials(tokenclient.ClientCredentialsTokenRequest{Parameters: url.Values{name: {"x"}}})
	}
	tests := map[string]struct {
		send      send
		parameter string
	}{
		"no grant type":      {anyToken(tokenclient.TokenRequest{}), "grant_type"},
		"no code":            {authorizationCode(tokenclient.AuthorizationCodeTokenRequest{RedirectURI: "r"}), "code"},
		"no redirect URI":    {authorizationCode(tokenclient.AuthorizationCodeTokenRequest{Code: "c"}), "redirect_uri"},
		"no refresh token":   {refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: " "}), "refresh_token"},
		"no device code":     {deviceToken(tokenclient.DeviceTokenRequest{}), "device_code"},
		"no user name":       {password(tokenclient.PasswordTokenRequest{Password: "p"}), "username"},
		"verifier too short": {code(verifier[:42]), "code_verifier"},
		"verifier too long":  {code(strings.Repeat("v", 129)), "code_verifier"},
		"verifier wrong":     {code(verifier[:42] + "+"), "code_verifier"},
		"verifier of spaces": {code(strings.Repeat(" ", 43)), "code_verifier"},
		"grant_type besides": {
			anyToken(tokenclient.TokenRequest{GrantType: "custom", Parameters: url.Values{"grant_type": {"custom"}}}), "grant_type",
		},
		"scope besides":                 {extra("scope"), "scope"},
		"resource besides":              {extra("resource"), "resource"},
		"client_id besides":             {extra("client_id"), "client_id"},
		"client_secret besides":         {extra("client_secret"), "client_secret"},
		"client_assertion besides":      {extra("client_assertion"), "client_assertion"},
		"client_assertion_type besides": {extra("client_assertion_type"), "client_assertion_type"},
		"a blank name":                  {extra(""), "Parameters"},
		"a name that is not UTF-8":      {extra("\xff"), "\xff"},
		"code besides": {
			authorizationCode(tokenclient.AuthorizationCodeTokenRequest{RedirectURI: "r", Parameters: url.Values{"code": {"c"}}}), "code",
		},
		"password besides": {
			password(tokenclient.PasswordTokenRequest{UserName: "u", Parameters: url.Values{"password": {"p"}}}), "password",
		},
		"blank resource": {
			clientCredentials(tokenclient.ClientCredentialsTokenRequest{Resource: []string{"urn:a", ""}}), "resource",
		},
		"value that is not UTF-8": {password(tokenclient.PasswordTokenRequest{UserName: "u", Password: "\xff"}), "password"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t)
			response, err := test.send(t.Context(), client)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			assert.Equal(t, test.parameter, failed.Parameter)
			assert.Contains(t, failed.Error(), test.parameter)
			require.NotNil(t, response)
			assert.True(t, response.IsError())
			assert.Equal(t, err, response.Err())
			assert.Empty(t, response.Raw())
			assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
		})
	}
}

func TestDefaultParameters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request tokenclient.ClientCredentialsTokenRequest
		body    string
	}{
		"sent":                 {tokenclient.ClientCredentialsTokenRequest{}, "audience=default&scope=default"},
		"a field wins":         {tokenclient.ClientCredentialsTokenRequest{Scope: "own"}, "scope=own&audience=default"},
		"a parameter wins":     {tokenclient.ClientCredentialsTokenRequest{Parameters: url.Values{"audience": {"own", "two"}}}, "audience=own&audience=two&scope=default"},
		"an empty one as well": {tokenclient.ClientCredentialsTokenRequest{Parameters: url.Values{"audience": nil}}, "scope=default"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, func(c *tokenclient.Config) {
				c.Parameters = url.Values{"scope": {"default"}, "audience": {"default"}}
			})
			mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusOK, tokenBody))
			_, err := client.RequestClientCredentialsToken(t.Context(), test.request)
			require.NoError(t, err)
			assert.Equal(t, "grant_type=client_credentials&"+test.body, bodyOf(t, <-sent))
		})
	}
}
