// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func keyRows() []row {
	return []row{
		{group: groupDiscovery, name: "key set, at once and when it is needed", check: checkKeySet},
		{group: groupDiscovery, name: "key of an ID token found by kid, and its signature verified", check: checkSignatureKey},
		{group: groupDiscovery, name: "unknown kid: no key", check: checkUnknownKey},
		{group: groupDiscovery, name: "Cache and Keys: 100 goroutines, one request each", check: checkCache},
	}
}

func checkKeySet(t *testing.T, s *server) {
	later, atOnce := &counter{}, &counter{}
	options := discovery.Options{Policy: s.policy, HTTPClient: &http.Client{Transport: later}}
	found, err := discovery.Fetch(t.Context(), s.issuer, options)
	require.NoError(t, err)
	assert.EqualValues(t, 1, later.sent.Load(), "requests without the keys")

	set, err := found.Keys().Get(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, set.Keys)
	assert.Zero(t, set.Skipped)
	for _, key := range set.Keys {
		assert.NotEmpty(t, key.ID)
		assert.Contains(t, []string{"RSA", "EC"}, key.Type)
		assert.GreaterOrEqual(t, key.Bits, 256)
		assert.Len(t, key.Thumbprint, 43)
	}

	options.FetchKeys, options.HTTPClient = true, &http.Client{Transport: atOnce}
	found, err = discovery.Fetch(t.Context(), s.issuer, options)
	require.NoError(t, err)
	assert.EqualValues(t, 2, atOnce.sent.Load(), "requests with the keys")
	again, err := found.Keys().Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, set.Raw(), again.Raw())
	assert.EqualValues(t, 2, atOnce.sent.Load(), "requests with the keys, and after they were asked for")
}

// identity is what an ID token says.
type identity struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience any    `json:"aud"`
	Nonce    string `json:"nonce"`
	Email    string `json:"email"`
	AuthTime int64  `json:"auth_time"`
}

// verifyIDToken verifies the signature with go-jose and the key that the server
// has for it.
func (s *server) verifyIDToken(t *testing.T, token string) identity {
	t.Helper()
	message, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	require.NoError(t, err)
	header := message.Signatures[0].Protected
	keys, err := s.metadata.Keys().Find(t.Context(), header.KeyID, header.Algorithm)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	assert.Equal(t, header.KeyID, keys[0].ID)

	payload, err := message.Verify(keys[0].Material())
	require.NoError(t, err)
	var claims identity
	require.NoError(t, json.Unmarshal(payload, &claims))
	assert.Equal(t, s.issuer, claims.Issuer)
	return claims
}

func checkSignatureKey(t *testing.T, s *server) {
	client := s.client(t, s.public)
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	got := s.redeem(t, client, sent)
	claims := s.verifyIDToken(t, got.IDToken)
	assert.Equal(t, s.user, claims.Subject)
	assert.Equal(t, s.public.id, claims.Audience)
	assert.Equal(t, sent.Nonce, claims.Nonce)
}

// checkUnknownKey looks for keys that the server could have made since.
func checkUnknownKey(t *testing.T, s *server) {
	sent := &counter{}
	keys, err := discovery.NewKeys(s.metadata.JWKSURI, discovery.Options{HTTPClient: &http.Client{Transport: sent}})
	require.NoError(t, err)
	for range 10 {
		found, err := keys.Find(t.Context(), "no such key", "")
		require.NoError(t, err)
		assert.Empty(t, found)
	}
	assert.EqualValues(t, 3, sent.sent.Load(), "the first request and two more")

	all, err := keys.Find(t.Context(), "", "")
	require.NoError(t, err)
	assert.NotEmpty(t, all)
}

func checkCache(t *testing.T, s *server) {
	const callers = 100
	documents, keySets := &counter{}, &counter{}
	cache, err := discovery.NewCache(s.issuer, discovery.Options{Policy: s.policy, HTTPClient: &http.Client{Transport: documents}})
	require.NoError(t, err)
	keys, err := discovery.NewKeys(s.metadata.JWKSURI, discovery.Options{HTTPClient: &http.Client{Transport: keySets}})
	require.NoError(t, err)

	failures := make([]error, 2*callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { _, failures[2*i] = cache.Get(t.Context()) })
		group.Go(func() { _, failures[2*i+1] = keys.Get(t.Context()) })
	}
	group.Wait()
	for _, failure := range failures {
		require.NoError(t, failure)
	}
	assert.EqualValues(t, 1, documents.sent.Load(), "requests for the document")
	assert.EqualValues(t, 1, keySets.sent.Load(), "requests for the keys")
}

// counter counts the requests that go through it.
type counter struct{ sent atomic.Int64 }

func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	c.sent.Add(1)
	return http.DefaultTransport.RoundTrip(request)
}
