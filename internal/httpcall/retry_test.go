// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

const token = `{"access_token":"a","token_type":"Bearer"}`

func TestAnswer(t *testing.T) {
	t.Parallel()
	body := " \xff\n" + token + "\n" // it is kept as it is
	s := serve(t, answer(http.StatusOK, body, "Content-Type: application/json", "X-Twice: a", "X-Twice: b"))
	before := time.Now()
	got, err := httpcall.New(client(t)).Do(t.Context(), newCall(s.url, httpcall.SingleUse))
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Equal(t, body, got.Body)
	assert.Equal(t, []string{"a", "b"}, got.Header["X-Twice"])
	assert.False(t, got.Sent.Before(before) || got.Sent.After(time.Now()))
}

// TestPrepareOncePerAttempt has each attempt prepared anew, and sent so.
func TestPrepareOncePerAttempt(t *testing.T) {
	t.Parallel()
	s := serve(t, reset, answer(http.StatusServiceUnavailable, ""), answer(http.StatusOK, token))
	call := newCall(s.url, httpcall.Repeatable)
	prepare, numbers := call.Prepare, []int(nil)
	call.Prepare = func(ctx context.Context, attempt int) (http.Header, []byte, error) {
		numbers = append(numbers, attempt)
		deadline, limited := ctx.Deadline()
		assert.True(t, limited && time.Until(deadline) <= call.Limits.AttemptTime, "the context of Prepare ends with the attempt")
		return prepare(ctx, attempt)
	}
	got, err := httpcall.New(client(t)).Do(t.Context(), call)
	require.NoError(t, err)
	assert.JSONEq(t, token, got.Body)
	assert.Equal(t, []int{1, 2, 3}, numbers)

	requests, bodies := s.seen()
	assert.Equal(t, []string{"grant_type=x&attempt=1", "grant_type=x&attempt=2", "grant_type=x&attempt=3"}, bodies)
	for i, request := range requests {
		assert.Equal(t, http.MethodPost, request.Method)
		assert.Equal(t, "/token", request.RequestURI)
		assert.Equal(t, s.url.Host, request.Host)
		assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
		assert.Equal(t, []string{fmt.Sprint(i + 1)}, request.Header["X-Attempt"])
		assert.EqualValues(t, len(bodies[i]), request.ContentLength)
	}
}

func TestRequestWithoutBody(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusOK, token))
	call := newCall(s.url.JoinPath("a%2Fb"), httpcall.Repeatable)
	call.URL.RawQuery, call.Method = "x=1", http.MethodGet
	call.Prepare = func(context.Context, int) (http.Header, []byte, error) { return http.Header{}, nil, nil }
	_, err := httpcall.New(client(t)).Do(t.Context(), call)
	require.NoError(t, err)
	requests, bodies := s.seen()
	assert.Equal(t, []string{""}, bodies)
	assert.Equal(t, "/token/a%2Fb?x=1", requests[0].RequestURI)
	assert.NotContains(t, requests[0].Header, "Content-Length")
	assert.NotContains(t, requests[0].Header, "Transfer-Encoding")
}

// TestStatus has what the server says at last handed up, and how often it was asked.
func TestStatus(t *testing.T) {
	t.Parallel()
	for status, repeated := range map[int]bool{
		200: false, 201: false, 400: false, 401: false, 403: false, 404: false, 408: true, 409: false, 425: false, 429: true,
		500: false, 501: false, 502: true, 503: true, 504: true, 505: false, 599: false,
	} {
		for class, want := range map[httpcall.Class]int{httpcall.SingleUse: 1, httpcall.Repeatable: 3} {
			t.Run(fmt.Sprint(status, " class ", class), func(t *testing.T) {
				t.Parallel()
				s := serve(t, answer(status, "body", "X-A: b"))
				got, err := httpcall.New(client(t)).Do(t.Context(), newCall(s.url, class))
				require.NoError(t, err)
				assert.Equal(t, status, got.StatusCode)
				assert.Equal(t, "body", got.Body)
				assert.Equal(t, "b", got.Header.Get("X-A"))
				if !repeated {
					want = 1
				}
				assert.Equal(t, want, s.count())
			})
		}
	}
}

// TestLostConnection counts the requests that reached the server.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	tests := map[string]act{
		"reset":                          reset,
		"closed":                         raw(""),
		"half a status line":             raw("HTTP/1.1 2"),
		"half a header":                  raw("HTTP/1.1 200 OK\r\nContent-Type: app"),
		"no status line":                 raw("nonsense\r\n\r\n"),
		"cut in the body, JSON complete": cut(token),
		"cut in the chunks":              cutChunk(token),
		"cut chunked error":              raw("HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"),
		"broken gzip":                    raw("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
	}
	for name, act := range tests {
		for class, want := range map[httpcall.Class]int{httpcall.SingleUse: 1, httpcall.Repeatable: 3} {
			t.Run(fmt.Sprint(name, " class ", class), func(t *testing.T) {
				t.Parallel()
				s := serve(t, act)
				_, err := httpcall.New(client(t)).Do(t.Context(), newCall(s.url, class))
				failed := failure(t, err)
				assert.Equal(t, httpcall.Broken, failed.Reason)
				assert.False(t, failed.NotSent)
				assert.False(t, failed.Timeout())
				assert.Equal(t, want, s.count())
			})
		}
	}
}

