// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// nonceHeader returns a header with the nonces.
func nonceHeader(nonces ...string) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	for _, nonce := range nonces {
		header.Add("dpop-nonce", nonce)
	}
	return header
}

// nonceOf returns the nonce that a proof for a URL has, or nil.
func nonceOf(t testing.TB, prover *dpop.Prover, target string) any {
	t.Helper()
	proof, err := prover.Proof("GET", parsed(t, target), "")
	require.NoError(t, err)
	nonce := claims(t, proof)["nonce"]
	if nonce == nil {
		require.Empty(t, prover.Nonce(parsed(t, target)))
	} else {
		require.Equal(t, nonce, prover.Nonce(parsed(t, target)))
	}
	return nonce
}

func TestRemember(t *testing.T) {
	t.Parallel()
	const target = "https://as.example/token"
	prover, address := newProver(t, dpop.Config{}), parsed(t, target)
	assert.Nil(t, nonceOf(t, prover, target), "none is made up")
	prover.Remember(address, nil)
	prover.Remember(address, nonceHeader())
	assert.Nil(t, nonceOf(t, prover, target))

	assert.Equal(t, "one", prover.Remember(address, nonceHeader("one")), "it says what it has taken")
	assert.Equal(t, "one", nonceOf(t, prover, target))
	prover.Remember(address, nonceHeader("one"))
	assert.Empty(t, prover.Remember(address, nonceHeader()))
	assert.Equal(t, "one", nonceOf(t, prover, target))
	prover.Remember(address, nonceHeader("two"))
	assert.Equal(t, "two", nonceOf(t, prover, target))
	prover.Remember(address, nonceHeader("one"))
	assert.Equal(t, "one", nonceOf(t, prover, target))
	assert.Empty(t, prover.Remember(nil, nonceHeader("two")))
}

func TestProofWithNonce(t *testing.T) {
	t.Parallel()
	const target = "https://as.example/token?x=1"
	prover, address := newProver(t, dpop.Config{}), parsed(t, target)
	prover.Remember(address, nonceHeader("known"))
	for nonce, want := range map[string]any{"given": "given", "known": "known", "": nil} {
		proof, err := prover.ProofWithNonce("get", address, "the-token", nonce)
		require.NoError(t, err)
		all := claims(t, proof)
		assert.Equal(t, want, all["nonce"])
		assert.Equal(t, "GET", all["htm"])
		assert.Equal(t, "https://as.example/token", all["htu"])
		assert.NotEmpty(t, all["ath"])
	}
	assert.Equal(t, "known", prover.Nonce(address), "it is not remembered")
	for name, refuse := range map[string]func() (string, error){
		"nonce":  func() (string, error) { return prover.ProofWithNonce("GET", address, "", `a"b`) },
		"method": func() (string, error) { return prover.ProofWithNonce("", address, "", "given") },
		"URL":    func() (string, error) { return prover.ProofWithNonce("GET", nil, "", "given") },
	} {
		proof, err := refuse()
		require.ErrorContains(t, err, name)
		assert.Empty(t, proof)
	}
}

func TestRememberIgnores(t *testing.T) {
	t.Parallel()
	const target = "https://as.example/token"
	prover := newProver(t, dpop.Config{})
	prover.Remember(parsed(t, target), nonceHeader("kept"))
	for name, header := range map[string]http.Header{
		"empty":          nonceHeader(""),
		"two":            nonceHeader("one", "two"),
		"two alike":      nonceHeader("one", "one"),
		"one, and empty": nonceHeader("one", ""),
		"a space":        nonceHeader("on e"),
		"space around":   nonceHeader(" one"),
		"a quote":        nonceHeader(`on"e`),
		"a backslash":    nonceHeader(`on\e`),
		"a control":      nonceHeader("on\x1fe"),
		"a line end":     nonceHeader("on\ne"),
		"delete":         nonceHeader("on\x7fe"),
		"non-ASCII":      nonceHeader("oné"),
		"not UTF-8":      nonceHeader("on\xffe"),
		"far too long":   nonceHeader(strings.Repeat("n", 4097)),
		"another header": {"Dpop": {"one"}, "Nonce": {"one"}},
	} {
		assert.Empty(t, prover.Remember(parsed(t, target), header), name)
		assert.Equal(t, "kept", nonceOf(t, prover, target), name)
	}
	long := strings.Repeat("n", 4096)
	prover.Remember(parsed(t, target), nonceHeader(long))
	assert.Equal(t, long, nonceOf(t, prover, target))
}

