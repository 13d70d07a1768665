// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

var keySetFile = fstest.MapFS{"jwks.json": {Data: []byte(`{"keys":[]}`)}}

// switched is a transport that can be changed.
type switched func() http.RoundTripper

func (s switched) RoundTrip(request *http.Request) (*http.Response, error) {
	return s().RoundTrip(request)
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("down") }

type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug of the caller's") }

func TestKeysAreNotKeptForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		current := http.NewFileTransportFS(keySetFile)
		client := &http.Client{Transport: switched(func() http.RoundTripper { return current })}
		keys, err := discovery.NewKeys("https://as.example/jwks.json", discovery.Options{HTTPClient: client, MaxAttempts: 1})
		require.NoError(t, err)
		_, err = keys.Get(t.Context())
		require.NoError(t, err)
		current = failing{}
		time.Sleep(24 * time.Hour) // fake time
		_, err = keys.Get(t.Context())
		require.NoError(t, err, "a day of outage is survived")
		time.Sleep(6 * time.Minute) // fake time
		_, err = keys.Get(t.Context())
		require.Error(t, err, "a key that was revoked long ago must not count for ever")
	})
}

func TestPanicOfTheTransportIsAnError(t *testing.T) {
	t.Parallel()
	cache, err := discovery.NewCache("https://as.example", discovery.Options{HTTPClient: &http.Client{Transport: panicking{}}})
	require.NoError(t, err)
	for range 2 {
		_, err = cache.Refresh(t.Context())
		var failed *discovery.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, discovery.KindTransport, failed.Kind)
	}
}

// TestServerThatIsNoLongerTrusted: the last good document is for outages. A server
// that answers, with a document that the policy refuses, is none.
func TestServerThatIsNoLongerTrusted(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct {
		status  int
		body    string
		refused []string
	}{
		"another issuer":      {http.StatusOK, document("https://other.example").text(), []string{"issuer: Issuer name does not match authority"}},
		"an endpoint by http": {http.StatusOK, document(issuer).with("token_endpoint", "http://as.example/token").text(), []string{"token_endpoint: Endpoint does not use HTTPS"}},
		"no JSON":             {http.StatusOK, "maintenance", nil},
		"a redirect":          {http.StatusFound, "", nil},
		"an outage":           {http.StatusServiceUnavailable, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				status, body := http.StatusOK, document(issuer).text()
				network := &fake{respond: func(*http.Request) *http.Response {
					answer := response(status, body)
					answer.Header.Set("Location", "https://sorry.example/")
					return answer
				}}
				cache := newCache(t, issuer, discovery.Options{HTTPClient: network.client(), MaxAttempts: 1})
				before, err := cache.Get(t.Context())
				require.NoError(t, err)
				status, body = change.status, change.body
				pass(25 * time.Hour)
				for range 3 { // also during the pause after the failure
					got, err := cache.Get(t.Context())
					if change.refused == nil {
						require.NoError(t, err)
						assert.Same(t, before, got)
						continue
					}
					violations := broken(t, err)
					for _, violation := range change.refused {
						assert.Contains(t, violations, violation)
					}
				}
				status, body = http.StatusOK, document(issuer).text()
				pass(time.Minute)
				_, err = cache.Get(t.Context())
				require.NoError(t, err)
			})
		})
	}
}

func TestErrorsHideQueries(t *testing.T) {
	t.Parallel()
	const secret = "?code=CANARY"
	network := &fake{respond: func(*http.Request) *http.Response { return response(http.StatusNotFound, "") }}
	_, err := discovery.Fetch(t.Context(), issuer+secret, discovery.Options{HTTPClient: network.client()})
	require.ErrorContains(t, err, issuer+"/.well-known/openid-configuration")
	assert.NotContains(t, err.Error(), "CANARY")
	assert.Contains(t, failure(t, err).Address, "CANARY", "it is the address all the same")
	keys := newKeys(t, issuer+"/keys"+secret, discovery.Options{HTTPClient: network.client()})
	_, err = keys.Get(t.Context())
	require.ErrorContains(t, err, issuer+"/keys")
	assert.NotContains(t, err.Error(), "CANARY")
}
