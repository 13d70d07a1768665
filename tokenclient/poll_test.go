// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	pending  = `{"error":"authorization_pending"}`
	slowDown = `{"error":"slow_down"}`
)

// oneReply is what one poll meets: an answer, or an error of the transport.
type oneReply struct {
	status int
	body   string
	header http.Header
	err    error
}

// polls runs PollDeviceToken against replies, the last of which repeats, in fake
// time. It returns when each poll was sent, counted from the start.
func polls(t *testing.T, ctx context.Context, request tokenclient.DeviceTokenRequest, replies ...oneReply) ([]time.Duration, *tokenclient.TokenResponse, error) { //nolint:revive // t first, as in all helpers
	t.Helper()
	request.DeviceCode = "device-code"
	return pollsWith(t, func(client *tokenclient.Client) (*tokenclient.TokenResponse, error) {
		return client.PollDeviceToken(ctx, request)
	}, replies...)
}

// pollsWith is the same for any method that polls.
func pollsWith(t *testing.T, poll func(*tokenclient.Client) (*tokenclient.TokenResponse, error), replies ...oneReply) ([]time.Duration, *tokenclient.TokenResponse, error) {
	t.Helper()
	start := time.Now()
	var sent []time.Duration
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodPost, tokenURL, func(*http.Request) (*http.Response, error) {
		reply := replies[min(len(sent), len(replies)-1)]
		sent = append(sent, time.Since(start))
		if reply.err != nil {
			return nil, reply.err
		}
		response := httpmock.NewStringResponse(reply.status, reply.body)
		response.Header = reply.header.Clone()
		return response, nil
	})
	response, err := poll(client)
	return sent, response, err
}

func seconds(values ...int) []time.Duration {
	durations := make([]time.Duration, len(values))
	for i, value := range values {
		durations[i] = time.Duration(value) * time.Second
	}
	return durations
}

