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
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestNonce(t *testing.T) {
	t.Parallel()
	ok := nonceAnswer(200, boundBody, "")
	tests := map[string]struct {
		answers []tokentest.Answer
		nonces  []string // of the proofs
		code    tokenclient.ErrorCode
	}{
		"asked for":                   {[]tokentest.Answer{nonceAnswer(400, asksForNonce, "n1"), ok}, []string{"", "n1"}, ""},
		"asked for with 401":          {[]tokentest.Answer{nonceAnswer(401, asksForNonce, "n1"), ok}, []string{"", "n1"}, ""},
		"asked for twice":             {[]tokentest.Answer{nonceAnswer(400, asksForNonce, "n1"), nonceAnswer(400, asksForNonce, "n2")}, []string{"", "n1"}, tokenclient.ErrUseDPoPNonce},
		"asked for without one":       {[]tokentest.Answer{nonceAnswer(400, asksForNonce, "")}, []string{""}, tokenclient.ErrUseDPoPNonce},
		"a bad one":                   {[]tokentest.Answer{nonceAnswer(400, asksForNonce, "a\"b")}, []string{""}, tokenclient.ErrUseDPoPNonce},
		"a new one with another code": {[]tokentest.Answer{nonceAnswer(400, `{"error":"invalid_grant"}`, "n1")}, []string{""}, tokenclient.ErrInvalidGrant},
	}
	for name, test := range tests {
		for grant, send := range grants {
			t.Run(name+"/"+grant, func(t *testing.T) {
				t.Parallel()
				client, server, _ := newBoundClient(t, test.answers, func(c *tokenclient.Config) { c.Retry.MaxAttempts = 1 })
				_, err := send.send(t.Context(), client)
				var nonces []string
				for _, request := range server.TokenRequests() {
					nonces = append(nonces, claimsOf(t, request.Header).Get("nonce").String())
				}
				assert.Equal(t, test.nonces, nonces)
				if test.code == "" {
					require.NoError(t, err)
					return
				}
				failed := requireError(t, err)
				assert.Equal(t, test.code, failed.Code)
				if test.code == tokenclient.ErrUseDPoPNonce {
					assert.Equal(t, tokenclient.NotProcessed, failed.Outcome, "the credential was not looked at")
				}
			})
		}
	}
}

// TestNonceChallengeOfParallelCalls: the answer to one call makes the nonce known,
// and the others, on their way without it, have to notice.
func TestNonceChallengeOfParallelCalls(t *testing.T) {
	t.Parallel()
	const calls = 16
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	client, server := newServerClient(t, func(c *tokenclient.Config) { c.DPoP = prover })
	var arrived sync.WaitGroup
	arrived.Add(calls)
	server.Handle(tokentest.TokenPath, func(r tokentest.Request) tokentest.Answer {
		if claimsOf(t, r.Header).Get("nonce").String() == "n1" {
			return tokentest.Answer{Body: boundBody}
		}
		arrived.Done()
		arrived.Wait()
		return nonceAnswer(400, asksForNonce, "n1")
	})
	var done sync.WaitGroup
	for range calls {
		done.Go(func() {
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			assert.NoError(t, err)
		})
	}
	done.Wait()
	assert.Equal(t, 2*calls, server.Count(tokentest.TokenPath))
}

// duringBody calls a function when a body is read, which is after the header.
type duringBody struct {
	io.ReadCloser

	meanwhile func()
}

func (b duringBody) Read(p []byte) (int, error) {
	b.meanwhile()
	return b.ReadCloser.Read(p)
}

