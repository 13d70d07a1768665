// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func jwtBearer(r tokenclient.JWTBearerTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestJWTBearerToken(ctx, r)
	}
}

func saml2Bearer(r tokenclient.SAML2BearerTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestSAML2BearerToken(ctx, r)
	}
}

type mint func(context.Context, clientauth.Attempt) (string, error)

// assertionGrants are the two grants, which take the same.
var assertionGrants = map[string]struct {
	grantType string
	send      func(assertion string, mint mint, scope string, resource []string, parameters url.Values) send
}{
	"JWT": {tokenclient.GrantTypeJWTBearer, func(assertion string, mint mint, scope string, resource []string, parameters url.Values) send {
		return jwtBearer(tokenclient.JWTBearerTokenRequest{
			Assertion: assertion, AssertionFunc: mint, Scope: scope, Resource: resource, Parameters: parameters,
		})
	}},
	"SAML": {tokenclient.GrantTypeSAML2Bearer, func(assertion string, mint mint, scope string, resource []string, parameters url.Values) send {
		return saml2Bearer(tokenclient.SAML2BearerTokenRequest{
			Assertion: assertion, AssertionFunc: mint, Scope: scope, Resource: resource, Parameters: parameters,
		})
	}},
}

// always returns an assertion that never changes.
func always(assertion string) mint {
	return func(context.Context, clientauth.Attempt) (string, error) { return assertion, nil }
}

func TestAssertionRequest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", tokenclient.GrantTypeJWTBearer)
	assert.Equal(t, "urn:ietf:params:oauth:grant-type:saml2-bearer", tokenclient.GrantTypeSAML2Bearer)
	for grant, test := range assertionGrants {
		start := "grant_type=" + url.QueryEscape(test.grantType)
		for name, call := range map[string]struct {
			send send
			body string
		}{
			"given":         {test.send("a.b-_", nil, "", nil, nil), start + "&assertion=a.b-_"},
			"given, all":    {test.send("a+b", nil, "api1", []string{"urn:a", "urn:b"}, url.Values{"x": {"y"}}), start + "&assertion=a%2Bb&scope=api1&resource=urn%3Aa&resource=urn%3Ab&x=y"},
			"made":          {test.send("", always("a.b-_"), "", nil, nil), start + "&assertion=a.b-_"},
			"made, all":     {test.send("", always("a+b"), "api1", []string{"urn:a"}, url.Values{"x": {"y"}}), start + "&scope=api1&resource=urn%3Aa&x=y&assertion=a%2Bb"},
			"made, blanked": {test.send("  ", always("a"), " ", nil, nil), start + "&assertion=a"},
		} {
			t.Run(grant+"/"+name, func(t *testing.T) {
				t.Parallel()
				assertSends(t, call.send, tokenBody, call.body)
			})
		}
	}
}

func TestInvalidAssertionRequest(t *testing.T) {
	t.Parallel()
	for grant, test := range assertionGrants {
		for name, call := range map[string]struct {
			send      send
			parameter string
		}{
			"neither":              {test.send("", nil, "", nil, nil), "assertion"},
			"blank":                {test.send(" ", nil, "", nil, nil), "assertion"},
			"both":                 {test.send("a", always("b"), "", nil, nil), "assertion"},
			"besides a given one":  {test.send("a", nil, "", nil, url.Values{"assertion": {"b"}}), "assertion"},
			"besides a made one":   {test.send("", always("a"), "", nil, url.Values{"assertion": {"b"}}), "assertion"},
			"scope besides":        {test.send("a", nil, "", nil, url.Values{"scope": {"b"}}), "scope"},
			"a blank resource":     {test.send("a", nil, "", []string{""}, nil), "resource"},
			"made, but blank":      {test.send("", always("\n"), "", nil, nil), "assertion"},
			"made, but not UTF-8":  {test.send("", always("\xff"), "", nil, nil), "assertion"},
			"given, but not UTF-8": {test.send("\xff", nil, "", nil, nil), "assertion"},
		} {
			t.Run(grant+"/"+name, func(t *testing.T) {
				t.Parallel()
				assertRefuses(t, call.send, call.parameter)
			})
		}
	}
}

