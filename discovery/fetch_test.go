// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

func TestFetchSendsLittle(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 2)
	s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
		headers <- r.Header
		assert.Equal(t, http.MethodGet, r.Method)
		good(url, w, r)
	})
	got, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t)})
	require.NoError(t, err)
	assert.Equal(t, s.URL+"/token", got.TokenEndpoint)
	assert.Zero(t, s.count("/keys"), "keys nobody asked for")
	set, err := got.Keys().Get(t.Context())
	require.NoError(t, err)
	assert.Len(t, set.Keys, 2)
	assert.Equal(t, 1, s.count("/keys"))
	first, second := <-headers, <-headers
	assert.Equal(t, "application/json", first.Get("Accept"))
	assert.Equal(t, "application/jwk-set+json, application/json", second.Get("Accept"))
	assert.Contains(t, first.Get("User-Agent"), "identitymodel")
	assert.Empty(t, first.Get("Authorization")+first.Get("Cookie")+first.Get("Content-Type"))
}

// TestTLS trusts nobody whom the client does not trust.
func TestTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { good("https://"+r.Host, w, r) }))
	s.Config.ErrorLog = quiet()
	s.StartTLS()
	t.Cleanup(s.Close)
	options := discovery.Options{HTTPClient: s.Client(), Policy: discovery.Policy{RequireHTTPSOnLoopback: true}}
	_, err := discovery.Fetch(t.Context(), s.URL, options)
	require.NoError(t, err)
	_, err = discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t), MaxAttempts: 1})
	found := failure(t, err)
	assert.Equal(t, discovery.KindTransport, found.Kind)
	assert.ErrorContains(t, err, "certificate")
}

// TestRedirect has a second server that must see nothing.
func TestRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, path := range []string{openIDPath, "/keys"} {
			t.Run(http.StatusText(status)+path, func(t *testing.T) {
				t.Parallel()
				other := serve(t, good)
				s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == path {
						http.Redirect(w, r, other.URL+path+"?canary=1", status)
						return
					}
					good(url, w, r)
				})
				_, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t), FetchKeys: true})
				found := failure(t, err)
				assert.Equal(t, discovery.KindPolicy, found.Kind)
				assert.Equal(t, status, found.StatusCode)
				assert.Equal(t, s.URL+path, found.Address)
				assert.ErrorContains(t, err, other.URL)
				assert.NotContains(t, err.Error(), "canary")
				assert.Equal(t, 1, s.count(path))
				assert.Zero(t, other.count(path))
			})
		}
	}
}

// TestUnusableAnswers are all final: one request each, and an error that says why.
func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	json := document(issuer).text()
	huge := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
	const kind = discovery.KindMalformed
	tests := map[string]struct {
		status int
		body   string
		header []string
		kind   discovery.ErrorKind
		text   string
	}{
		"HTML":             {200, json, []string{"Content-Type", "text/html; charset=utf-8"}, kind, "text/html"},
		"HTML, shouted":    {200, json, []string{"Content-Type", "Text/HTML"}, kind, "text/html"},
		"too large":        {200, huge, nil, kind, "1 MiB"},
		"bomb":             {200, bomb(8 << 20), []string{"Content-Encoding", "gzip"}, kind, "1 MiB"},
		"duplicate":        {200, `{"issuer":"a","issuer":"https://as.example"}`, nil, kind, "two members of one name"},
		"hidden duplicate": {200, `{"issuer":"a","\u0069ssuer":"https://as.example"}`, nil, kind, "two members of one name"},
		"array":            {200, `[` + json + `]`, nil, kind, "not an object"},
		"null":             {200, `null`, nil, kind, "not an object"},
		"text":             {200, `"canary"`, nil, kind, "not an object"},
		"not JSON":         {200, `canary`, nil, kind, "not valid JSON"},
		"cut":              {200, json[:20], nil, kind, "not valid JSON"},
		"two":              {200, json + json, nil, kind, "not valid JSON"},
		"empty":            {200, ``, nil, kind, "empty"},
		"UTF-16":           {200, "\xff\xfe{\x00}\x00", nil, kind, "UTF-8"},
		"deep":             {200, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), nil, kind, "nested"},
		"no content":       {204, ``, nil, discovery.KindHTTP, "(status 204)"},
		"created":          {201, json, nil, discovery.KindHTTP, "(status 201)"},
		"partial":          {206, json, nil, discovery.KindHTTP, "(status 206)"},
		"unauthorized":     {401, json, nil, discovery.KindHTTP, "(status 401)"},
		"server error":     {500, json, nil, discovery.KindHTTP, "(status 500)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(_ string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for i := 0; i < len(test.header); i += 2 {
					w.Header().Set(test.header[i], test.header[i+1])
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			got, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t)})
			assert.Nil(t, got)
			found := failure(t, err)
			assert.Equal(t, test.kind, found.Kind)
			assert.Equal(t, test.status, found.StatusCode)
			assert.Equal(t, s.URL+openIDPath, found.Address)
			assert.ErrorContains(t, err, test.text)
			assert.NotContains(t, err.Error(), "canary")
			assert.Equal(t, 1, s.count(openIDPath))
		})
	}
}

