// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TestRedirects has a second server that must see nothing.
func TestRedirects(t *testing.T) {
	t.Parallel()
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		for _, class := range []httpcall.Class{httpcall.SingleUse, httpcall.Repeatable} {
			t.Run(fmt.Sprint(status, " class ", class), func(t *testing.T) {
				t.Parallel()
				other := serve(t, answer(http.StatusOK, token))
				s := serve(t, answer(status, "", "Location: "+other.url.String()+"?code=canary"))
				got, err := httpcall.New(client(t)).Do(t.Context(), newCall(s.url, class))
				failed := failure(t, err)
				assert.Equal(t, httpcall.Redirected, failed.Reason)
				assert.Equal(t, "http://"+other.url.Host, failed.Location)
				assert.False(t, failed.NotSent)
				assert.Equal(t, status, got.StatusCode)
				assert.Equal(t, 1, s.count())
				assert.Zero(t, other.connections())
			})
		}
	}
}

func TestRedirectShowsTheOrigin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ location, want string }{
		"everything":       {"https://canary:canary@as.example:8443/canary?code=canary#canary", "https://as.example:8443"},
		"other scheme":     {"http://as.example/canary", "http://as.example"},
		"no scheme":        {"//other.example/canary", "https://other.example"},
		"the same":         {"https://as.example/canary", ""},
		"path":             {"/canary?code=canary", ""},
		"no host":          {"canary:canary", ""},
		"not readable":     {"https://as.example/%zz?canary", ""},
		"none":             {"", ""},
		"control":          {"https://as.example\x01/canary", ""},
		"only a query":     {"?code=canary", ""},
		"user in the path": {"/canary@as.example", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := httpcall.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return response(http.StatusFound, token, "Location", test.location), nil
			})}).Do(t.Context(), newCall(nowhere, httpcall.SingleUse))
			failed := failure(t, err)
			assert.Equal(t, test.want, failed.Location)
			assert.NotContains(t, fmt.Sprintf("%v %+v %s", err, err, failed.Location), "canary")
		})
	}
}

// chunked sends a body in chunks, so that nothing announces its length.
func chunked(body string) act {
	return raw(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body))
}

func zipped(t *testing.T, body string) string {
	t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, err := io.WriteString(writer, body)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return packed.String()
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	most := strings.Repeat("a", httpcall.MaxBody)
	tests := map[string]struct {
		act  act
		size int // 0: refused
	}{
		"most, announced":           {answer(200, most), httpcall.MaxBody},
		"most, in chunks":           {chunked(most), httpcall.MaxBody},
		"most, until the end":       {raw("HTTP/1.1 200 OK\r\n\r\n" + most), httpcall.MaxBody},
		"most, zipped":              {answer(200, zipped(t, most), "Content-Encoding: gzip"), httpcall.MaxBody},
		"one more, announced":       {answer(200, most+"a"), 0},
		"one more, in chunks":       {chunked(most + "a"), 0},
		"one more, until the end":   {raw("HTTP/1.1 200 OK\r\n\r\n" + most + "a"), 0},
		"one more, zipped":          {answer(200, zipped(t, most+"a"), "Content-Encoding: gzip"), 0},
		"bomb":                      {answer(200, zipped(t, strings.Repeat("a", 64<<20)), "Content-Encoding: gzip"), 0},
		"announced, never sent":     {hang("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"), 0},
		"a great deal announced":    {hang("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n"), 0},
		"endless":                   {endless, 0},
		"status that asks for more": {answer(503, most+"a"), 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.act)
			got, err := httpcall.New(client(t)).Do(t.Context(), newCall(s.url, httpcall.Repeatable))
			assert.Equal(t, 1, s.count(), "too large is not tried again")
			if test.size == 0 {
				failed := failure(t, err)
				assert.Equal(t, httpcall.TooLarge, failed.Reason)
				assert.False(t, failed.NotSent)
				assert.Empty(t, got.Body)
				assert.NotZero(t, got.StatusCode)
				return
			}
			require.NoError(t, err)
			assert.Len(t, got.Body, test.size)
		})
	}
}

// endless writes until nobody listens any more.
func endless(_ *server, conn net.Conn) bool {
	_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	for block := make([]byte, 64<<10); err == nil; {
		_, err = conn.Write(block)
	}
	return false
}