func TestAssertionIsMadeForEachAttempt(t *testing.T) {
	t.Parallel()
	for grant, test := range assertionGrants {
		t.Run(grant, func(t *testing.T) {
			t.Parallel()
			var attempts []clientauth.Attempt
			sent := make(chan *http.Request, 3)
			client, mock := newMockClient(t, func(c *tokenclient.Config) {
				c.Issuer = "https://as.example"
				c.Retry = tokenclient.Retry{MinWait: 1}
				c.Auth = clientauth.SecretPost("s")
				c.Parameters = url.Values{"assertion": {"of no use"}, "tenant": {"t"}}
			})
			mock.RegisterResponder(http.MethodPost, tokenURL, answer(sent, http.StatusServiceUnavailable, ""))
			_, err := test.send("", func(_ context.Context, attempt clientauth.Attempt) (string, error) {
				attempts = append(attempts, attempt)
				return "assertion-" + strconv.Itoa(attempt.Number), nil
			}, "api1", nil, nil)(t.Context(), client)
			assert.Equal(t, http.StatusServiceUnavailable, requireError(t, err).StatusCode)
			require.Len(t, attempts, 3)
			for i, attempt := range attempts {
				want := clientauth.Attempt{ClientID: "client", Issuer: "https://as.example", Endpoint: tokenURL, Number: i + 1}
				assert.Equal(t, want, attempt)
				assert.Equal(t, "grant_type="+url.QueryEscape(test.grantType)+"&scope=api1&tenant=t&assertion=assertion-"+
					strconv.Itoa(i+1)+"&client_id=client&client_secret=s", bodyOf(t, <-sent), "no assertion is sent twice")
			}
		})
	}
}

func TestAssertionCannotBeMade(t *testing.T) {
	t.Parallel()
	errVault := errors.New("the vault is sealed")
	client, mock := newMockClient(t)
	response, err := client.RequestJWTBearerToken(t.Context(), tokenclient.JWTBearerTokenRequest{
		AssertionFunc: func(context.Context, clientauth.Attempt) (string, error) { return "", errVault },
	})
	failed := requireError(t, err)
	assert.ErrorIs(t, err, errVault)
	assert.Equal(t, tokenclient.KindRequest, failed.Kind)
	assert.Equal(t, "assertion", failed.Parameter)
	assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
	assert.True(t, response.IsError())
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")

	client, _ = newMockClient(t, func(c *tokenclient.Config) {
		c.Auth = clientauth.SecretBasicFunc(func(context.Context) (string, error) { return "", errVault })
	})
	_, err = client.RequestJWTBearerToken(t.Context(), tokenclient.JWTBearerTokenRequest{AssertionFunc: always("a")})
	assert.Equal(t, "Config.Auth", requireError(t, err).Parameter, "it is client authentication that failed")
}

func TestAssertionCanBeMadeOnTheSecondAttempt(t *testing.T) {
	t.Parallel()
	client, server := newServerClient(t)
	server.HandleGrant(tokenclient.GrantTypeJWTBearer, func(r tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]any{"access_token": "for " + r.Form.Get("assertion")})
	})
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Fault: tokentest.ResetBeforeAnswer})
	response, err := client.RequestJWTBearerToken(t.Context(), tokenclient.JWTBearerTokenRequest{
		AssertionFunc: func(_ context.Context, attempt clientauth.Attempt) (string, error) {
			return strconv.Itoa(attempt.Number), nil
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "for 2", response.AccessToken)
	assert.Equal(t, 2, server.Count(tokentest.TokenPath))
}

func TestAssertionResponse(t *testing.T) {
	t.Parallel()
	for grant, test := range assertionGrants {
		t.Run(grant, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t)
			mock.RegisterResponder(http.MethodPost, tokenURL, answer(make(chan *http.Request, 1), http.StatusBadRequest,
				`{"error":"invalid_grant","error_description":"assertion hunter2 has expired"}`))
			_, err := test.send("", always("hunter2"), "", nil, nil)(t.Context(), client)
			assert.ErrorIs(t, err, tokenclient.ErrInvalidGrant)
			assert.Equal(t, "assertion [redacted] has expired", requireError(t, err).Description)
		})
	}
}