// bomb returns that many bytes of white space, compressed.
func bomb(length int) string {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, _ = io.CopyN(writer, spaces{}, int64(length))
	_ = writer.Close()
	return compressed.String()
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestUsableAnswers has types and forms of JSON that servers send.
func TestUsableAnswers(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(w http.ResponseWriter, body string) string{
		"no type": func(w http.ResponseWriter, body string) string { w.Header()["Content-Type"] = nil; return body },
		"plain text": func(w http.ResponseWriter, body string) string {
			w.Header().Set("Content-Type", "text/plain")
			return body
		},
		"octets": func(w http.ResponseWriter, body string) string {
			w.Header().Set("Content-Type", "binary/octet-stream")
			return body
		},
		"mark":          func(_ http.ResponseWriter, body string) string { return "\ufeff" + body },
		"1 MiB exactly": func(_ http.ResponseWriter, body string) string { return body + strings.Repeat(" ", 1<<20-len(body)) },
		"gzip": func(w http.ResponseWriter, body string) string {
			w.Header().Set("Content-Encoding", "gzip")
			var compressed bytes.Buffer
			writer := gzip.NewWriter(&compressed)
			_, _ = io.WriteString(writer, body)
			_ = writer.Close()
			return compressed.String()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, func(url string, w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, change(w, document(url).text()))
			})
			_, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t)})
			require.NoError(t, err)
		})
	}
}

// TestAttempts: statuses that ask for patience are tried again, up to a limit.
func TestAttempts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status, limit, failures, want int
	}{
		"502":               {502, 0, 9, 3},
		"503":               {503, 0, 9, 3},
		"504":               {504, 0, 9, 3},
		"429":               {429, 0, 9, 3},
		"500 is final":      {500, 0, 9, 1},
		"never again":       {503, 1, 9, 1},
		"twice":             {503, 2, 9, 2},
		"good at last":      {503, 0, 2, 3},
		"good in between":   {502, 0, 1, 2},
		"a negative number": {503, -1, 9, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *server
			s = serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
				if s.count(r.URL.Path) <= test.failures {
					w.Header().Set("Retry-After", "0")
					w.WriteHeader(test.status)
					return
				}
				good(url, w, r)
			})
			_, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: ownClient(t), MaxAttempts: test.limit})
			assert.Equal(t, test.want, s.count(openIDPath))
			if test.failures < test.want {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, discovery.KindHTTP, failure(t, err).Kind)
			assert.Equal(t, test.status, failure(t, err).StatusCode)
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, good)
	s.Close()
	_, err := discovery.Fetch(t.Context(), s.URL+"?canary=1", discovery.Options{HTTPClient: ownClient(t), MaxAttempts: 1})
	found := failure(t, err)
	assert.Equal(t, discovery.KindTransport, found.Kind)
	assert.Zero(t, found.StatusCode)
	assert.False(t, found.Timeout())
	assert.NotErrorIs(t, err, context.Canceled)
}