func TestPollDeviceToken(t *testing.T) {
	t.Parallel()
	var (
		done    = oneReply{status: http.StatusOK, body: tokenBody}
		wait    = oneReply{status: http.StatusBadRequest, body: pending}
		slower  = oneReply{status: http.StatusBadRequest, body: slowDown}
		dropped = oneReply{err: io.ErrUnexpectedEOF}
	)
	answer := func(status int, body string) oneReply { return oneReply{status: status, body: body} }
	tests := map[string]struct {
		interval time.Duration
		replies  []oneReply
		sent     []time.Duration
		code     tokenclient.ErrorCode // empty = a token
		kind     tokenclient.ErrorKind
	}{
		"approved at once":       {0, []oneReply{done}, seconds(5), "", 0},
		"the server's interval":  {2 * time.Second, []oneReply{wait, wait, done}, seconds(2, 4, 6), "", 0},
		"a negative interval":    {-time.Second, []oneReply{wait, done}, seconds(5, 10), "", 0},
		"slow down, for good":    {5 * time.Second, []oneReply{slower, wait, slower, done}, seconds(5, 15, 25, 40), "", 0},
		"denied":                 {0, []oneReply{wait, answer(400, `{"error":"access_denied"}`)}, seconds(5, 10), tokenclient.ErrAccessDenied, tokenclient.KindProtocol},
		"denied with 403":        {0, []oneReply{answer(403, `{"error":"access_denied"}`)}, seconds(5), tokenclient.ErrAccessDenied, tokenclient.KindProtocol},
		"expired at the server":  {0, []oneReply{answer(400, `{"error":"expired_token"}`)}, seconds(5), tokenclient.ErrExpiredToken, tokenclient.KindProtocol},
		"invalid grant":          {0, []oneReply{answer(400, `{"error":"invalid_grant"}`)}, seconds(5), tokenclient.ErrInvalidGrant, tokenclient.KindProtocol},
		"an unknown code":        {0, []oneReply{answer(400, `{"error":"other"}`)}, seconds(5), "other", tokenclient.KindProtocol},
		"a dropped connection":   {5 * time.Second, []oneReply{dropped, dropped, wait, done}, seconds(5, 15, 35, 40), "", 0},
		"a busy server":          {5 * time.Second, []oneReply{answer(503, ""), answer(429, ""), answer(408, ""), done}, seconds(5, 15, 35, 75), "", 0},
		"faults up to a minute":  {50 * time.Second, []oneReply{answer(502, ""), answer(502, ""), done}, seconds(50, 110, 170), "", 0},
		"faults, long interval":  {70 * time.Second, []oneReply{answer(502, ""), answer(502, ""), done}, seconds(70, 140, 210), "", 0},
		"Retry-After is obeyed":  {5 * time.Second, []oneReply{{status: 503, header: http.Header{"Retry-After": {"30"}}}, done}, seconds(5, 35), "", 0},
		"pending, Retry-After":   {5 * time.Second, []oneReply{{status: 400, body: pending, header: http.Header{"Retry-After": {"30"}}}, done}, seconds(5, 35), "", 0},
		"a body that is no JSON": {0, []oneReply{answer(200, "<html>")}, seconds(5), "", tokenclient.KindMalformed},
		"404":                    {0, []oneReply{answer(404, "")}, seconds(5), "", tokenclient.KindHTTP},
		"a redirect":             {0, []oneReply{{status: 302, header: http.Header{"Location": {"https://evil.example"}}}}, seconds(5), "", tokenclient.KindPolicy},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent, response, err := polls(t, t.Context(), tokenclient.DeviceTokenRequest{Interval: test.interval}, test.replies...)
				assert.Equal(t, test.sent, sent)
				if test.kind == 0 {
					require.NoError(t, err)
					assert.Equal(t, "token", response.AccessToken)
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

// TestPollGoesOnPastATroubledServer, whatever its answer says; but a code that
// decides the matter counts at any status.
func TestPollGoesOnPastATroubledServer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
		for code, ends := range map[tokenclient.ErrorCode]bool{
			"": false, "temporarily_unavailable": false, "server_error": false, "Service Unavailable": false, "use_dpop_nonce": false,
			"access_denied": true, "expired_token": true, "invalid_grant": true, "invalid_client": true, "unauthorized_client": true,
			"unsupported_grant_type": true, "invalid_request": true, "invalid_scope": true, "transaction_failed": true,
		} {
			t.Run(fmt.Sprint(status, " ", code), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var told []tokenclient.PendingPoll
					request := tokenclient.DeviceTokenRequest{Pending: func(p tokenclient.PendingPoll) { told = append(told, p) }}
					trouble := oneReply{status: status, body: fmt.Sprintf(`{"status":%d,"error":%q}`, status, code)}
					if status == 503 {
						trouble.header = http.Header{"Retry-After": {"20"}}
					}
					sent, _, err := polls(t, t.Context(), request, trouble, oneReply{status: 200, body: tokenBody})
					if ends {
						assert.Equal(t, code, requireError(t, err).Code)
						assert.Equal(t, seconds(5), sent)
						return
					}
					require.NoError(t, err)
					assert.Equal(t, map[bool][]time.Duration{true: seconds(5, 25), false: seconds(5, 15)}[status == 503], sent)
					require.Len(t, told, 1)
					assert.Equal(t, code, requireError(t, told[0].Err).Code, "it says what went wrong")
				})
			})
		}
	}
}

func TestPollTellsHowItGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []tokenclient.PendingPoll
		expiry := time.Now().Add(time.Minute)
		request := tokenclient.DeviceTokenRequest{
			Expiry: expiry, Pending: func(p tokenclient.PendingPoll) { told = append(told, p) },
		}
		errReset := errors.New("reset")
		_, _, err := polls(t, t.Context(), request, oneReply{status: 400, body: pending}, oneReply{err: errReset},
			oneReply{status: 400, body: slowDown}, oneReply{status: 200, body: tokenBody})
		require.NoError(t, err)
		require.Len(t, told, 3)
		assert.Equal(t, tokenclient.PendingPoll{Wait: 5 * time.Second, Expiry: expiry}, told[0])
		assert.Equal(t, 10*time.Second, told[1].Wait)
		assert.ErrorIs(t, told[1].Err, errReset)
		assert.Equal(t, tokenclient.PendingPoll{Wait: 10 * time.Second, Expiry: expiry}, told[2])
	})
}

func TestPollRefusesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		client, mock := newMockClient(t)
		_, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{})
		assert.Equal(t, "device_code", requireError(t, err).Parameter)
		assert.Zero(t, time.Since(start), "a mistake is reported before the first wait")
		assert.Zero(t, mock.GetTotalCallCount())
	})
}

// held returns a responder that keeps a poll for some time.
func held(duration time.Duration) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(duration):
			return httpmock.NewStringResponse(http.StatusOK, tokenBody), nil
		}
	}
}

func TestPollMayBeHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // servers may hold a poll for 30 s
		client, mock := newMockClient(t)
		mock.RegisterResponder(http.MethodPost, tokenURL, held(40*time.Second))
		response, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{DeviceCode: "d"})
		require.NoError(t, err)
		assert.Equal(t, "token", response.AccessToken)
	})
}
