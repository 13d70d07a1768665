// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func fixed(value, tokenType string) tokensource.Source {
	return tokensource.SourceFunc(func(context.Context) (tokenclient.Token, error) {
		return tokenclient.NewToken(value, tokenType, time.Time{}), nil
	})
}

// recording answers in memory, and keeps the header that was sent.
type recording struct{ header http.Header }

func (r *recording) RoundTrip(request *http.Request) (*http.Response, error) {
	r.header = request.Header
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: request}, nil
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	origins := []string{"https://api.example", "HTTPS://Other.example:8443/", "http://localhost:8080", "http://[::1]", "https://xn--bcher-kva.example:443"}
	for address, listed := range map[string]bool{
		"https://api.example/path?query":              true,
		"https://api.example:443/":                    true,
		"HTTPS://API.example":                         true,
		"https://other.example:8443/":                 true,
		"http://localhost:8080/a":                     true,
		"http://[::1]/a":                              true,
		"http://[::1]:80/a":                           true,
		"https://xn--bcher-kva.example":               true,
		"http://api.example/":                         false,
		"http://api.example:443/":                     false,
		"https://api.example:8443/":                   false,
		"https://other.example/":                      false,
		"https://sub.api.example/":                    false,
		"https://api.example.":                        false,
		"https://api.example.evil.example/":           false,
		"https://api.example@evil.example/":           false,
		"https://evil.example/?u=https://api.example": false,
		"https://evil.example#@api.example":           false,
		"https://api.exampIe/":                        false,
		"https://api.ex\u0430mple/":                   false,
		"https://\u212A.example/":                     false,
		"https://bücher.example/":                     false,
		"http://localhost/":                           false,
		"https://localhost:8080/":                     false,
		"http://127.0.0.1:8080/":                      false,
		"ftp://api.example/":                          false,
		"//api.example/":                              false,
		"/path":                                       false,
	} {
		for name, allow := range map[string]bool{"refused": false, "untouched": true} {
			t.Run(address+" "+name, func(t *testing.T) {
				t.Parallel()
				target, err := url.Parse(address)
				require.NoError(t, err)
				base := &recording{}
				transport := &tokensource.Transport{Source: fixed("token", "Bearer"), Base: base, Origins: append(origins, "https://k.example"), AllowOtherOrigins: allow}
				request := (&http.Request{Method: http.MethodGet, URL: target, Header: http.Header{"X-Own": {"own"}}}).WithContext(t.Context())
				response, err := transport.RoundTrip(request)
				switch {
				case listed:
					require.NoError(t, err)
					assert.Equal(t, "Bearer token", base.header.Get("Authorization"))
				case allow:
					require.NoError(t, err)
					assert.Equal(t, http.Header{"X-Own": {"own"}}, base.header)
					assert.Same(t, request, response.Request)
				default:
					require.ErrorIs(t, err, tokensource.ErrOtherOrigin)
					assert.Nil(t, base.header)
				}
			})
		}
	}
}

func TestOriginsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "api.example", "//api.example", "https://", "https:///path", "ftp://api.example", "https://api.example/path",
		"https://user@api.example", "https://api.example?query", "https://api.example#fragment", "https://api.example?",
		"https://bücher.example", "http://api.example", "https://a b", "https://*.example/%zz", "null",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			transport := &tokensource.Transport{Source: fixed("token", "Bearer"), Base: &recording{}, Origins: []string{"https://api.example", text}}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example", nil)
			require.NoError(t, err)
			_, err = transport.RoundTrip(request)
			require.ErrorContains(t, err, "Origins[1]")
		})
	}
	transport := &tokensource.Transport{
		Source: fixed("token", "Bearer"), Base: &recording{}, Origins: []string{"http://api.example"}, AllowInsecureHTTP: true,
	}
	status, _ := get(t, transport, http.MethodGet, "http://api.example/", nil)
	assert.Equal(t, http.StatusOK, status)
}

// TestRedirects are followed above the transport.
func TestRedirects(t *testing.T) {
	t.Parallel()
	to := func(address string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, address, http.StatusTemporaryRedirect)
		}
	}
	for name, test := range map[string]struct {
		allow bool
		own   string // a header that the caller has set
	}{"refused": {}, "untouched": {allow: true}, "untouched, own header": {true, "Bearer own"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stranger := newAPI(t, ok)
			strange, err := url.Parse(stranger.URL)
			require.NoError(t, err)
			a := newAPI(t, to("/again"), to("http://localhost:"+strange.Port()))
			transport := newTransport(t, fixed("token", "Bearer"), a)
			transport.AllowOtherOrigins = test.allow
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL, nil)
			require.NoError(t, err)
			if test.own != "" {
				request.Header.Set("Authorization", test.own)
			}
			response, err := (&http.Client{Transport: transport}).Do(request)
			assert.Equal(t, []string{"Bearer token", "Bearer token"}, a.sent("Authorization"), "the same origin keeps it")
			if !test.allow {
				require.ErrorIs(t, err, tokensource.ErrOtherOrigin)
				assert.Zero(t, stranger.calls())
				return
			}
			require.NoError(t, err)
			_ = response.Body.Close()
			assert.Equal(t, []string{""}, stranger.sent("Authorization"))
			assert.Equal(t, []string{""}, stranger.sent("DPoP"))
		})
	}
}

// nothing answers in memory without an allocation of its own.
type nothing struct{ response http.Response }

func (n *nothing) RoundTrip(*http.Request) (*http.Response, error) { return &n.response, nil }

// maxAdded is how many allocations a Transport may add to a request.
const maxAdded = 4

func TestTransportAllocations(t *testing.T) { //nolint:paralleltest // testing.AllocsPerRun counts the whole process
	source := (&issuer{lifetime: time.Hour}).cached()
	defer source.Close()
	base := &nothing{http.Response{StatusCode: http.StatusOK, Body: http.NoBody}}
	transport := &tokensource.Transport{Source: source, Base: base, Origins: []string{"https://other.example", "https://api.example"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example/path", nil)
	require.NoError(t, err)
	request.Header = http.Header{"Accept": {"application/json"}, "User-Agent": {"test"}, "X-A": {"a"}, "X-B": {"b"}}
	allocations := testing.AllocsPerRun(1000, func() {
		if _, err := transport.RoundTrip(request); err != nil {
			t.Fatal(err)
		}
	})
	assert.LessOrEqual(t, allocations, float64(maxAdded))
}

func BenchmarkTransport(b *testing.B) {
	source := (&issuer{lifetime: time.Hour}).cached()
	defer source.Close()
	base := &nothing{http.Response{StatusCode: http.StatusOK, Body: http.NoBody}}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.example/path", nil)
	require.NoError(b, err)
	request.Header = http.Header{"Accept": {"application/json"}, "User-Agent": {"test"}}
	for name, transport := range map[string]http.RoundTripper{
		"ours":    &tokensource.Transport{Source: source, Base: base, Origins: []string{"https://api.example"}},
		"minimal": minimal{base},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				response, err := transport.RoundTrip(request)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
			}
		})
	}
}

// minimal is the least that a transport can do.
type minimal struct{ base http.RoundTripper }

func (m minimal) RoundTrip(request *http.Request) (*http.Response, error) {
	clone := request.WithContext(request.Context())
	clone.Header = make(http.Header, len(request.Header)+1)
	for name, values := range request.Header {
		clone.Header[name] = values
	}
	clone.Header["Authorization"] = []string{"Bearer token"}
	return m.base.RoundTrip(clone)
}
