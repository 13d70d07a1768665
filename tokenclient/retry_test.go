// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// newServerClient returns a client of a server on a real socket, with short
// pauses.
func newServerClient(t *testing.T, config ...func(*tokenclient.Config)) (*tokenclient.Client, *tokentest.Server) {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	c := tokenclient.Config{
		Endpoints: tokenclient.Endpoints{
			Token: server.TokenURL(), Authorization: server.AuthorizationURL(), DeviceAuthorization: server.DeviceAuthorizationURL(),
		},
		ClientID: "client",
		Auth:     clientauth.SecretBasic("secret"),
		Retry:    tokenclient.Retry{MinWait: time.Nanosecond},
	}
	for _, change := range config {
		change(&c)
	}
	client, err := tokenclient.New(c)
	require.NoError(t, err)
	return client, server
}

// Every grant, as it is sent, and whether it can be sent again.
var grants = map[string]struct {
	send       send
	repeatable bool
}{
	"client_credentials": {clientCredentials(tokenclient.ClientCredentialsTokenRequest{}), true},
	"password":           {password(tokenclient.PasswordTokenRequest{UserName: "alice", Password: "wonderland"}), false},
	"authorization_code": {authorizationCode(tokenclient.AuthorizationCodeTokenRequest{Code: "c", RedirectURI: "https://app"}), false},
	"refresh_token":      {refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: "r"}), false},
	"device_code":        {deviceToken(tokenclient.DeviceTokenRequest{DeviceCode: "d"}), false},
	"token exchange":     {tokenExchange(leastExchange()), true},
	"JWT, given":         {jwtBearer(tokenclient.JWTBearerTokenRequest{Assertion: "a"}), false},
	"JWT, made":          {jwtBearer(tokenclient.JWTBearerTokenRequest{AssertionFunc: always("a")}), true},
	"SAML, given":        {saml2Bearer(tokenclient.SAML2BearerTokenRequest{Assertion: "a"}), false},
	"SAML, made":         {saml2Bearer(tokenclient.SAML2BearerTokenRequest{AssertionFunc: always("a")}), true},
	"backchannel":        {backchannelToken(tokenclient.BackchannelAuthenticationTokenRequest{AuthenticationRequestID: "i"}), false},
	"custom":             {anyToken(tokenclient.TokenRequest{GrantType: "custom"}), false},
	"custom, repeatable": {anyToken(tokenclient.TokenRequest{GrantType: "custom", Repeatable: true}), true},
	"raw client_credentials": {
		anyToken(tokenclient.TokenRequest{GrantType: tokenclient.GrantTypeClientCredentials}), true,
	},
	"raw token exchange": {anyToken(tokenclient.TokenRequest{GrantType: tokenclient.GrantTypeTokenExchange}), true},
	"raw JWT":            {anyToken(tokenclient.TokenRequest{GrantType: tokenclient.GrantTypeJWTBearer}), false},
}

func TestRetryByGrant(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		answer  tokentest.Answer
		again   bool // for a request that can be repeated
		outcome tokenclient.Outcome
		kind    tokenclient.ErrorKind
	}{
		"408":                 {tokentest.Answer{Status: 408}, true, tokenclient.NotProcessed, tokenclient.KindHTTP},
		"429":                 {tokentest.Answer{Status: 429}, true, tokenclient.NotProcessed, tokenclient.KindHTTP},
		"500":                 {tokentest.Answer{Status: 500}, false, tokenclient.Unknown, tokenclient.KindHTTP},
		"502":                 {tokentest.Answer{Status: 502}, true, tokenclient.Unknown, tokenclient.KindHTTP},
		"503":                 {tokentest.Answer{Status: 503}, true, tokenclient.Unknown, tokenclient.KindHTTP},
		"503, long wait":      {tokentest.Answer{Status: 503, RetryAfter: "3600"}, false, tokenclient.NotProcessed, tokenclient.KindHTTP},
		"504":                 {tokentest.Answer{Status: 504}, true, tokenclient.Unknown, tokenclient.KindHTTP},
		"400":                 {tokentest.OAuthError(400, "invalid_grant", ""), false, tokenclient.Final, tokenclient.KindProtocol},
		"reset":               {tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, true, tokenclient.Unknown, tokenclient.KindTransport},
		"closed":              {tokentest.Answer{Fault: tokentest.CloseBeforeAnswer}, true, tokenclient.Unknown, tokenclient.KindTransport},
		"cut off":             {tokentest.Answer{Body: tokenBody, Fault: tokentest.TruncateBody}, true, tokenclient.Unknown, tokenclient.KindTransport},
		"a redirect":          {tokentest.Redirect(307, "https://evil.example/?x=y"), false, tokenclient.Final, tokenclient.KindPolicy},
		"a body without JSON": {tokentest.Answer{Body: "<html>"}, false, tokenclient.Final, tokenclient.KindMalformed},
	}
	for grant, test := range grants {
		for name, fault := range faults {
			t.Run(grant+"/"+name, func(t *testing.T) {
				t.Parallel()
				client, server := newServerClient(t)
				server.Enqueue(tokentest.TokenPath, fault.answer, fault.answer, fault.answer, fault.answer)
				response, err := test.send(t.Context(), client)
				failed := requireError(t, err)
				want := 1
				if test.repeatable && fault.again {
					want = 3
				}
				assert.Equal(t, want, server.Count(tokentest.TokenPath), "requests that reached the server")
				assert.Equal(t, fault.outcome, failed.Outcome)
				assert.Equal(t, fault.kind, failed.Kind)
				assert.True(t, response.IsError())
			})
		}
	}
}