// TestContext ends one while the server is silent, for document and keys.
func TestContext(t *testing.T) {
	t.Parallel()
	for _, path := range []string{openIDPath, "/keys"} {
		for name, want := range map[string]error{"cancelled": context.Canceled, "deadline": context.DeadlineExceeded} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				came, leave := make(chan struct{}, 9), make(chan struct{})
				s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == path {
						came <- struct{}{}
						<-leave
					}
					good(url, w, r)
				})
				defer close(leave)
				ctx, cancel := context.WithCancel(t.Context())
				if want == context.DeadlineExceeded { //nolint:errorlint // a value of the table
					ctx, cancel = context.WithTimeout(t.Context(), time.Second)
				} else {
					go func() { <-came; cancel() }()
				}
				defer cancel()
				got, err := discovery.Fetch(ctx, s.URL, discovery.Options{HTTPClient: ownClient(t), FetchKeys: true})
				assert.Nil(t, got)
				require.ErrorIs(t, err, want)
				found := failure(t, err)
				assert.Equal(t, discovery.KindTransport, found.Kind)
				assert.Equal(t, s.URL+path, found.Address)
				assert.Equal(t, want == context.DeadlineExceeded, found.Timeout()) //nolint:errorlint // a value of the table
			})
		}
	}
}

// TestClientTimeout is the limit of the caller's client, which is no end of the
// caller's context.
func TestClientTimeout(t *testing.T) {
	t.Parallel()
	leave := make(chan struct{})
	s := serve(t, func(string, http.ResponseWriter, *http.Request) { <-leave })
	defer close(leave)
	client := ownClient(t)
	client.Timeout = 50 * time.Millisecond
	_, err := discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: client, MaxAttempts: 1})
	assert.True(t, failure(t, err).Timeout())
	assert.NotErrorIs(t, err, context.DeadlineExceeded)
}

// TestFetchKeys makes a server without usable keys an error of Fetch.
func TestFetchKeys(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keys   string
		status int
		kind   discovery.ErrorKind
	}{
		"usable":          {keySet("null", theRSA), 200, 0},
		"none":            {keySet(), 200, discovery.KindMalformed},
		"only garbage":    {keySet("1", "null"), 200, discovery.KindMalformed},
		"not a set":       {`[]`, 200, discovery.KindMalformed},
		"not there":       {`[]`, 404, discovery.KindHTTP},
		"not authorized":  {keySet(theRSA), 403, discovery.KindHTTP},
		"duplicate":       {`{"keys":[],"keys":[` + theRSA + `]}`, 200, discovery.KindMalformed},
		"more than 1 MiB": {keySet(theRSA) + strings.Repeat(" ", 1<<20), 200, discovery.KindMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := &fake{respond: func(r *http.Request) *http.Response {
				if strings.HasSuffix(r.URL.Path, "/keys") {
					return response(test.status, test.keys)
				}
				return response(http.StatusOK, document(issuer).text())
			}}
			got, err := discovery.Fetch(t.Context(), issuer, discovery.Options{HTTPClient: network.client(), FetchKeys: true})
			assert.Equal(t, []string{issuer + openIDPath, issuer + "/keys"}, network.urls())
			if test.kind == 0 {
				require.NoError(t, err)
				set, err := got.Keys().Get(t.Context())
				require.NoError(t, err)
				assert.Len(t, set.Keys, 1)
				assert.Len(t, network.urls(), 2, "fetched once more")
				return
			}
			assert.Nil(t, got)
			assert.Equal(t, test.kind, failure(t, err).Kind, err)
			assert.Equal(t, issuer+"/keys", failure(t, err).Address)
		})
	}
}

// TestCallersClientIsUntouched gives one with all fields set.
func TestCallersClientIsUntouched(t *testing.T) {
	t.Parallel()
	s := serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		assert.Empty(t, r.Cookies())
		good(url, w, r)
	})
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	address, err := url.Parse(s.URL)
	require.NoError(t, err)
	jar.SetCookies(address, []*http.Cookie{{Name: "session", Value: "canary"}})
	client := ownClient(t)
	transport := client.Transport
	client.Jar, client.Timeout = jar, time.Minute
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("the caller's") }
	_, err = discovery.Fetch(t.Context(), s.URL, discovery.Options{HTTPClient: client, FetchKeys: true})
	require.NoError(t, err)
	assert.Same(t, transport, client.Transport)
	assert.Equal(t, jar, client.Jar)
	assert.Equal(t, time.Minute, client.Timeout)
	require.EqualError(t, client.CheckRedirect(nil, nil), "the caller's")
	assert.Len(t, jar.Cookies(address), 1)
}