// TestHandMade has responses of transports that are not net/http's.
func TestHandMade(t *testing.T) {
	t.Parallel()
	bare := func(body io.ReadCloser, length int64) *http.Response {
		return &http.Response{StatusCode: 200, Body: body, ContentLength: length}
	}
	tests := map[string]struct {
		response *http.Response
		err      error
		want     string // empty: Broken
	}{
		"length zero, yet a body": {bare(io.NopCloser(strings.NewReader(token)), 0), nil, token},
		"too short a length":      {bare(io.NopCloser(strings.NewReader(token)), 3), nil, token},
		"no header":               {bare(io.NopCloser(strings.NewReader(token)), -1), nil, token},
		"nothing at all":          {nil, nil, ""},
		"no body":                 {bare(nil, 0), nil, ""},
		"response and error":      {response(200, token), errors.New("canary"), ""},
		"error":                   {nil, errors.New("canary"), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			attempts := 0
			got, err := httpcall.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				attempts++
				return test.response, test.err
			})}).Do(t.Context(), newCall(nowhere, httpcall.SingleUse))
			assert.Equal(t, 1, attempts)
			if test.want == "" {
				assert.Equal(t, httpcall.Broken, failure(t, err).Reason)
				assert.False(t, failure(t, err).NotSent, "nobody can know")
				assert.NotContains(t, err.Error(), "canary")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got.Body)
		})
	}
}

// closer notes that a body was closed.
type closer struct {
	io.Reader
	closed *int
}

func (c closer) Close() error {
	*c.closed++
	return errors.New("canary")
}

func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]struct {
		status int
		reader io.Reader
	}{
		"answer": {200, strings.NewReader(token)}, "redirect": {302, strings.NewReader(token)}, "error": {500, strings.NewReader(token)},
		"too large": {200, strings.NewReader(strings.Repeat("a", httpcall.MaxBody+1))}, "broken": {200, brokenReader{}},
	} {
		closed := 0
		_, _ = httpcall.New(&http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: made.status, Body: closer{made.reader, &closed}, ContentLength: -1}, nil
		})}).Do(t.Context(), newCall(nowhere, httpcall.SingleUse))
		assert.Equal(t, 1, closed, name)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("canary") }

// TestFailureQuotesNothing has servers that answer with what must not be shown.
func TestFailureQuotesNothing(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]act{
		"no HTTP":              raw("canary\r\n\r\n"),
		"status":               raw("HTTP/1.1 canary OK\r\n\r\n"),
		"version":              raw("HTTP/canary 200 OK\r\n\r\n"),
		"header without colon": raw("HTTP/1.1 200 OK\r\ncanary\r\n\r\n"),
		"header name":          raw("HTTP/1.1 200 OK\r\nX(canary): b\r\n\r\n"),
		"header value":         raw("HTTP/1.1 200 OK\r\nX: canary\x00\r\n\r\n"),
		"length":               raw("HTTP/1.1 200 OK\r\nContent-Length: canary\r\n\r\n"),
		"two lengths":          raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: canary\r\n\r\n"),
		"transfer encoding":    raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: canary\r\n\r\n"),
		"chunk":                raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ncanary\r\n"),
		"trailer":              raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: canary\r\n\r\n0\r\ncanary\r\n\r\n"),
		"zipped":               answer(200, "canary", "Content-Encoding: gzip"),
		"cut":                  cut("canary"),
		"endless header":       raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("canary", 1<<20)),
		"redirect":             answer(302, "canary", "Location: /canary"),
		"too large":            answer(200, strings.Repeat("canary", 1<<18)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, act)
			call := newCall(s.url.JoinPath("canary"), httpcall.SingleUse)
			call.URL.RawQuery = "canary=canary"
			for _, caller := range []*httpcall.Caller{httpcall.New(client(t)), httpcall.New(nil)} {
				_, err := caller.Do(t.Context(), call)
				require.Error(t, err)
				assert.NotContains(t, fmt.Sprintf("%v %+v %s %q", err, err, err, err), "canary")
				assert.NotEmpty(t, err.Error())
			}
		})
	}
}
