// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"time"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// Keys are the keys of a server, kept fresh: fetched when they are first asked
// for, again after five minutes or sooner if Cache-Control says so, and again
// when somebody looks for a key that is not there. Keys are safe for concurrent
// use by multiple goroutines. Any number of callers share one request, and each
// may leave by its own context. While the server is down, the last good set is
// returned, for a day.
type Keys struct {
	address string
	cached  cached[*KeySet]

	// The bucket that limits refetches; the lock of cached guards it.
	tokens float64
	filled time.Time // when tokens was right
}

const (
	keysStale       = 24 * time.Hour
	keyRefetchBurst = 2
	keyRefetchEvery = 30 * time.Second
)

// NewKeys returns the keys that are published at an address, which must be https
// or on the loopback interface, as Options.Policy says. Nothing is sent yet. The
// error is an [*Error] of [KindAddress] or [KindPolicy]. The keys of a server
// whose metadata is known are [Metadata.Keys].
func NewKeys(address string, options Options) (*Keys, error) {
	if _, err := parseAddress(address, &options.Policy); err != nil {
		return nil, err
	}
	return newKeys(newClient(options), address), nil
}

func newKeys(client *client, address string) *Keys {
	k := &Keys{address: address, tokens: keyRefetchBurst}
	k.cached.stale = keysStale
	k.cached.fetch = func(ctx context.Context) (*KeySet, time.Duration, error) {
		answer, err := client.get(ctx, address, "application/jwk-set+json, application/json")
		if err != nil {
			return nil, 0, err
		}
		set, err := readKeySet(address, answer)
		return set, lifetime(answer.Header, keysTTL), err
	}
	return k
}

func readKeySet(address string, answer httpcall.Answer) (*KeySet, error) {
	set, err := ParseKeySet(answer.Body)
	if err != nil {
		return nil, newMalformed(address, answer, err)
	}
	return set, nil
}

// Address returns where the keys are.
func (k *Keys) Address() string { return k.address }

// Get returns the set of keys. The error is an [*Error], or that of ctx.
func (k *Keys) Get(ctx context.Context) (*KeySet, error) { return k.cached.get(ctx) }

// Refresh fetches the keys now and returns them.
func (k *Keys) Refresh(ctx context.Context) (*KeySet, error) { return k.cached.refresh(ctx) }

// Find returns the keys that can verify a signature with that kid and algorithm;
// see [KeySet.Find]. When there is none, because the server has new keys or
// because the kid is made up, the keys are fetched again: twice at once, and then
// once in 30 s, however many ask. No key is not an error.
func (k *Keys) Find(ctx context.Context, id, algorithm string) ([]Key, error) {
	set, err := k.Get(ctx)
	if err != nil {
		return nil, err
	}
	if found := set.Find(id, algorithm); len(found) > 0 {
		return found, nil
	}
	newer, ok, err := k.cached.renew(ctx, set, k.mayRefetch)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, err
	case !ok || err != nil: // the set at hand is still good, and it has no such key
		return nil, nil
	}
	return newer.Find(id, algorithm), nil
}

// mayRefetch takes a token from the bucket.
func (k *Keys) mayRefetch(now time.Time) bool {
	if !k.filled.IsZero() {
		k.tokens = min(keyRefetchBurst, k.tokens+now.Sub(k.filled).Seconds()/keyRefetchEvery.Seconds())
	}
	k.filled = now
	if k.tokens < 1 {
		return false
	}
	k.tokens--
	return true
}
