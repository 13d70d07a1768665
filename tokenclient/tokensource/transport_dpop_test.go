// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

const asksForNonce = `DPoP realm="a, b", error="use_dpop_nonce"`

type claims struct{ JTI, HTU, HTM, ATH, Nonce string }

// proofOf returns the claims of a proof; verifying it is the matter of package dpop.
func proofOf(t *testing.T, header string) (read claims) {
	t.Helper()
	parts := strings.Split(header, ".")
	if !assert.Len(t, parts, 3) {
		return read
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	assert.NoError(t, err)
	assert.NoError(t, json.Unmarshal(data, &read))
	return read
}

// withNonce adds a nonce to an answer.
func withNonce(nonce string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("DPoP-Nonce", nonce)
		answer(w, r)
	}
}

// bound is an issuer of tokens that are bound to a key.
func bound(server *issuer) *tokensource.Cached {
	return tokensource.NewCached(func(ctx context.Context) (*tokenclient.TokenResponse, error) {
		response, err := server.fetch(ctx)
		if response != nil {
			response.TokenType = "DPoP"
		}
		return response, err
	}, tokensource.CachedOptions{})
}

func newBound(t *testing.T, a *api) (*tokensource.Transport, *issuer) {
	t.Helper()
	server := &issuer{lifetime: time.Hour}
	source := bound(server)
	t.Cleanup(source.Close)
	transport := newTransport(t, source, a)
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	transport.Prover = prover
	return transport, server
}

func TestBoundToken(t *testing.T) {
	t.Parallel()
	unauthorized := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }
	broken := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
	invalid := challenged(`DPoP error="invalid_token"`)
	for name, test := range map[string]struct {
		answers []http.HandlerFunc
		status  int
		nonces  []string // of the proofs that were sent
		tokens  int
	}{
		"no nonce":            {[]http.HandlerFunc{ok}, 200, []string{""}, 1},
		"a nonce":             {[]http.HandlerFunc{withNonce("n1", challenged(asksForNonce)), ok}, 200, []string{"", "n1"}, 1},
		"several challenges":  {[]http.HandlerFunc{withNonce("n1", challenged(`Basic x=y, dpop ERROR = "use_dpop_nonce"`)), ok}, 200, []string{"", "n1"}, 1},
		"without a nonce":     {[]http.HandlerFunc{challenged(asksForNonce), ok}, 401, []string{""}, 1},
		"the same nonce":      {[]http.HandlerFunc{withNonce("n1", challenged(asksForNonce))}, 401, []string{"", "n1"}, 1},
		"always another":      {[]http.HandlerFunc{withNonce("n1", challenged(asksForNonce)), withNonce("n2", challenged(asksForNonce)), ok}, 401, []string{"", "n1"}, 1},
		"invalid_dpop_proof":  {[]http.HandlerFunc{withNonce("n1", challenged(`DPoP error="invalid_dpop_proof"`)), ok}, 401, []string{""}, 1},
		"for a Bearer":        {[]http.HandlerFunc{withNonce("n1", challenged(`Bearer error="use_dpop_nonce"`)), ok}, 401, []string{""}, 1},
		"no challenge":        {[]http.HandlerFunc{withNonce("n1", unauthorized), ok}, 401, []string{""}, 1},
		"a server error":      {[]http.HandlerFunc{withNonce("n1", broken), ok}, 500, []string{""}, 1},
		"a renewal":           {[]http.HandlerFunc{invalid, ok}, 200, []string{"", ""}, 2},
		"nonce, then renewal": {[]http.HandlerFunc{withNonce("n1", challenged(asksForNonce)), withNonce("n2", invalid), ok}, 200, []string{"", "n1", "n2"}, 2},
		"renewal, then nonce": {[]http.HandlerFunc{invalid, withNonce("n1", challenged(asksForNonce)), ok}, 200, []string{"", "", "n1"}, 2},
		"both for ever": {[]http.HandlerFunc{
			withNonce("n1", challenged(asksForNonce)), withNonce("n2", invalid), withNonce("n3", challenged(asksForNonce)), withNonce("n4", invalid), ok,
		}, 401, []string{"", "n1", "n2"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, test.answers...)
			transport, server := newBound(t, a)
			status, _ := get(t, transport, http.MethodPost, a.URL+"/path?query", strings.NewReader("body"))
			assert.Equal(t, test.status, status)
			var nonces []string
			seen := map[string]bool{}
			for _, header := range a.sent("DPoP") {
				proof := proofOf(t, header)
				nonces = append(nonces, proof.Nonce)
				assert.False(t, seen[proof.JTI], "each has a proof of its own")
				seen[proof.JTI] = true
				assert.Equal(t, a.URL+"/path", proof.HTU)
				assert.Equal(t, http.MethodPost, proof.HTM)
			}
			assert.Equal(t, test.nonces, nonces)
			assert.EqualValues(t, test.tokens, server.calls.Load())
			assert.Equal(t, "DPoP token-1", a.sent("Authorization")[0])
		})
	}
}

// TestNonceIsRemembered from every response, for every path of the origin.
func TestNonceIsRemembered(t *testing.T) {
	t.Parallel()
	a := newAPI(t, withNonce("n1", challenged(asksForNonce)), ok,
		withNonce("n2", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), ok)
	transport, _ := newBound(t, a)
	for range 100 {
		_, _ = get(t, transport, http.MethodPost, a.URL+"/path", strings.NewReader("body"))
	}
	assert.Equal(t, 101, a.calls(), "one challenge; a server error is not sent again")
	assert.Equal(t, "n1", proofOf(t, a.sent("DPoP")[2]).Nonce)
	assert.Equal(t, "n2", proofOf(t, a.sent("DPoP")[100]).Nonce)
}

// TestNonceRotation: the API accepts the current nonce only, and no request fails.
func TestNonceRotation(t *testing.T) {
	t.Parallel()
	var current atomic.Int64
	var mu sync.Mutex
	challenges := 0
	nonce := func() string { return "nonce-" + string(rune('a'+current.Load())) }
	a := newAPI(t, func(w http.ResponseWriter, r *http.Request) {
		want := nonce()
		w.Header().Set("DPoP-Nonce", want)
		if proofOf(t, r.Header.Get("DPoP")).Nonce != want {
			mu.Lock()
			challenges++
			mu.Unlock()
			challenged(asksForNonce)(w, r)
		}
	})
	transport, _ := newBound(t, a)
	const rotations, workers = 5, 20
	for range rotations {
		current.Add(1)
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for range 3 {
					response, err := (&http.Client{Transport: transport}).Get(a.URL)
					if assert.NoError(t, err) {
						assert.Equal(t, http.StatusOK, response.StatusCode)
						_ = response.Body.Close()
					}
				}
			})
		}
		group.Wait()
	}
	assert.LessOrEqual(t, challenges, rotations*workers)
	assert.GreaterOrEqual(t, challenges, rotations)
}
