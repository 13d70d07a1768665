// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// flight is one call on its way: the loop above and, as the RoundTripper below
// it, the attempts. It has no CloseIdleConnections, so the loop cannot close
// the idle connections of the caller's transport when it gives up.
type flight struct {
	call      Call
	transport http.RoundTripper
	limit     time.Duration // of one attempt
	deadline  time.Time     // of the whole call

	loop   retryablehttp.Client
	client http.Client

	attempts int
	body     *bytes.Reader // of the attempt, as net/http reads it
	sent     bool          // some attempt may have reached the server
	pause    time.Duration // before the next attempt
	answer   Answer
	failure  *Failure
}

func newFlight(c *Caller, call Call) *flight {
	f := &flight{call: call, transport: c.pooled, limit: call.Limits.AttemptTime}
	if call.Class == SingleUse {
		f.transport = c.fresh
	}
	if c.attemptTime > 0 {
		f.limit = min(f.limit, c.attemptTime)
	}
	f.deadline = time.Now().Add(call.Limits.TotalTime)
	f.client = http.Client{Transport: f, CheckRedirect: neverFollow}
	f.loop = retryablehttp.Client{
		HTTPClient:   &f.client,
		RetryMax:     call.Limits.Attempts - 1,
		RetryWaitMin: call.Limits.MinWait,
		RetryWaitMax: call.Limits.MaxWait,
		CheckRetry:   f.again,
		Backoff:      f.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return f
}

func neverFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip makes one attempt. The response it hands up has no body: the answer
// has it, read to its end.
func (f *flight) RoundTrip(outer *http.Request) (*http.Response, error) {
	f.attempts++
	f.answer, f.failure = f.attempt(outer.Context())
	if f.failure != nil {
		f.sent = f.sent || !f.failure.NotSent
		f.failure.NotSent = !f.sent // what an earlier attempt sent was sent
		return nil, f.failure
	}
	f.sent = true
	return &http.Response{
		StatusCode: f.answer.StatusCode, Header: f.answer.Header, Body: http.NoBody, Request: outer,
	}, nil
}

func (f *flight) attempt(outer context.Context) (Answer, *Failure) {
	if err := ended(outer); err != nil {
		return Answer{}, &Failure{Reason: Ended, NotSent: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(outer, min(f.limit, time.Until(f.deadline)))
	defer cancel()
	header, body, err := f.call.Prepare(ctx, f.attempts)
	switch {
	case err != nil:
		return Answer{}, unprepared(outer, err)
	case ctx.Err() != nil: // it took all the time there was
		late := failed(outer, ctx.Err(), nil)
		late.NotSent = true
		return Answer{}, late
	}
	var connection *connection // traced for single-use calls only: it has a price
	if f.call.Class == SingleUse {
		connection, ctx = traced(ctx, f.transport)
	}
	answer := Answer{Sent: time.Now()}
	response, err := f.transport.RoundTrip(f.request(ctx, header, body))
	if err == nil && (response == nil || response.Body == nil) {
		err = errNoBody
	}
	if err != nil {
		return answer, failed(outer, err, connection)
	}
	defer func() { _ = response.Body.Close() }() // after a read to the end there is nothing left to fail
	answer.StatusCode, answer.Header = response.StatusCode, response.Header
	if f.call.Observe != nil {
		f.call.Observe(response.Header)
	}
	if response.StatusCode < http.StatusOK { // 101: net/http gives the connection itself as the body, without an end
		return answer, nil
	}
	if response.StatusCode/100 == 3 {
		return answer, &Failure{Reason: Redirected, Location: f.origin(response)}
	}
	answer.Body, err = read(response)
	switch {
	case errors.Is(err, errTooLarge):
		return answer, &Failure{Reason: TooLarge}
	case err != nil:
		return answer, failed(outer, err, connection)
	}
	return answer, nil
}

// request makes the request of one attempt. Its body is of a type that net/http
// knows, so that header and body leave in one write.
func (f *flight) request(ctx context.Context, header http.Header, body []byte) *http.Request {
	request := new(http.Request).WithContext(ctx)
	request.Method, request.URL, request.Host, request.Header = f.call.Method, f.call.URL, f.call.URL.Host, header
	if body != nil {
		f.body = bytes.NewReader(body)
		request.ContentLength = int64(len(body))
		request.Body = io.NopCloser(f.body)
		request.GetBody = func() (io.ReadCloser, error) {
			if f.body.Len() < len(body) { // it may have been sent
				return nil, errAskedAgain
			}
			f.body = bytes.NewReader(body)
			return io.NopCloser(f.body), nil
		}
	}
	return request
}

// errAskedAgain keeps net/http from sending a body again by itself. Over HTTP/1.1
// it does so when it has written nothing; over HTTP/2 also after REFUSED_STREAM,
// PROTOCOL_ERROR and GOAWAY, when the server may have read the body, and up to six
// times. Whether it is sent again is for the loop to say, which prepares it anew and
// counts it.
var errAskedAgain = errors.New("the server has ended the stream, and the request is not sent again")

// errNoBody is about a transport of the caller's that breaks its contract.
var errNoBody = errors.New("the transport returned no response, or one without a body")

var errTooLarge = errors.New("the body is too large")

// read returns the whole body. One that is cut short is an error, even when
// what came is readable.
func read(response *http.Response) (string, error) {
	if response.ContentLength > MaxBody {
		return "", errTooLarge
	}
	var body bytes.Buffer
	if response.ContentLength > 0 {
		body.Grow(int(response.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(response.Body, MaxBody+1))
	switch {
	case err != nil:
		return "", err
	case body.Len() > MaxBody:
		return "", errTooLarge
	}
	return body.String(), nil
}

// origin returns scheme and host of where a redirect leads, without anything
// that could be a secret; nothing when it stays where it is.
func (f *flight) origin(response *http.Response) string {
	target, err := f.call.URL.Parse(response.Header.Get("Location"))
	if err != nil || target.Host == "" || target.Scheme == f.call.URL.Scheme && target.Host == f.call.URL.Host {
		return ""
	}
	return target.Scheme + "://" + target.Host
}
