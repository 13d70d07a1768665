// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"errors"
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

func TestPollEndsWithTheCode(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		interval time.Duration
		lifetime time.Duration
		reply    oneReply
		polls    int
	}{
		"while the user thinks": {5 * time.Second, 22 * time.Second, oneReply{status: 400, body: pending}, 4},
		"while the net is down": {5 * time.Second, 22 * time.Second, oneReply{err: io.EOF}, 2},
		"with a huge interval":  {1 << 62, time.Minute, oneReply{status: 400, body: pending}, 0},
		"when it has expired":   {5 * time.Second, -time.Second, oneReply{status: 400, body: pending}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				request := tokenclient.DeviceTokenRequest{Interval: test.interval, Expiry: start.Add(test.lifetime)}
				sent, response, err := polls(t, t.Context(), request, test.reply)
				assert.Len(t, sent, test.polls)
				assert.ErrorIs(t, err, tokenclient.ErrExpiredToken)
				assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind)
				assert.True(t, response.IsError())
				assert.Equal(t, max(0, test.lifetime), time.Since(start), "it ends exactly with the code")
			})
		})
	}
}

func TestPollEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		time.AfterFunc(12*time.Second, cancel)
		sent, response, err := polls(t, ctx, tokenclient.DeviceTokenRequest{}, oneReply{status: 400, body: pending})
		assert.Equal(t, seconds(5, 10), sent)
		assert.ErrorIs(t, err, context.Canceled)
		assert.True(t, response.IsError())
		assert.Equal(t, 12*time.Second, time.Since(start))
	})
}

// TestPollTellsWhatItKnows: that the user has not decided only when the server has
// said so last.
func TestPollTellsWhatItKnows(t *testing.T) {
	t.Parallel()
	var (
		waiting = oneReply{status: 400, body: pending}
		down    = oneReply{err: io.ErrUnexpectedEOF}
		busy    = oneReply{status: 503, body: `{"error":"temporarily_unavailable"}`}
	)
	for name, test := range map[string]struct {
		replies []oneReply
		text    string
		cause   error // nil = none
	}{
		"the user thinks":         {[]oneReply{waiting}, "the user has not decided in time", nil},
		"no answer at all":        {[]oneReply{down}, "no answer came before the code expired", io.ErrUnexpectedEOF},
		"no answer any more":      {[]oneReply{waiting, down}, "no answer came before the code expired", io.ErrUnexpectedEOF},
		"a server in trouble":     {[]oneReply{busy}, "temporarily_unavailable (status 503)", tokenclient.ErrTemporarilyUnavailable},
		"there again, in the end": {[]oneReply{down, waiting}, "the user has not decided in time", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				request := tokenclient.DeviceTokenRequest{Expiry: time.Now().Add(time.Minute)}
				_, _, err := polls(t, t.Context(), request, test.replies...)
				failed := requireError(t, err)
				assert.ErrorContains(t, err, test.text)
				assert.ErrorIs(t, err, tokenclient.ErrExpiredToken)
				assert.Equal(t, tokenclient.Final, failed.Outcome, "the code is of no use any more")
				if test.cause == nil {
					assert.NoError(t, errors.Unwrap(err))
					return
				}
				assert.NotContains(t, err.Error(), "decided")
				assert.ErrorIs(t, err, test.cause)
				var last *tokenclient.Error
				assert.ErrorAs(t, errors.Unwrap(err), &last, "with all that is known of the last poll")
			})
		})
	}
}