// TestNonceOfTheAnswer: the answer to another call, with another nonce, comes between
// the header of a challenge and the end of its body.
func TestNonceOfTheAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before, given, meanwhile string // the nonces
		sent                     []string
	}{
		"an old one comes late":        {"old", "new", "old", []string{"old", "new"}},
		"a newer one":                  {"old", "new", "newer", []string{"old", "new"}},
		"the first one":                {"", "new", "newer", []string{"", "new"}},
		"none with the challenge":      {"old", "", "newer", []string{"old", "newer"}},
		"none, and none":               {"old", "", "old", []string{"old"}},
		"the challenge has no new one": {"old", "old", "newer", []string{"old"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prover, err := dpop.NewProver(dpop.Config{})
			require.NoError(t, err)
			address, err := url.Parse(tokenURL)
			require.NoError(t, err)
			remember := func(nonce string) { prover.Remember(address, http.Header{"Dpop-Nonce": {nonce}}) }
			remember(test.before)
			client, mock := newMockClient(t, func(c *tokenclient.Config) { c.DPoP = prover })
			var sent []string
			mock.RegisterResponder(http.MethodPost, tokenURL, func(r *http.Request) (*http.Response, error) {
				sent = append(sent, claimsOf(t, r.Header).Get("nonce").String())
				if len(sent) > 1 {
					return httpmock.NewStringResponse(http.StatusOK, boundBody), nil
				}
				response := httpmock.NewStringResponse(http.StatusBadRequest, asksForNonce)
				response.Header.Set("Dpop-Nonce", test.given)
				response.Body = duringBody{response.Body, func() { remember(test.meanwhile) }}
				return response, nil
			})
			_, err = client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			assert.Equal(t, test.sent, sent)
			assert.Equal(t, len(test.sent) == 1, errors.Is(err, tokenclient.ErrUseDPoPNonce))
		})
	}
}

// TestNonceChallengeHasItsStatus: a gateway, or a server in trouble, that repeats the
// code of a challenge says nothing about what became of the credential.
func TestNonceChallengeHasItsStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]tokenclient.Outcome{
		200: tokenclient.NotProcessed, 403: tokenclient.NotProcessed, 429: tokenclient.NotProcessed,
		500: tokenclient.Unknown, 502: tokenclient.Unknown, 503: tokenclient.Unknown,
	} {
		for grant, send := range grants {
			if send.repeatable { // sent again because of the status
				continue
			}
			t.Run(strconv.Itoa(status)+"/"+grant, func(t *testing.T) {
				t.Parallel()
				client, server, _ := newBoundClient(t, []tokentest.Answer{nonceAnswer(status, asksForNonce, "n1"), {Body: boundBody}})
				_, err := send.send(t.Context(), client)
				failed := requireError(t, err)
				assert.Equal(t, tokenclient.ErrUseDPoPNonce, failed.Code)
				assert.Equal(t, want, failed.Outcome)
				assert.Equal(t, 1, server.Count(tokentest.TokenPath), "it is no challenge")
			})
		}
	}
}

// TestNonceChallengeInTheHeader has what APIs send: the challenge counts, whatever
// stands beside it.
func TestNonceChallengeInTheHeader(t *testing.T) {
	t.Parallel()
	const asks = `DPoP error="use_dpop_nonce"`
	tests := map[string]struct {
		challenges []string
		body       string
	}{
		"alone":                      {[]string{asks}, ""},
		"in any case":                {[]string{`dpop ERROR=use_dpop_nonce`}, ""},
		"after Bearer":               {[]string{`Bearer error="invalid_token", ` + asks}, ""},
		"after a header with Bearer": {[]string{`Bearer error="invalid_token"`, asks}, ""},
		"after another DPoP":         {[]string{`DPoP algs="ES256", DPoP error="invalid_token", ` + asks}, ""},
		"beside an error page":       {[]string{asks}, `{"status":401,"error":"Unauthorized","path":"/userinfo"}`},
		"beside an OAuth error":      {[]string{asks}, `{"error":"invalid_token","error_description":"no nonce"}`},
		"beside something garbled":   {[]string{`"`, asks}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal := nonceAnswer(http.StatusUnauthorized, test.body, "n1")
			refusal.Header["Www-Authenticate"] = test.challenges
			client, server := newBoundUserClient(t, refusal)
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "alice"})
			require.NoError(t, err)
			require.Len(t, server.Requests(), 2)
			assert.Equal(t, "n1", claimsOf(t, server.Requests()[1].Header).Get("nonce").String())
		})
	}
}

func TestNoNonceChallengeInTheHeader(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status    int
		challenge string
		body      string
		code      tokenclient.ErrorCode
	}{
		"another status": {http.StatusForbidden, `DPoP error="use_dpop_nonce"`, `{"error":"insufficient_scope"}`, tokenclient.ErrInsufficientScope},
		"another scheme": {http.StatusUnauthorized, `Bearer error="use_dpop_nonce"`, `{"error":"invalid_token"}`, tokenclient.ErrInvalidToken},
		"another code":   {http.StatusUnauthorized, `DPoP error="invalid_dpop_proof"`, `{"error":"invalid_token"}`, tokenclient.ErrInvalidToken},
		"in a realm":     {http.StatusUnauthorized, `DPoP realm="DPoP error=use_dpop_nonce", error=invalid_token`, "", tokenclient.ErrInvalidToken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusal := nonceAnswer(test.status, test.body, "n1")
			refusal.Header["Www-Authenticate"] = []string{test.challenge}
			client, server := newBoundUserClient(t, refusal)
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "alice"})
			assert.Equal(t, test.code, requireError(t, err).Code)
			assert.Len(t, server.Requests(), 1)
		})
	}
}