// TestSilence waits for all of the servers at once.
func TestSilence(t *testing.T) {
	t.Parallel()
	tests := map[string]act{
		"no answer":                       hang(""),
		"no end of the header":            hang("HTTP/1.1 200 OK\r\nX-A: b\r\n"),
		"no end of the body":              hang("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + token),
		"no end of a body without length": hang("HTTP/1.1 200 OK\r\n\r\n" + token),
	}
	var group sync.WaitGroup
	for name, act := range tests {
		for class, want := range map[httpcall.Class]int{httpcall.SingleUse: 1, httpcall.Repeatable: 3} {
			s, mine := serve(t, act), client(t)
			group.Go(func() {
				call := newCall(s.url, class)
				call.Limits.AttemptTime = 2 * time.Second
				prepare, attempts := call.Prepare, 0 // on a busy machine the server may not see the last one
				call.Prepare = func(ctx context.Context, attempt int) (http.Header, []byte, error) {
					attempts++
					return prepare(ctx, attempt)
				}
				_, err := httpcall.New(mine).Do(t.Context(), call)
				var failed *httpcall.Failure
				if !assert.ErrorAs(t, err, &failed, name) {
					return
				}
				assert.Equal(t, httpcall.TimedOut, failed.Reason, name)
				assert.False(t, failed.NotSent, name)
				assert.True(t, failed.Timeout(), name)
				assert.NotErrorIs(t, err, context.DeadlineExceeded, name)
				assert.NotErrorIs(t, err, context.Canceled, name)
				assert.Equal(t, want, attempts, name)
				assert.LessOrEqual(t, s.count(), want, name)
			})
		}
	}
	group.Wait()
}

// TestRefused has a connection that cannot be made: that is tried again in
// either class, for nothing was sent.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, caller := range map[string]*httpcall.Caller{"own": httpcall.New(nil), "caller's": httpcall.New(client(t))} {
		for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
			t.Run(fmt.Sprint(name, " class ", class), func(t *testing.T) {
				t.Parallel()
				call := newCall(refused(t), class)
				prepare, attempts := call.Prepare, 0
				call.Prepare = func(ctx context.Context, attempt int) (http.Header, []byte, error) {
					attempts++
					return prepare(ctx, attempt)
				}
				_, err := caller.Do(t.Context(), call)
				failed := failure(t, err)
				assert.Equal(t, httpcall.Broken, failed.Reason)
				assert.True(t, failed.NotSent)
				assert.Equal(t, 3, attempts)
			})
		}
	}
}

// TestSentBeforeRefused has a last attempt that sent nothing, after one that did.
func TestSentBeforeRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]roundTripper{
		"answered": func(*http.Request) (*http.Response, error) { return response(http.StatusServiceUnavailable, ""), nil },
		"broken":   func(*http.Request) (*http.Response, error) { return nil, errors.New("reset") },
	}
	for name, first := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nobody, attempts := refused(t), 0
			call := newCall(nobody, httpcall.Repeatable)
			other := client(t).Transport
			_, err := httpcall.New(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				if attempts++; attempts == 1 {
					return first(r)
				}
				return other.RoundTrip(r)
			})}).Do(t.Context(), call)
			assert.Equal(t, 3, attempts)
			assert.False(t, failure(t, err).NotSent, "the first attempt was sent")

			call.Prepare = func(_ context.Context, attempt int) (http.Header, []byte, error) {
				if attempt == 2 {
					return nil, nil, errors.New("no key")
				}
				return http.Header{}, nil, nil
			}
			attempts = 0
			_, err = httpcall.New(&http.Client{Transport: first}).Do(t.Context(), call)
			assert.Equal(t, httpcall.Unprepared, failure(t, err).Reason)
			assert.False(t, failure(t, err).NotSent, "the first attempt was sent")
		})
	}
}

// TestHadConnection has a connection that was got and given up, as a stale one
// is, before another could not be made: not provably "nothing was sent".
func TestHadConnection(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]bool{"stale": true, "none": false} {
		attempts := 0
		_, err := httpcall.New(&http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
			attempts++
			trace := httptrace.ContextClientTrace(request.Context())
			trace.GetConn(request.URL.Host)
			if got {
				trace.GotConn(httptrace.GotConnInfo{Reused: true})
			}
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
		})}).Do(t.Context(), newCall(nowhere, httpcall.SingleUse))
		assert.Equal(t, !got, failure(t, err).NotSent, name)
		assert.Equal(t, map[bool]int{true: 1, false: 3}[got], attempts, name)
	}
}

func TestUnprepared(t *testing.T) {
	t.Parallel()
	s := serve(t, answer(http.StatusOK, token))
	call, calls := newCall(s.url, httpcall.Repeatable), 0
	errKey := errors.New("no key")
	for name, cause := range map[string]error{"any": errKey, "a context error of its own": errors.Join(errKey, context.Canceled, context.DeadlineExceeded)} {
		calls = 0
		call.Prepare = func(context.Context, int) (http.Header, []byte, error) {
			calls++
			return nil, nil, cause
		}
		_, err := httpcall.New(client(t)).Do(t.Context(), call)
		failed := failure(t, err)
		assert.Equal(t, httpcall.Unprepared, failed.Reason, name)
		assert.True(t, failed.NotSent)
		require.ErrorIs(t, err, errKey)
		require.NotErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "no key")
		assert.Equal(t, 1, calls, "an attempt that cannot be prepared is not followed by another")
	}
	assert.Zero(t, s.connections())
}