func TestNoncesAreOfOneOrigin(t *testing.T) {
	t.Parallel()
	prover := newProver(t, dpop.Config{})
	for _, origin := range []string{
		"https://as.example", "http://as.example", "https://as.example:8443", "https://as.example:80", "https://api.as.example",
		"https://as.example.", "https://[::1]", "https://[::1]:8443",
	} {
		assert.Nil(t, nonceOf(t, prover, origin+"/token"), origin)
		prover.Remember(parsed(t, origin+"/token"), nonceHeader("of:"+origin))
	}
	for target, origin := range map[string]string{
		"https://as.example/other?x=1#f":    "https://as.example",
		"HTTPS://AS.Example:443/":           "https://as.example",
		"https://user:password@as.example:": "https://as.example",
		"http://as.example:80":              "http://as.example",
		"https://as.example:8443/":          "https://as.example:8443",
		"https://as.example:80/":            "https://as.example:80",
		"https://api.as.example/":           "https://api.as.example",
		"https://as.example./":              "https://as.example.",
		"https://[::1]:443":                 "https://[::1]",
		"https://[::1]:8443":                "https://[::1]:8443",
	} {
		assert.Equal(t, "of:"+origin, nonceOf(t, prover, target), target)
	}
	for _, target := range []string{"http://as.example:443/", "https://example/", "http://as.example:8443", "https://[::2]"} {
		assert.Nil(t, nonceOf(t, prover, target), target)
	}
}

// TestProversShareNoNonces, not even those with one key.
func TestProversShareNoNonces(t *testing.T) {
	t.Parallel()
	const target = "https://as.example/token"
	one, other := newProver(t, dpop.Config{}), newProver(t, dpop.Config{})
	one.Remember(parsed(t, target), nonceHeader("nonce"))
	assert.Nil(t, nonceOf(t, other, target))
}

// TestNoncesAreBounded keeps the hundred origins that were heard from last.
func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	prover := newProver(t, dpop.Config{})
	target := func(number int) string { return fmt.Sprintf("https://as%d.example/token", number) }
	hear := func(number int, nonce string) {
		prover.Remember(parsed(t, target(number)), nonceHeader(nonce))
	}
	for number := range 100 {
		hear(number, "one")
	}
	assert.Equal(t, "one", nonceOf(t, prover, target(0)), "a hundred are kept")
	hear(0, "one") // is heard from again, with the same nonce
	hear(1, "two") // and with another

	hear(100, "one")
	hear(101, "one")
	for number, want := range map[int]any{0: "one", 1: "two", 2: nil, 3: nil, 4: "one", 99: "one", 100: "one", 101: "one"} {
		assert.Equal(t, want, nonceOf(t, prover, target(number)), number)
	}
	kept := 0
	for number := range 102 {
		if nonceOf(t, prover, target(number)) != nil {
			kept++
		}
	}
	assert.Equal(t, 100, kept)
}

func TestProverConcurrentUse(t *testing.T) {
	t.Parallel()
	prover := newProver(t, dpop.Config{})
	var all sync.WaitGroup
	var proofs [8][50]string
	origin := func(number int) string { return fmt.Sprintf("https://as%d.example/", number%4) }
	for number := range proofs {
		target := parsed(t, origin(number))
		all.Go(func() {
			for round := range proofs[number] {
				prover.Remember(target, nonceHeader(fmt.Sprint(target, round)))
				proof, err := prover.Proof("POST", target, "token")
				assert.NoError(t, err)
				proofs[number][round] = proof
			}
		})
	}
	for number := range 2 { // more origins than are kept, at the same time
		all.Go(func() {
			for other := range 90 {
				target := &url.URL{Scheme: "https", Host: fmt.Sprintf("other%d-%d.example", number, other)}
				prover.Remember(target, nonceHeader("nonce"))
			}
		})
	}
	all.Wait()
	for number, list := range proofs {
		for _, proof := range list {
			all := claims(t, proof)
			require.Equal(t, origin(number), all["htu"])
			if nonce, ok := all["nonce"].(string); ok { // or else the others have come between
				require.True(t, strings.HasPrefix(nonce, origin(number)), nonce)
			}
		}
	}
}

func FuzzRemember(f *testing.F) {
	for _, nonce := range []string{"one", "", `a"b`, `a\b`, "a b", "é", "\xff", "<&>", "\x7f", strings.Repeat("n", 5000)} {
		f.Add(nonce)
	}
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, nonce string) {
		const target = "https://as.example/"
		prover.Remember(parsed(t, target), nonceHeader("before"))
		taken := prover.Remember(parsed(t, target), nonceHeader(nonce))
		require.Contains(t, []string{nonce, ""}, taken)
		known := prover.Nonce(parsed(t, target))
		require.Contains(t, []string{nonce, "before"}, known)
		require.Equal(t, known, nonceOf(t, prover, target))
	})
}
