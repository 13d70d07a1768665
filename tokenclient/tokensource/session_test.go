// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func TestSessionIsStoredWhole(t *testing.T) {
	t.Parallel()
	now := time.Now()
	before := newSession(&tokenclient.TokenResponse{RefreshToken: "rt", IDToken: "id"}, now)
	target := Target{Scope: "b a", Resource: []string{"https://b.example", "https://a.example"}, Parameters: url.Values{"audience": {"x", "y"}}}
	before = before.refreshed(target, &tokenclient.TokenResponse{AccessToken: "at<>&", TokenType: "Bearer", Scope: "a"}, now)
	before = before.claimedAs("claim", now)
	data, err := encodeSession(before)
	require.NoError(t, err)
	after, ok := decodeSession(data)
	require.True(t, ok)
	assert.Equal(t, "rt", after.refreshToken)
	assert.Equal(t, "id", after.idToken)
	assert.Equal(t, "claim", after.claim)
	assert.True(t, now.Equal(after.claimed))
	g := after.grants[target.key()]
	require.NotNil(t, g)
	assert.Equal(t, "at<>&", g.token.AccessToken())
	assert.Equal(t, "a", g.scope)
	assert.True(t, now.Equal(g.issued))
	assert.True(t, g.token.Expiry.IsZero())
	again, err := encodeSession(after)
	require.NoError(t, err)
	assert.Equal(t, string(data), string(again))
}

func TestOnlyASessionIsDecoded(t *testing.T) {
	t.Parallel()
	for _, data := range []string{
		"", "null", "{}", "[]", `{"format":1}x`, `{"format":2}`, `{"format":0}`, ` {"format":1}`, `{"format":1,"new":1}`, `{"FORMAT":1}`,
		`{"format":1,"refresh_token":"a","refresh_token":"b"}`, `{"format":1,"refresh_token":""}`, `{"format":1,"refresh_token":1}`,
		`{"format":1,"tokens":[{"access_token":"","issued":"2026-01-01T00:00:00Z"}]}`,
		`{"format":1,"tokens":[{"access_token":"a","issued":"2026-01-01T00:00:00+01:00"}]}`,
		`{"format":1,"tokens":[{"scope":"b a","access_token":"a","issued":"2026-01-01T00:00:00Z"}]}` + "\n",
		`{"format":1,"tokens":[{"access_token":"a","issued":"2026-01-01T00:00:00Z"},{"access_token":"b","issued":"2026-01-01T00:00:00Z"}]}`,
	} {
		_, ok := decodeSession([]byte(data))
		assert.False(t, ok, data)
	}
	_, ok := decodeSession([]byte(`{"format":1}`))
	assert.True(t, ok)
}

func FuzzSession(f *testing.F) {
	for _, seed := range []string{
		`{"format":1}`, `{"format":1,"refresh_token":"rt","claim":"c","claimed":"2026-01-01T00:00:00Z"}`,
		`{"format":1,"tokens":[{"scope":"a","resource":["r"],"parameters":{"p":["v"]},"access_token":"a","issued":"2026-01-01T00:00:00Z"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, ok := decodeSession(data)
		if !ok {
			return
		}
		again, err := encodeSession(s)
		require.NoError(t, err)
		require.Equal(t, string(data), string(again))
		for _, g := range s.grants {
			require.NotEmpty(t, g.token.AccessToken())
		}
	})
}

// FuzzTargetKey: equal keys exactly for Targets that ask for the same.
func FuzzTargetKey(f *testing.F) {
	f.Add("a b", "r", "p", "v", "b a", "r", "p", "v")
	f.Add("", "", "", "", "a", "", "", "")
	f.Add("a", `" r"b`, "p", "v", `a" r"`, "b", "p", "v")
	f.Fuzz(func(t *testing.T, scope1, resource1, name1, value1, scope2, resource2, name2, value2 string) {
		one := Target{Scope: scope1, Resource: []string{resource1}, Parameters: url.Values{name1: {value1}}}
		two := Target{Scope: scope2, Resource: []string{resource2}, Parameters: url.Values{name2: {value2}}}
		same := strings.Join(sortedSet(strings.Fields(scope1)), " ") == strings.Join(sortedSet(strings.Fields(scope2)), " ") &&
			resource1 == resource2 && name1 == name2 && value1 == value2
		require.Equal(t, same, one.key() == two.key())
		require.Equal(t, one.key(), one.normal().key())
	})
}

func TestZeroTargetsAreOne(t *testing.T) {
	t.Parallel()
	for _, target := range []Target{{}, {Scope: " "}, {Resource: []string{}}, {Parameters: url.Values{"p": nil}}} {
		assert.Empty(t, target.key())
	}
	assert.NotEmpty(t, Target{Resource: []string{""}}.key())
	given := Target{Resource: []string{"r"}, Parameters: url.Values{"p": {"v"}}}
	own := given.normal() // a refresh goes on when its caller has left
	given.Resource[0], given.Parameters["p"][0] = "changed", "changed"
	assert.Equal(t, Target{Resource: []string{"r"}, Parameters: url.Values{"p": {"v"}}}, own)
	assert.NotEqual(t, Target{Parameters: url.Values{"p": {"a", "b"}}}.key(), Target{Parameters: url.Values{"p": {"b", "a"}}}.key())
}

func TestSessionKeepsSoManyTokens(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newSession(&tokenclient.TokenResponse{RefreshToken: "rt"}, now)
	for i := range 3 * maxGrants {
		s = s.refreshed(Target{Scope: strings.Repeat("s", i+1)}, &tokenclient.TokenResponse{AccessToken: "at"}, now)
	}
	assert.Len(t, s.grants, maxGrants)
}

func TestExpiredByEitherClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	assert.True(t, isBefore(now, now.Add(time.Second)))
	assert.False(t, isBefore(now.Add(time.Second), now))
	wall := now.Add(-time.Hour).Round(0) // the wall clock went on while the machine slept
	assert.False(t, isBefore(now, wall))
}

// TestSessionIsKeptAsItIsInMemory: but for what has changed in the store.
func TestSessionIsKeptAsItIsInMemory(t *testing.T) {
	t.Parallel()
	now := time.Now()
	memory := newSession(&tokenclient.TokenResponse{RefreshToken: "rt"}, now)
	for _, scope := range []string{"same", "renewed", "longer", "gone"} {
		memory = memory.refreshed(Target{Scope: scope}, &tokenclient.TokenResponse{AccessToken: scope, ExpiresIn: time.Hour}, now)
	}
	data, err := encodeSession(memory)
	require.NoError(t, err)
	stored, ok := decodeSession(data)
	require.True(t, ok)
	delete(stored.grants, Target{Scope: "gone"}.key())
	stored = stored.refreshed(Target{Scope: "renewed"}, &tokenclient.TokenResponse{AccessToken: "new", ExpiresIn: time.Hour}, now)
	stored = stored.refreshed(Target{Scope: "longer"}, &tokenclient.TokenResponse{AccessToken: "longer", ExpiresIn: 2 * time.Hour}, now)
	kept := stored.keeping(memory)
	assert.Len(t, kept.grants, 3)
	for scope, want := range map[string]*session{"same": memory, "renewed": stored, "longer": stored} {
		assert.Same(t, want.grants[Target{Scope: scope}.key()], kept.grants[Target{Scope: scope}.key()], scope)
	}
	assert.Same(t, stored, stored.keeping(nil))
}
