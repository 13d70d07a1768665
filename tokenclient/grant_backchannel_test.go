// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func backchannelToken(r tokenclient.BackchannelAuthenticationTokenRequest) send {
	return func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return c.RequestBackchannelAuthenticationToken(ctx, r)
	}
}

func TestBackchannelAuthenticationTokenRequest(t *testing.T) {
	t.Parallel()
	const start = "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=id"
	assertSends(t, backchannelToken(tokenclient.BackchannelAuthenticationTokenRequest{AuthenticationRequestID: "id"}), tokenBody, start)
	assertSends(t, backchannelToken(tokenclient.BackchannelAuthenticationTokenRequest{
		AuthenticationRequestID: "id", Resource: []string{"urn:a", "urn:b"}, Parameters: url.Values{"x": {"y"}},
		Interval: time.Hour, Expiry: time.Now(), Pending: func(tokenclient.PendingPoll) {},
	}), tokenBody, start+"&resource=urn%3Aa&resource=urn%3Ab&x=y")
}

func TestInvalidBackchannelAuthenticationTokenRequest(t *testing.T) {
	t.Parallel()
	type request = tokenclient.BackchannelAuthenticationTokenRequest
	for name, test := range map[string]struct {
		request   request
		parameter string
	}{
		"no id":            {request{}, "auth_req_id"},
		"a blank id":       {request{AuthenticationRequestID: " "}, "auth_req_id"},
		"not UTF-8":        {request{AuthenticationRequestID: "\xff"}, "auth_req_id"},
		"the id besides":   {request{AuthenticationRequestID: "id", Parameters: url.Values{"auth_req_id": {"other"}}}, "auth_req_id"},
		"a secret besides": {request{AuthenticationRequestID: "id", Parameters: url.Values{"client_secret": {"s"}}}, "client_secret"},
		"a blank resource": {request{AuthenticationRequestID: "id", Resource: []string{" "}}, "resource"},
	} {
		for operation, send := range map[string]send{
			"once": backchannelToken(test.request),
			"polled": func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
				return c.PollBackchannelAuthenticationToken(ctx, test.request)
			},
		} {
			t.Run(operation+"/"+name, func(t *testing.T) {
				t.Parallel()
				assertRefuses(t, send, test.parameter)
			})
		}
	}
}

func TestPollBackchannelAuthenticationToken(t *testing.T) {
	t.Parallel()
	refusal := func(code string) oneReply {
		return oneReply{status: http.StatusBadRequest, body: `{"error":"` + code + `"}`}
	}
	var (
		done    = oneReply{status: http.StatusOK, body: tokenBody}
		wait    = refusal("authorization_pending")
		slower  = refusal("slow_down")
		dropped = oneReply{err: io.ErrUnexpectedEOF}
		busy    = oneReply{status: http.StatusServiceUnavailable}
	)
	for name, test := range map[string]struct {
		interval time.Duration
		lifetime time.Duration // 0 = not known
		replies  []oneReply
		sent     []time.Duration
		code     tokenclient.ErrorCode // empty = a token
		kind     tokenclient.ErrorKind
	}{
		"approved at once":     {0, 0, []oneReply{done}, seconds(5), "", 0},
		"the server's pace":    {2 * time.Second, 0, []oneReply{wait, slower, wait, done}, seconds(2, 4, 11, 18), "", 0},
		"faults":               {5 * time.Second, 0, []oneReply{dropped, busy, wait, done}, seconds(5, 15, 35, 40), "", 0},
		"denied":               {0, 0, []oneReply{wait, refusal("access_denied")}, seconds(5, 10), tokenclient.ErrAccessDenied, tokenclient.KindProtocol},
		"expired, it says":     {0, 0, []oneReply{refusal("expired_token")}, seconds(5), tokenclient.ErrExpiredToken, tokenclient.KindProtocol},
		"a failed transaction": {0, 0, []oneReply{refusal("transaction_failed")}, seconds(5), tokenclient.ErrTransactionFailed, tokenclient.KindProtocol},
		"an unknown error":     {0, 0, []oneReply{refusal("other")}, seconds(5), "other", tokenclient.KindProtocol},
		"expired by the clock": {0, 12 * time.Second, []oneReply{wait}, seconds(5, 10), tokenclient.ErrExpiredToken, tokenclient.KindPolicy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				request := tokenclient.BackchannelAuthenticationTokenRequest{AuthenticationRequestID: "id", Interval: test.interval}
				if test.lifetime > 0 {
					request.Expiry = time.Now().Add(test.lifetime)
				}
				told := 0
				request.Pending = func(tokenclient.PendingPoll) { told++ }
				sent, response, err := pollsWith(t, func(client *tokenclient.Client) (*tokenclient.TokenResponse, error) {
					return client.PollBackchannelAuthenticationToken(t.Context(), request)
				}, test.replies...)
				assert.Equal(t, test.sent, sent)
				if test.kind == 0 {
					require.NoError(t, err)
					assert.Equal(t, "token", response.AccessToken)
					assert.Equal(t, len(test.replies)-1, told)
					return
				}
				failed := requireError(t, err)
				assert.Equal(t, test.kind, failed.Kind)
				assert.Equal(t, test.code, failed.Code)
				assert.True(t, response.IsError())
			})
		})
	}
}

func TestPollBackchannelRefusesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		assertRefuses(t, func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
			return c.PollBackchannelAuthenticationToken(ctx, tokenclient.BackchannelAuthenticationTokenRequest{})
		}, "auth_req_id")
		assert.Zero(t, time.Since(start), "a mistake is reported before the first wait")
	})
}

func TestBackchannelMayBeHeld(t *testing.T) {
	t.Parallel()
	request := tokenclient.BackchannelAuthenticationTokenRequest{AuthenticationRequestID: "id"}
	for name, send := range map[string]send{
		"polled": func(ctx context.Context, c *tokenclient.Client) (*tokenclient.TokenResponse, error) {
			return c.PollBackchannelAuthenticationToken(ctx, request)
		},
		"once": backchannelToken(request),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // CIBA Core section 7.3: for at least 30 s
				client, mock := newMockClient(t)
				mock.RegisterResponder(http.MethodPost, tokenURL, held(40*time.Second))
				response, err := send(t.Context(), client)
				require.NoError(t, err)
				assert.Equal(t, "token", response.AccessToken)
			})
		})
	}
}
