// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// longestLife is how long a process lives at most after it has begun.
const longestLife = 30 * time.Millisecond

// history is what the processes have told about what they have sent and got.
type history struct {
	sent     map[string]bool   // refresh tokens
	pairs    map[string]string // refresh token to the access token it came with
	old, new string            // the last two refresh tokens
	grant    string            // the grant type that was sent last
	spent    string            // a refresh token that was traded in

	refreshes, logins int
}

// add takes down what a process has printed.
func (h *history) add(t *testing.T, events []event) {
	t.Helper()
	for _, e := range events {
		switch e.kind {
		case printsSent:
			h.old = h.new // what had come is saved, or the next one would not be sent
			h.grant = e.words[0]
			if h.grant != refreshGrant {
				continue
			}
			require.False(t, h.sent[e.words[1]], "a refresh token was sent twice")
			require.Equal(t, h.new, e.words[1], "an old refresh token was sent")
			h.sent[e.words[1]] = true
		case printsGot:
			h.old, h.new = h.new, e.words[1]
			h.pairs[h.new] = e.words[0]
			if h.grant == refreshGrant {
				h.spent = h.old
				h.refreshes++
			} else {
				h.logins++
			}
		}
	}
}

// storedPair is the part of what is in the store that matters here.
type storedPair struct {
	Format       int    `json:"format"`
	RefreshToken string `json:"refresh_token"`
	Claim        string `json:"claim"`
	Tokens       []struct {
		AccessToken string `json:"access_token"`
	} `json:"tokens"`
}

func loadPair(t *testing.T, dir string) storedPair {
	t.Helper()
	data, _, err := newFile(t, dir).Load(t.Context(), sessionKey)
	require.NoError(t, err)
	var pair storedPair
	require.NoError(t, json.Unmarshal(data, &pair), "the store is corrupt")
	require.Equal(t, 1, pair.Format)
	require.Len(t, pair.Tokens, 1)
	return pair
}

// TestProcessIsKilledAnywhere: after each kill the store has the old pair or the new
// one. The next process goes on with it, unless the refresh token may have been sent
// and its answer is lost: then it says so, does not send it again, and the user logs
// in.
func TestProcessIsKilledAnywhere(t *testing.T) {
	t.Parallel()
	server, dir := oidcprovider.New(t, oidcprovider.Options{}), t.TempDir()
	client := newClient(t, server)
	h := &history{sent: map[string]bool{}, pairs: map[string]string{}}
	kills, outcomes, begin := soak(t), map[string]int{}, beganEmpty
	for range kills {
		p := startProcess(t, "refresh", dir, server)
		events := p.until(t, printsBegan)
		require.Equal(t, []string{begin}, events[len(events)-1].words, "how a process begins after a kill")
		h.add(t, events)
		time.Sleep(rand.N(longestLife))
		h.add(t, p.kill(t))
		var outcome string
		begin, outcome = h.judge(t, client, loadPair(t, dir))
		outcomes[outcome]++
	}
	p := startProcess(t, "refresh", dir, server) // after the last kill
	events := p.until(t, printsBegan)
	require.Equal(t, []string{begin}, events[len(events)-1].words)
	p.kill(t)
	t.Logf("%d kills, which left %v; %d refreshes, %d logins", kills, outcomes, h.refreshes, h.logins)
	assertNeverRefused(t, server, client, h.spent)
}

// judge checks what a kill has left, and returns how the next process must begin.
func (h *history) judge(t *testing.T, client *tokenclient.Client, pair storedPair) (begin, outcome string) {
	t.Helper()
	require.Contains(t, []string{h.old, h.new}, pair.RefreshToken, "neither the old pair nor the new one")
	require.Equal(t, h.pairs[pair.RefreshToken], pair.Tokens[0].AccessToken, "half a pair")
	took := "the old pair"
	if pair.RefreshToken == h.new {
		took = "the new pair"
	}
	active := isActive(t, client, pair.RefreshToken)
	kept := h.new
	h.old, h.new = pair.RefreshToken, pair.RefreshToken
	switch {
	case pair.Claim == "":
		require.False(t, h.sent[pair.RefreshToken], "it was sent, and the store does not say so")
		require.True(t, active, "the server does not take it")
		return beganGood, took
	case !h.sent[pair.RefreshToken]:
		require.True(t, active)
		return beganLost, "a claim, not sent"
	case kept != pair.RefreshToken:
		return beganLost, "a lost answer that had come"
	case active:
		return beganLost, "a lost answer, not spent"
	}
	return beganLost, "a lost answer, spent"
}
