// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

func TestCancelledBefore(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusOK, token))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	call := newCall(s.url, httpcall.Repeatable)
	call.Prepare = func(context.Context, int) (http.Header, []byte, error) {
		t.Error("prepared")
		return http.Header{}, nil, nil
	}
	_, err := httpcall.New(client(t)).Do(ctx, call)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, httpcall.Ended, failure(t, err).Reason)
	assert.True(t, failure(t, err).NotSent)
	assert.Zero(t, s.connections())
}

// TestCancelledMeanwhile has a server that would keep the caller waiting for
// longer than a test may take.
func TestCancelledMeanwhile(t *testing.T) {
	t.Parallel()
	tests := map[string]act{
		"before the header": hang(""),
		"in the header":     hang("HTTP/1.1 200 OK\r\nX-A: b\r\n"),
		"in the body":       hang("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + token),
		"in a chunked body": hang("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
	}
	for name, act := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
				s := serve(t, act)
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					<-s.came
					cancel()
				}()
				call := newCall(s.url, class)
				call.Limits.AttemptTime, call.Limits.TotalTime = time.Hour, time.Hour
				_, err := httpcall.New(client(t)).Do(ctx, call)
				require.ErrorIs(t, err, context.Canceled)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, httpcall.Ended, failure(t, err).Reason)
				assert.False(t, failure(t, err).NotSent)
				assert.False(t, failure(t, err).Timeout())
				assert.Equal(t, 1, s.count())
			}
		})
	}
}

func TestCancelledWhilePreparing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	call := newCall(refused(t), httpcall.Repeatable)
	call.Prepare = func(ctx context.Context, _ int) (http.Header, []byte, error) {
		cancel()
		<-ctx.Done()
		return nil, nil, errors.New("no key in time")
	}
	_, err := httpcall.New(client(t)).Do(ctx, call)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, httpcall.Ended, failure(t, err).Reason)
	assert.True(t, failure(t, err).NotSent)
}

// TestEndedInThePause ends the caller's context a second after a pause of ten began.
func TestEndedInThePause(t *testing.T) {
	t.Parallel()
	unsent := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	tests := map[string]struct {
		transport roundTripper
		notSent   bool
		status    int
	}{
		"after an answer": {func(*http.Request) (*http.Response, error) { return response(503, "", "Retry-After", "10"), nil }, false, 503},
		"after a dial":    {func(*http.Request) (*http.Response, error) { return nil, unsent }, true, 0},
		"after a failure": {func(*http.Request) (*http.Response, error) { return nil, errors.New("broken") }, false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call := newCall(nowhere, httpcall.Repeatable)
				call.Limits = usual()
				// so that a pause of less than a second has no chance to be drawn
				call.Limits.MinWait, call.Limits.MaxWait, call.Limits.TotalTime = 1<<61, 1<<61, 1<<62
				if test.status != 0 {
					call.Limits = usual()
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start, attempts := time.Now(), 0
				got, err := httpcall.New(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
					attempts++
					return test.transport(r)
				})}).Do(ctx, call)
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, httpcall.Ended, failure(t, err).Reason)
				assert.Equal(t, test.notSent, failure(t, err).NotSent)
				assert.Equal(t, test.status, got.StatusCode, "the answer that came is kept")
				assert.Equal(t, time.Second, time.Since(start))
				assert.Equal(t, 1, attempts)
			})
		})
	}
}

// TestDeadline has the caller's own deadline, which is told from the others.
func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start, call := time.Now(), newCall(nowhere, httpcall.Repeatable)
		_, err := httpcall.New(&http.Client{Transport: silent()}).Do(ctx, call)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, httpcall.Ended, failure(t, err).Reason)
		assert.True(t, failure(t, err).Timeout())
		assert.Equal(t, 3*time.Second, time.Since(start))
	})
}

// TestAnswerAtTheLastMoment keeps an answer though the context has ended.
func TestAnswerAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 503} {
		ctx, cancel := context.WithCancel(t.Context())
		got, err := httpcall.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			cancel()
			return response(status, token), nil
		})}).Do(ctx, newCall(nowhere, httpcall.Repeatable))
		require.NoError(t, err)
		assert.Equal(t, status, got.StatusCode)
		assert.JSONEq(t, token, got.Body)
	}
}

// TestTimeoutsAreNotTheCallers has timeouts that claim to be the caller's deadline.
func TestTimeoutsAreNotTheCallers(t *testing.T) {
	t.Parallel()
	s := serve(t, hang(""))
	tests := map[string]struct {
		transport *http.Transport
		notSent   bool
	}{
		"dial":   {&http.Transport{DialContext: (&net.Dialer{Timeout: time.Nanosecond}).DialContext}, true},
		"header": {&http.Transport{ResponseHeaderTimeout: time.Millisecond}, false},
	}
	for name, test := range tests {
		for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
			_, err := httpcall.New(&http.Client{Transport: test.transport}).Do(t.Context(), newCall(s.url, class))
			failed := failure(t, err)
			assert.Equal(t, httpcall.TimedOut, failed.Reason, name)
			assert.True(t, failed.Timeout(), name)
			assert.Equal(t, test.notSent, failed.NotSent, name)
			require.NotErrorIs(t, err, context.DeadlineExceeded, name)
			require.NotErrorIs(t, err, context.Canceled, name)
			if test.notSent {
				var operation *net.OpError
				require.ErrorAs(t, err, &operation, "the cause is still to be had")
			}
		}
	}
}

// TestHandshakeTimeout has a timeout that is no deadline to errors.Is.
func TestHandshakeTimeout(t *testing.T) {
	t.Parallel()
	deaf, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0") // connects, but nobody accepts
	require.NoError(t, err)
	t.Cleanup(func() { _ = deaf.Close() })
	target := &url.URL{Scheme: "https", Host: deaf.Addr().String(), Path: "/token"}
	transport := &http.Transport{TLSHandshakeTimeout: time.Millisecond}
	_, err = httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), newCall(target, httpcall.SingleUse))
	failed := failure(t, err)
	assert.Equal(t, httpcall.TimedOut, failed.Reason)
	assert.True(t, failed.Timeout())
	assert.True(t, failed.NotSent)
}
