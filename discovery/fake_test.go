// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"encoding/json"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

const issuer = "https://as.example"

// object is a JSON object; a member that is nil is null.
type object map[string]any

func (o object) text() string {
	text, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// with returns a copy with other members.
func (o object) with(name string, value any) object {
	o = maps.Clone(o)
	o[name] = value
	return o
}

func (o object) without(names ...string) object {
	o = maps.Clone(o)
	for _, name := range names {
		delete(o, name)
	}
	return o
}

// document is one that the strictest policy takes.
func document(issuer string) object {
	base := strings.TrimSuffix(issuer, "/")
	return object{"issuer": issuer, "token_endpoint": base + "/token", "jwks_uri": base + "/keys"}
}

// fake is a network: documents by URL, 404 for every other.
type fake struct {
	documents map[string]string
	respond   func(*http.Request) *http.Response // instead of documents

	mutex sync.Mutex
	seen  []string // URLs, in order
}

func (f *fake) RoundTrip(request *http.Request) (*http.Response, error) {
	f.mutex.Lock()
	f.seen = append(f.seen, request.URL.String())
	f.mutex.Unlock()
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	if f.respond != nil {
		return f.respond(request), nil
	}
	if body, ok := f.documents[request.URL.String()]; ok {
		return response(http.StatusOK, body), nil
	}
	return response(http.StatusNotFound, "nothing"), nil
}

func (f *fake) client() *http.Client { return &http.Client{Transport: f} }

func (f *fake) urls() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.seen)
}

// response is one of a fake; header are pairs of name and value.
func response(status int, body string, header ...string) *http.Response {
	made := &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1,
	}
	for i := 0; i < len(header); i += 2 {
		made.Header.Set(header[i], header[i+1])
	}
	return made
}

// fetch fetches a document that the network has at the OpenID address of the
// issuer, whatever its own issuer is.
func fetch(t *testing.T, body string, options discovery.Options) (*discovery.Metadata, error) {
	t.Helper()
	network := &fake{documents: map[string]string{issuer + "/.well-known/openid-configuration": body}}
	options.HTTPClient = network.client()
	return discovery.Fetch(t.Context(), issuer, options)
}

// failure returns the Error that err has to be.
func failure(t *testing.T, err error) *discovery.Error {
	t.Helper()
	var failure *discovery.Error
	require.ErrorAs(t, err, &failure)
	return failure
}

// broken returns what a document breaks, as member: rule.
func broken(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	found := failure(t, err)
	require.Equal(t, discovery.KindPolicy, found.Kind, err.Error())
	var list []string
	for _, violation := range found.Violations {
		list = append(list, violation.Member+": "+string(violation.Rule))
	}
	return list
}

// server is a real one on a loopback socket, which counts its requests by path.
type server struct {
	*httptest.Server
	mutex sync.Mutex
	seen  map[string]int
}

// serve starts a server that ends with the test. handle gets its URL.
func serve(t *testing.T, handle func(url string, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{seen: map[string]int{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mutex.Lock()
		s.seen[r.URL.Path]++
		s.mutex.Unlock()
		handle("http://"+r.Host, w, r)
	}))
	// An address of its own, where there are more than one: the port of a server that
	// was closed goes to another test at once.
	octets := random(2)
	own := net.JoinHostPort(net.IPv4(127, 99, octets[0], 2+octets[1]%253).String(), "0")
	if listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", own); err == nil {
		_ = s.Listener.Close()
		s.Listener = listener
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) count(path string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.seen[path]
}

// good answers with a document and two keys.
func good(url string, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case openIDPath:
		_, _ = io.WriteString(w, document(url).text())
	case "/keys":
		_, _ = io.WriteString(w, keySet(ecKey("one"), ecKey("two")))
	default:
		http.NotFound(w, r)
	}
}

const openIDPath = "/.well-known/openid-configuration"

// ownClient returns a client with connections of its own, closed with the test.
func ownClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// quiet is a log that nobody reads.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
