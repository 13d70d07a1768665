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
