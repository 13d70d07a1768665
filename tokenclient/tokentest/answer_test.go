// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer tokentest.Answer
		status int
		header map[string]string
		body   string
	}{
		"zero value": {
			status: http.StatusOK,
			header: map[string]string{"Content-Type": "", "Content-Length": "0", "Retry-After": ""},
		},
		"body only": {
			answer: tokentest.Answer{Body: "{}"},
			status: http.StatusOK, body: "{}",
			header: map[string]string{"Content-Type": "application/json"},
		},
		"everything": {
			answer: tokentest.Answer{
				Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<p>busy",
				RetryAfter: "soon", Header: http.Header{"x-one": {"1"}},
			},
			status: http.StatusServiceUnavailable, body: "<p>busy",
			header: map[string]string{"Content-Type": "text/html", "Retry-After": "soon", "X-One": "1"},
		},
		"content type in the header": {
			answer: tokentest.Answer{Body: "x", Header: http.Header{"Content-Type": {"text/plain"}}},
			status: http.StatusOK, body: "x",
			header: map[string]string{"Content-Type": "text/plain"},
		},
		"no content": {
			answer: tokentest.Answer{Status: http.StatusNoContent},
			status: http.StatusNoContent,
		},
		"JSON": {
			answer: tokentest.JSON(http.StatusCreated, map[string]int{"a": 1}),
			status: http.StatusCreated, body: `{"a":1}`,
			header: map[string]string{"Content-Type": "application/json"},
		},
		"JSON that is none": {
			answer: tokentest.JSON(http.StatusOK, func() {}),
			status: http.StatusInternalServerError, body: "tokentest: json: unsupported type: func()",
			header: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
		},
		"OAuth error": {
			answer: tokentest.OAuthError(http.StatusBadRequest, "invalid_grant", "too late"),
			status: http.StatusBadRequest, body: `{"error":"invalid_grant","error_description":"too late"}`,
			header: map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json"},
		},
		"OAuth error without a description": {
			answer: tokentest.OAuthError(http.StatusUnauthorized, "invalid_client", ""),
			status: http.StatusUnauthorized, body: `{"error":"invalid_client"}`,
		},
		"redirect": {
			answer: tokentest.Redirect(http.StatusTemporaryRedirect, "https://other.example/token"),
			status: http.StatusTemporaryRedirect,
			header: map[string]string{"Location": "https://other.example/token"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.Enqueue("/x", test.answer)
			got := get(t, server, server.URL()+"/x")
			assert.Equal(t, test.status, got.status)
			assert.Equal(t, test.body, got.body)
			for name, value := range test.header {
				assert.Equal(t, value, got.header.Get(name), name)
			}
		})
	}
}

func TestEnqueueIsInOrderThenDefault(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Status: 500}, tokentest.Answer{Status: 501})
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Status: 502})
	server.Enqueue("/other", tokentest.Answer{Status: 418})
	var got []int
	for range 4 {
		got = append(got, token(t, server, "grant_type", "client_credentials").status)
	}
	assert.Equal(t, []int{500, 501, 502, 200}, got)
	assert.Equal(t, 418, get(t, server, server.URL()+"/other").status)
	assert.Equal(t, http.StatusNotFound, get(t, server, server.URL()+"/other").status)
}

func TestEnqueueCopies(t *testing.T) {
	t.Parallel()
	server := start(t)
	header := http.Header{"X-One": {"1"}}
	server.Enqueue("/x", tokentest.Answer{Header: header})
	header.Set("X-One", "2")
	assert.Equal(t, "1", get(t, server, server.URL()+"/x").header.Get("X-One"))
}

func TestHandle(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Handle("/introspect", func(r tokentest.Request) tokentest.Answer {
		return tokentest.JSON(http.StatusOK, map[string]any{"active": r.Form.Get("token") == "good"})
	})
	introspect := func(token string) reply {
		return post(t, server, server.URL()+"/introspect", url.Values{"token": {token}})
	}
	assert.JSONEq(t, `{"active":true}`, introspect("good").body)
	assert.JSONEq(t, `{"active":false}`, introspect("bad").body)
	server.Enqueue("/introspect", tokentest.Answer{Status: 500}, tokentest.Answer{Default: true, Status: 500})
	assert.Equal(t, 500, introspect("good").status, "the script comes first")
	assert.Equal(t, 200, introspect("good").status)
	server.Handle("/introspect", nil)
	assert.Equal(t, 404, introspect("good").status)
}

func TestHandleGivesBack(t *testing.T) {
	t.Parallel()
	server := start(t)
	server.Handle(tokentest.TokenPath, func(r tokentest.Request) tokentest.Answer {
		return tokentest.Answer{
			Default:    r.Form.Get("scope") != "mine",
			Body:       "mine",
			RetryAfter: "9",
			Header:     http.Header{"X-One": {"1"}},
		}
	})
	got := token(t, server, "grant_type", "client_credentials", "scope", "api")
	requireTokens(t, got)
	assert.Equal(t, "1", got.header.Get("X-One"))
	assert.Equal(t, "9", got.header.Get("Retry-After"))
	assert.Equal(t, "mine", token(t, server, "grant_type", "client_credentials", "scope", "mine").body)
}

func TestFaultsBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault tokentest.Fault
		want  string
	}{
		"reset": {fault: tokentest.ResetBeforeAnswer, want: "connection reset by peer"},
		"close": {fault: tokentest.CloseBeforeAnswer, want: "EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.Enqueue(tokentest.TokenPath, tokentest.Answer{Body: "never seen", Fault: test.fault})
			form := url.Values{"grant_type": {"client_credentials"}}
			_, err := server.HTTPClient().PostForm(server.TokenURL(), form)
			require.ErrorContains(t, err, test.want)
			require.Len(t, server.TokenRequests(), 1)
			assert.Equal(t, form, server.TokenRequests()[0].Form, "the request is read whole")
			requireTokens(t, post(t, server, server.TokenURL(), form))
		})
	}
}

func TestTruncateBody(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body, want string
		length     int64
	}{
		"half":  {body: `{"access_token":"abc"}`, want: `{"access_to`, length: 22},
		"one":   {body: "x", length: 1},
		"empty": {length: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			server.Enqueue("/x", tokentest.Answer{Body: test.body, Fault: tokentest.TruncateBody})
			response, err := server.HTTPClient().Get(server.URL() + "/x")
			require.NoError(t, err)
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Equal(t, test.want, string(body))
			assert.Equal(t, test.length, response.ContentLength)
		})
	}
}

func TestDefaultWithFaultHasItsEffects(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]tokentest.Fault{
		"reset": tokentest.ResetBeforeAnswer, "close": tokentest.CloseBeforeAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			refreshToken := server.IssueRefreshToken(tokentest.RefreshGrant{})
			form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}}
			server.Enqueue(tokentest.TokenPath, tokentest.Answer{Fault: fault}, tokentest.Answer{Default: true, Fault: fault})
			_, err := server.HTTPClient().PostForm(server.TokenURL(), form)
			require.Error(t, err)
			require.True(t, server.TokenActive(refreshToken), "without Default nothing is processed")
			_, err = server.HTTPClient().PostForm(server.TokenURL(), form)
			require.Error(t, err)
			require.False(t, server.TokenActive(refreshToken))
			requireOAuthError(t, post(t, server, server.TokenURL(), form), 400, "invalid_grant")
		})
	}
}
