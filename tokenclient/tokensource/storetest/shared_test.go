// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// sharedFaults are faults of stores on one Memory, or so it should be, that a single
// one does not show.
var sharedFaults = map[string]struct {
	found string // by this check
	fault func(m *tokensource.Memory, handle *broken)
}{
	"each has its own data": {"one store", func(_ *tokensource.Memory, handle *broken) {
		handle.Memory = tokensource.NewMemory()
	}},
	"compared and saved under a lock of its own": {"concurrent save", func(m *tokensource.Memory, handle *broken) {
		save, own := racy(m), tokensource.NewMemory()
		handle.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
			unlock, err := own.Lock(ctx, key)
			if err != nil {
				return "", err
			}
			defer unlock()
			return save(ctx, key, data, version)
		}
	}},
	"compare, then delete": {"delete while saving", func(m *tokensource.Memory, handle *broken) {
		handle.remove = func(ctx context.Context, key, version string) error {
			if _, stored, err := m.Load(ctx, key); err == nil && version != "" && stored != version {
				return tokensource.ErrConflict
			}
			time.Sleep(time.Millisecond)
			return m.Delete(ctx, key, "")
		}
		handle.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
			time.Sleep(time.Millisecond / 2)
			return m.Save(ctx, key, data, version)
		}
	}},
	"a lock of its own": {"lock concurrent", func(_ *tokensource.Memory, handle *broken) {
		handle.lock = tokensource.NewMemory().Lock
	}},
	"a lock that ends": {"lock held", func(m *tokensource.Memory, handle *broken) {
		handle.lock = func(ctx context.Context, key string) (func(), error) {
			unlock, err := m.Lock(ctx, key)
			if err == nil {
				time.AfterFunc(time.Second, unlock)
			}
			return unlock, err
		}
	}},
}

// TestEachSharedCheckFindsItsFault, and no check of a single store does: that is
// what they are for. A good store passes.
func TestEachSharedCheckFindsItsFault(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for name, test := range sharedFaults {
		found[test.found] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range checks() {
				inBubble(t, func(ctx context.Context, memory *tokensource.Memory) {
					store := broken{Memory: memory}
					test.fault(memory, &store)
					assert.NoError(t, c.run(ctx, store), c.name)
				})
			}
			for _, c := range sharedChecks() {
				inBubble(t, func(ctx context.Context, memory *tokensource.Memory) {
					require.NoError(t, c.run(ctx, memory, memory), c.name)
				})
				inBubble(t, func(ctx context.Context, memory *tokensource.Memory) {
					a, b := broken{Memory: memory}, broken{Memory: memory}
					test.fault(memory, &a)
					test.fault(memory, &b)
					if err := c.run(ctx, a, b); c.name == test.found {
						assert.Error(t, err)
					}
				})
			}
		})
	}
	for _, c := range sharedChecks() {
		assert.True(t, found[c.name], "no fault for the check "+c.name)
	}
}

// inBubble is where waiting takes no time.
func inBubble(t *testing.T, do func(ctx context.Context, memory *tokensource.Memory)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
		defer cancel()
		do(ctx, tokensource.NewMemory())
	})
}
