// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"time"
)

// Cache keeps one server's metadata fresh, for programs that need it again and
// again: fetched when it is first asked for, and again after 24 hours or sooner
// if Cache-Control says so. A Cache is safe for concurrent use by multiple
// goroutines. Any number of callers share one request, and each may leave by its
// own context without ending it for the others. An error is never kept as a
// success; another request follows after a pause of one second, which doubles up
// to 30 s. While the server is down, the last good document is returned; a server
// that has become another one, or that the Policy refuses, is an error. A Cache needs no closing: it has a goroutine only while a request is under way.
type Cache struct{ cached cached[*Metadata] }

// NewCache returns a Cache for the server with that address; see [Fetch]. Nothing
// is sent yet. The error is an [*Error] of [KindAddress] or [KindPolicy].
func NewCache(address string, options Options) (*Cache, error) {
	f, err := newFetcher(address, options)
	if err != nil {
		return nil, err
	}
	c := new(Cache)
	c.cached.fetch = func(ctx context.Context) (*Metadata, time.Duration, error) {
		metadata, lifetime, err := f.document(ctx)
		if err != nil {
			return nil, 0, err
		}
		switch last := c.cached.current.Load(); {
		case last == nil:
		case last.value.Issuer != metadata.Issuer: // whatever the policy accepts at first
			return nil, 0, &Error{
				Kind: KindPolicy, Address: address, detail: "the server has become another one:",
				Violations: []Violation{{Member: "issuer", Value: shortened(metadata.Issuer), Rule: RuleIssuerMismatch}},
			}
		case last.value.JWKSURI == metadata.JWKSURI:
			metadata.keys = last.value.keys // they have a cache of their own
		}
		if err := f.fetchKeys(ctx, metadata.keys); err != nil {
			return nil, 0, err
		}
		return metadata, lifetime, nil
	}
	return c, nil
}

// Get returns the metadata. The error is an [*Error], or that of ctx.
func (c *Cache) Get(ctx context.Context) (*Metadata, error) { return c.cached.get(ctx) }

// Refresh fetches the metadata now and returns it.
func (c *Cache) Refresh(ctx context.Context) (*Metadata, error) { return c.cached.refresh(ctx) }
