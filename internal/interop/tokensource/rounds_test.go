// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// TestProcessesShareOneFileStore: whenever the goroutines of four processes want a
// new token at the same time, one refresh serves them all.
func TestProcessesShareOneFileStore(t *testing.T) {
	t.Parallel()
	server, dir := oidcprovider.New(t, oidcprovider.Options{}), t.TempDir()
	client := newClient(t, server)
	first := signIn(t, server, client)
	source := newSource(t, client, dir)
	require.NoError(t, source.SetToken(t.Context(), &tokenclient.TokenResponse{RefreshToken: first.RefreshToken, IDToken: first.IDToken}))
	require.NoError(t, source.Close())
	var processes []*process
	for range 4 {
		processes = append(processes, startProcess(t, "rounds", dir, server))
	}
	rounds, refreshes := soak(t), map[*process]int{}
	token, refreshToken := "", first.RefreshToken
	for n := range rounds {
		for _, p := range processes {
			_, err := fmt.Fprintln(p.in, n)
			require.NoError(t, err)
		}
		var sent []string
		got := map[string]bool{}
		next := ""
		for _, p := range processes {
			for _, e := range p.until(t, printsRound) {
				switch e.kind {
				case printsSent:
					sent = append(sent, e.words...)
					refreshes[p]++
				case printsGot:
					next = e.words[1]
				case printsRound:
					for _, word := range e.words {
						got[word] = true
					}
				}
			}
		}
		require.Equal(t, []string{refreshGrant, refreshToken}, sent, "one refresh, with the refresh token of the last one")
		require.Len(t, got, 1, "one token for all")
		require.NotContains(t, got, token, "a new one")
		for token = range got {
			require.True(t, isActive(t, client, token))
		}
		refreshToken = next
	}
	var shares []int
	for _, p := range processes {
		shares = append(shares, refreshes[p])
	}
	t.Logf("%d rounds of 4 processes with %d goroutines each, one refresh per round; by process: %v", rounds, goroutines, shares)
	assertNeverRefused(t, server, client, first.RefreshToken)
}