func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	client, server := newServerClient(t)
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Status: 503, RetryAfter: "0"}, tokentest.Answer{Fault: tokentest.ResetBeforeAnswer})
	response, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	assert.NotEmpty(t, response.AccessToken)
	assert.Equal(t, 3, server.Count(tokentest.TokenPath))
}

func TestNothingSentIsSentAgain(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close()) // whoever connects now is refused
	for grant, test := range grants {
		t.Run(grant, func(t *testing.T) {
			t.Parallel()
			dials := 0
			client, _ := newServerClient(t, func(c *tokenclient.Config) {
				c.HTTPClient = &http.Client{Transport: &http.Transport{
					DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
						dials++
						return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
					},
				}}
			})
			_, err := test.send(t.Context(), client)
			failed := requireError(t, err)
			if grant == "device_code" || grant == "backchannel" { // the polling is what repeats it
				assert.Equal(t, 1, dials)
			} else {
				assert.Equal(t, 3, dials, "a refused connection has cost nothing")
			}
			assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
			assert.Equal(t, tokenclient.KindTransport, failed.Kind)
			assert.Contains(t, err.Error(), "connection refused")
		})
	}
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]int{0: 3, 1: 1, 2: 2, 5: 5} {
		client, server := newServerClient(t, func(c *tokenclient.Config) { c.Retry.MaxAttempts = attempts })
		server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer { return tokentest.Answer{Status: 503} })
		_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.Error(t, err)
		assert.Equal(t, want, server.Count(tokentest.TokenPath))
	}
}

func TestDeviceAuthorizationIsRepeatable(t *testing.T) {
	t.Parallel()
	client, server := newServerClient(t)
	server.Enqueue(tokentest.DeviceAuthorizationPath, tokentest.Answer{Fault: tokentest.ResetBeforeAnswer})
	response, err := client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
	require.NoError(t, err)
	assert.NotEmpty(t, response.UserCode)
	assert.Equal(t, 2, server.Count(tokentest.DeviceAuthorizationPath))
}

func TestCallersContext(t *testing.T) {
	t.Parallel()
	client, server := newServerClient(t)
	arrived := make(chan struct{}, 1)
	server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer {
		arrived <- struct{}{}
		return tokentest.Answer{Delay: time.Hour}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	failed := requireError(t, err)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, tokenclient.KindTransport, failed.Kind)
	assert.Equal(t, tokenclient.Unknown, failed.Outcome, "the server has the token")
	assert.False(t, failed.Timeout())

	_, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	failed = requireError(t, err)
	assert.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, tokenclient.NotProcessed, failed.Outcome, "nothing was sent")
	assert.Equal(t, 1, server.Count(tokentest.TokenPath))
}

func TestAttemptTimeoutIsNotTheCallers(t *testing.T) {
	t.Parallel()
	client, server := newServerClient(t, func(c *tokenclient.Config) { c.Retry.AttemptTimeout = 50 * time.Millisecond })
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Delay: time.Hour})
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	failed := requireError(t, err)
	assert.NotErrorIs(t, err, context.DeadlineExceeded, "the caller's context has not ended")
	assert.True(t, failed.Timeout())
	assert.Equal(t, tokenclient.Unknown, failed.Outcome)

	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.True(t, requireError(t, err).Timeout())
}
