// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

// server is a running server and a client that does not follow redirects.
type server struct {
	*authserver.Server

	http *http.Client
}

// start runs a server for the time of the test.
func start(t *testing.T, opts authserver.Options) server {
	t.Helper()
	srv, err := authserver.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	t.Cleanup(transport.CloseIdleConnections)
	return server{srv, &http.Client{
		Transport:     transport,
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// reply is a response that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	json   map[string]any // nil if the body is not a JSON object
}

func (r reply) str(name string) string {
	s, _ := r.json[name].(string)
	return s
}

// auth puts client credentials into a request.
type auth func(header http.Header, form url.Values)

// basic encodes the credentials as RFC 6749 §2.3.1 requires.
func basic(id, secret string) auth {
	return rawBasic(url.QueryEscape(id), url.QueryEscape(secret))
}

// rawBasic does not form-encode the credentials.
func rawBasic(id, secret string) auth {
	return func(h http.Header, _ url.Values) {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
	}
}

func inBody(id, secret string) auth {
	return func(_ http.Header, form url.Values) {
		form.Set("client_id", id)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
}

// demo is the confidential client that may use every grant.
func demo() auth { return basic(authserver.ClientID, authserver.ClientSecret) }

// public is the client without a secret.
func public() auth { return inBody(authserver.PublicClientID, "") }

// send sends a form; parameters are name, value, name, value, and so on.
func (s server) send(t *testing.T, endpoint string, a auth, parameters ...string) reply {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		form.Add(parameters[i], parameters[i+1])
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if a != nil {
		a(header, form)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header = header
	return s.do(t, req)
}

// token sends a form to the token endpoint.
func (s server) token(t *testing.T, a auth, parameters ...string) reply {
	t.Helper()
	return s.send(t, s.TokenEndpoint(), a, parameters...)
}

// get opens a URL.
func (s server) get(t *testing.T, target string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, http.NoBody)
	require.NoError(t, err)
	return s.do(t, req)
}

// bearer sends a request with an access token, and with a JSON body unless that
// is empty.
func (s server) bearer(t *testing.T, method, target, token, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return s.do(t, req)
}

func (s server) do(t *testing.T, req *http.Request) reply {
	t.Helper()
	resp, err := s.http.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)

	r := reply{status: resp.StatusCode, header: resp.Header, body: string(body)}
	_ = json.Unmarshal(body, &r.json)
	return r
}

// requireToken checks what every token answer has.
func requireToken(t *testing.T, r reply) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.body)
	require.NotEmpty(t, r.str("access_token"))
	require.Equal(t, "Bearer", r.str("token_type"))
	require.Len(t, strings.Split(r.str("access_token"), "."), 3, "a JWT of the server")
	require.Contains(t, r.header.Get("Cache-Control"), "no-store")
}

// requireError checks the status and the OAuth error code.
func requireError(t *testing.T, r reply, status int, code string) {
	t.Helper()
	require.Equal(t, status, r.status, r.body)
	require.Equal(t, code, r.str("error"), r.body)
	require.Equal(t, status == http.StatusUnauthorized, r.header.Get("WWW-Authenticate") != "", "challenge with 401")
}

// claims returns the payload of a JWT without a check of the signature.
func claims(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var c map[string]any
	require.NoError(t, json.Unmarshal(payload, &c))
	return c
}
