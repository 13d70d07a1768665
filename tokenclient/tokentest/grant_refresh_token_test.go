// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest_test

import (
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

func refresh(t *testing.T, server *tokentest.Server, refreshToken string, pairs ...string) reply {
	t.Helper()
	return token(t, server, append(pairs, "grant_type", "refresh_token", "refresh_token", refreshToken)...)
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	server := start(t)
	first := server.IssueRefreshToken(tokentest.RefreshGrant{Scope: "a b"})
	assert.True(t, server.TokenActive(first))
	got := refresh(t, server, first)
	_, second := requireTokens(t, got)
	assert.Equal(t, "a b", got.field("scope"))
	assert.NotEqual(t, first, second)
	assert.False(t, server.TokenActive(first))
	assert.True(t, server.TokenActive(second))
	requireTokens(t, refresh(t, server, second))
}

func TestRefreshTokenReuseRevokesTheFamily(t *testing.T) {
	t.Parallel()
	server := start(t)
	first := server.IssueRefreshToken(tokentest.RefreshGrant{})
	stranger := server.IssueRefreshToken(tokentest.RefreshGrant{})
	firstAccess, second := requireTokens(t, refresh(t, server, first))
	secondAccess, third := requireTokens(t, refresh(t, server, second))

	requireOAuthError(t, refresh(t, server, first), 400, "invalid_grant")
	for _, value := range []string{firstAccess, secondAccess, first, second, third} {
		assert.False(t, server.TokenActive(value), value)
	}
	requireOAuthError(t, refresh(t, server, third), 400, "invalid_grant")
	assert.True(t, server.TokenActive(stranger), "another authorization must not suffer")
}

func TestConcurrentRefreshHasOneWinner(t *testing.T) {
	t.Parallel()
	server := start(t)
	refreshToken := server.IssueRefreshToken(tokentest.RefreshGrant{})
	var winners atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			response, err := server.HTTPClient().PostForm(server.TokenURL(), url.Values{
				"grant_type": {"refresh_token"}, "refresh_token": {refreshToken},
			})
			if !assert.NoError(t, err) {
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				winners.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, winners.Load())
}

func TestRefreshScope(t *testing.T) {
	t.Parallel()
	server := start(t)
	first := server.IssueRefreshToken(tokentest.RefreshGrant{Scope: "a b"})
	requireOAuthError(t, refresh(t, server, first, "scope", "a c"), 400, "invalid_scope")
	assert.True(t, server.TokenActive(first), "a refused scope must not spend the token")
	got := refresh(t, server, first, "scope", "b")
	_, second := requireTokens(t, got)
	assert.Equal(t, "b", got.field("scope"))
	assert.Equal(t, "a b", refresh(t, server, second).field("scope"), "the new token keeps the whole scope")
}

func TestRefreshErrors(t *testing.T) {
	t.Parallel()
	server := start(t)
	requireOAuthError(t, refresh(t, server, "never-issued"), 400, "invalid_grant")
	requireOAuthError(t, refresh(t, server, ""), 400, "invalid_request")
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	server := start(t)
	refreshToken := server.IssueRefreshToken(tokentest.RefreshGrant{})
	accessToken, successor := requireTokens(t, refresh(t, server, refreshToken))
	assert.True(t, server.RevokeToken(accessToken))
	assert.False(t, server.TokenActive(accessToken))
	assert.False(t, server.TokenActive(successor))
	requireOAuthError(t, refresh(t, server, successor), 400, "invalid_grant")

	other := server.IssueRefreshToken(tokentest.RefreshGrant{})
	assert.True(t, server.RevokeToken(other))
	assert.False(t, server.TokenActive(other))
	assert.False(t, server.RevokeToken("never-issued"))
	assert.False(t, server.TokenActive("never-issued"))
}