// TestPollHasLimitedPatience: when a server asks for more, the caller hears it at
// once, instead of after an hour.
func TestPollHasLimitedPatience(t *testing.T) {
	t.Parallel()
	later := func(status int, body, seconds string) oneReply {
		return oneReply{status: status, body: body, header: http.Header{"Retry-After": {seconds}}}
	}
	done := oneReply{status: http.StatusOK, body: tokenBody}
	for name, test := range map[string]struct {
		interval, lifetime time.Duration // 0 = by default, without end
		replies            []oneReply
		sent               []time.Duration
		code               tokenclient.ErrorCode // of the error, if one is expected
		status             int                   // of the error; 0 = a token
	}{
		"as much as is allowed":       {0, 0, []oneReply{later(429, "", "35"), done}, seconds(5, 40), "", 0},
		"a second more":               {0, 0, []oneReply{later(503, "", "36")}, seconds(5), "", 503},
		"an hour":                     {0, time.Minute, []oneReply{later(429, "", "3600")}, seconds(5), "", 429},
		"for ever":                    {0, 0, []oneReply{later(503, "", "99999999999999999999")}, seconds(5), "", 503},
		"with a code":                 {0, 0, []oneReply{later(503, `{"error":"server_error"}`, "36")}, seconds(5), "server_error", 503},
		"while the user thinks":       {0, 0, []oneReply{later(400, pending, "36")}, seconds(5), "authorization_pending", 400},
		"slow down, within limits":    {0, 0, []oneReply{later(400, slowDown, "20"), {status: 400, body: pending}, done}, seconds(5, 25, 35), "", 0},
		"slow down, beyond them":      {0, 0, []oneReply{later(429, slowDown, "41")}, seconds(5), "slow_down", 429},
		"no more than the interval":   {time.Minute, 0, []oneReply{later(400, pending, "60"), done}, seconds(60, 120), "", 0},
		"what the interval is":        {time.Minute, 0, []oneReply{later(400, pending, "61"), {status: 400, body: pending}, done}, seconds(60, 121, 181), "", 0},
		"no more than after a fault":  {20 * time.Second, 0, []oneReply{later(503, "", "40"), done}, seconds(20, 60), "", 0},
		"beyond the expiry":           {0, 20 * time.Second, []oneReply{later(429, "", "15")}, seconds(5), "", 429},
		"beyond the expiry, pending":  {0, 20 * time.Second, []oneReply{later(400, pending, "16")}, seconds(5), "authorization_pending", 400},
		"just before the expiry":      {0, 20 * time.Second, []oneReply{later(429, "", "14"), done}, seconds(5, 19), "", 0},
		"the interval is beyond, too": {0, 9 * time.Second, []oneReply{later(400, pending, "5")}, seconds(5), "expired_token", -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				request := tokenclient.DeviceTokenRequest{Interval: test.interval}
				if test.lifetime > 0 {
					request.Expiry = start.Add(test.lifetime)
				}
				sent, response, err := polls(t, t.Context(), request, test.replies...)
				assert.Equal(t, test.sent, sent)
				if test.status == 0 {
					require.NoError(t, err)
					return
				}
				failed := requireError(t, err)
				assert.Equal(t, test.code, failed.Code)
				if test.status > 0 {
					assert.Equal(t, test.status, failed.StatusCode)
					assert.Equal(t, test.status, response.StatusCode)
					assert.Equal(t, sent[len(sent)-1], time.Since(start), "at once")
					assert.Positive(t, failed.RetryAfter)
					assert.Contains(t, err.Error(), "the server asks to wait")
				}
			})
		})
	}
}

func TestPollPatienceIsASetting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, mock := newMockClient(t, func(c *tokenclient.Config) { c.Retry.MaxRetryAfter = time.Hour })
		mock.RegisterResponder(http.MethodPost, tokenURL, func(*http.Request) (*http.Response, error) {
			if mock.GetTotalCallCount() > 1 {
				return httpmock.NewStringResponse(http.StatusOK, tokenBody), nil
			}
			response := httpmock.NewStringResponse(http.StatusTooManyRequests, "")
			response.Header.Set("Retry-After", "3600")
			return response, nil
		})
		start := time.Now()
		_, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{DeviceCode: "d"})
		require.NoError(t, err)
		assert.Equal(t, time.Hour+5*time.Second, time.Since(start))
	})
}