// newBoundUserClient returns a client of a UserInfo endpoint that refuses the first
// request.
func newBoundUserClient(t *testing.T, refusal tokentest.Answer) (*tokenclient.Client, *tokentest.Server) {
	t.Helper()
	client, server, _ := newBoundClient(t, []tokentest.Answer{{}}, func(c *tokenclient.Config) {
		c.Endpoints.UserInfo = strings.TrimSuffix(c.Endpoints.Token, tokentest.TokenPath) + "/userinfo"
	})
	server.Handle("/userinfo", func(tokentest.Request) tokentest.Answer {
		if server.Count("/userinfo") == 1 {
			return refusal
		}
		return tokentest.Answer{Body: `{"sub":"alice"}`}
	})
	return client, server
}

func TestNonceIsKept(t *testing.T) {
	t.Parallel()
	client, server, _ := newBoundClient(t, []tokentest.Answer{
		nonceAnswer(200, boundBody, "n1"), nonceAnswer(200, boundBody, ""), nonceAnswer(503, "", "n2"), nonceAnswer(200, boundBody, ""),
	})
	for range 3 {
		_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.NoError(t, err)
	}
	var nonces []string
	for _, request := range server.TokenRequests() {
		nonces = append(nonces, claimsOf(t, request.Header).Get("nonce").String())
	}
	assert.Equal(t, []string{"", "n1", "n1", "n2"}, nonces, "from any answer, until another one comes")
}

// TestNonceIsTakenFromEveryAnswer, also from one to a request that has no proof.
func TestNonceIsTakenFromEveryAnswer(t *testing.T) {
	t.Parallel()
	client, server, prover := newBoundClient(t, []tokentest.Answer{{Body: boundBody}}, func(c *tokenclient.Config) {
		base := strings.TrimSuffix(c.Endpoints.Token, tokentest.TokenPath)
		c.Endpoints.Introspection, c.Endpoints.Revocation, c.Endpoints.UserInfo = base+"/introspect", base+"/revoke", base+"/userinfo"
	})
	address, err := url.Parse(server.URL())
	require.NoError(t, err)
	for path, ask := range map[string]func() error{
		"/introspect": func() error {
			_, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
			return err
		},
		"/revoke": func() error {
			_, err := client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: "t"})
			return err
		},
		"/userinfo": func() error {
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", TokenType: "Bearer", Subject: "alice"})
			return err
		},
	} {
		server.Handle(path, func(r tokentest.Request) tokentest.Answer {
			assert.Empty(t, r.Header.Values("DPoP"))
			return nonceAnswer(http.StatusOK, `{"active":false,"sub":"alice"}`, "of:"+path)
		})
		require.NoError(t, ask())
		assert.Equal(t, "of:"+path, prover.Nonce(address))
	}
	plain, server := newServerClient(t)
	server.Enqueue(tokentest.TokenPath, nonceAnswer(http.StatusOK, tokenBody, "n1"))
	_, err = plain.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err, "without a prover nobody needs it")
}

func TestNonceChallengeHasAFreshAssertion(t *testing.T) {
	t.Parallel()
	client, server, _ := newBoundClient(t, []tokentest.Answer{nonceAnswer(400, asksForNonce, "n1"), {Body: boundBody}}, func(c *tokenclient.Config) {
		c.Auth = clientauth.Assertion(func(_ context.Context, attempt clientauth.Attempt) (string, error) {
			return "assertion-" + strconv.Itoa(attempt.Number), nil
		})
	})
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	require.NoError(t, err)
	sent := server.TokenRequests()
	require.Len(t, sent, 2)
	assert.Equal(t, "assertion-1", sent[0].Form.Get("client_assertion"))
	assert.Equal(t, "assertion-2", sent[1].Form.Get("client_assertion"))
	assert.NotEqual(t, claimsOf(t, sent[0].Header).Get("jti").String(), claimsOf(t, sent[1].Header).Get("jti").String())
}
