// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// broken is a good store with a fault.
type broken struct {
	*tokensource.Memory
	load   func(key string, data []byte, version string, err error) ([]byte, string, error)
	save   func(ctx context.Context, key string, data []byte, version string) (string, error)
	remove func(ctx context.Context, key, version string) error
	lock   func(ctx context.Context, key string) (func(), error)
}

func (b broken) Load(ctx context.Context, key string) ([]byte, string, error) {
	data, version, err := b.Memory.Load(ctx, key)
	if b.load != nil {
		return b.load(key, data, version, err)
	}
	return data, version, err
}

func (b broken) Save(ctx context.Context, key string, data []byte, version string) (string, error) {
	if b.save != nil {
		return b.save(ctx, key, data, version)
	}
	return b.Memory.Save(ctx, key, data, version)
}

func (b broken) Delete(ctx context.Context, key, version string) error {
	if b.remove != nil {
		return b.remove(ctx, key, version)
	}
	return b.Memory.Delete(ctx, key, version)
}

func (b broken) Lock(ctx context.Context, key string) (func(), error) {
	if b.lock != nil {
		return b.lock(ctx, key)
	}
	return b.Memory.Lock(ctx, key)
}

// overwrite saves whatever the version is.
func overwrite(ctx context.Context, m *tokensource.Memory, key string, data []byte) (string, error) {
	for {
		_, version, _ := m.Load(ctx, key)
		if saved, err := m.Save(ctx, key, data, version); err == nil {
			return saved, nil
		}
	}
}

// TestEachCheckFindsItsFault: a kit that finds nothing would pass every store.
func TestEachCheckFindsItsFault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		found string // by this check
		fault func(m *tokensource.Memory, b *broken)
	}{
		"a missing key is empty data": {"missing", func(_ *tokensource.Memory, b *broken) {
			b.load = func(_ string, data []byte, version string, _ error) ([]byte, string, error) {
				return data, version, nil
			}
		}},
		"bytes are text": {"data", func(m *tokensource.Memory, b *broken) {
			b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
				return m.Save(ctx, key, []byte(strings.ToValidUTF8(string(data), "?")), version)
			}
		}},
		"one slice for all": {"copies", func(_ *tokensource.Memory, b *broken) {
			kept := map[string][]byte{}
			b.load = func(key string, data []byte, version string, err error) ([]byte, string, error) {
				if _, ok := kept[key]; !ok {
					kept[key] = data
				}
				return kept[key], version, err
			}
		}},
		"keys without case": {"keys", func(m *tokensource.Memory, b *broken) {
			b.load = func(key string, _ []byte, _ string, _ error) ([]byte, string, error) {
				return m.Load(context.Background(), strings.ToLower(key))
			}
			b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
				return m.Save(ctx, strings.ToLower(key), data, version)
			}
		}},
		"versions do not matter": {"versions", func(m *tokensource.Memory, b *broken) {
			b.save = func(ctx context.Context, key string, data []byte, _ string) (string, error) {
				return overwrite(ctx, m, key, data)
			}
		}},
		"a version of nothing": {"create", func(m *tokensource.Memory, b *broken) {
			b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
				if _, _, err := m.Load(ctx, key); err != nil {
					version = ""
				}
				return m.Save(ctx, key, data, version)
			}
		}},
		"delete whatever there is": {"delete", func(m *tokensource.Memory, b *broken) {
			b.remove = func(ctx context.Context, key, _ string) error { return m.Delete(ctx, key, "") }
		}},
		"versions come again": {"create again", func(_ *tokensource.Memory, b *broken) { *b = counting() }},
		"canceled, but saved": {"canceled", func(m *tokensource.Memory, b *broken) {
			b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
				if _, err := m.Save(context.WithoutCancel(ctx), key, data, version); err != nil {
					return "", err
				}
				return "", ctx.Err()
			}
		}},
		"check, then save":   {"concurrent save", func(m *tokensource.Memory, b *broken) { b.save = racy(m) }},
		"check, then create": {"concurrent create", func(m *tokensource.Memory, b *broken) { b.save = racy(m) }},
		"no lock": {"lock", func(_ *tokensource.Memory, b *broken) {
			b.lock = func(context.Context, string) (func(), error) { return func() {}, nil }
		}},
		"no lock at all": {"lock concurrent", func(_ *tokensource.Memory, b *broken) {
			b.lock = func(context.Context, string) (func(), error) { return func() {}, nil }
		}},
		"one lock for all keys": {"lock of another key", func(m *tokensource.Memory, b *broken) {
			b.lock = func(ctx context.Context, _ string) (func(), error) { return m.Lock(ctx, "") }
		}},
		"no way out of the queue": {"lock canceled", func(m *tokensource.Memory, b *broken) {
			b.lock = func(ctx context.Context, key string) (func(), error) {
				unlock, err := m.Lock(ctx, key)
				if err != nil {
					return m.Lock(context.Background(), key)
				}
				return unlock, nil
			}
		}},
		"unlock for others": {"unlock twice", func(_ *tokensource.Memory, b *broken) {
			turn := make(chan struct{}, 1)
			b.lock = func(ctx context.Context, _ string) (func(), error) {
				select {
				case turn <- struct{}{}:
					return func() { <-turn }, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
		}},
		"a lock keeps its holder from saving": {"save while locked", func(m *tokensource.Memory, b *broken) {
			b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
				unlock, err := m.Lock(ctx, key)
				if err != nil {
					return "", err
				}
				defer unlock()
				return m.Save(ctx, key, data, version)
			}
		}},
	}
	found := map[string]bool{}
	for name, test := range tests {
		found[test.found] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := tokensource.NewMemory()
			store := broken{Memory: memory}
			test.fault(memory, &store)
			if store.Memory == nil {
				store.Memory = memory
			}
			for _, c := range checks() {
				if c.name == test.found {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					failed := make(chan error, 1)
					go func() { failed <- c.run(ctx, store) }()
					select {
					case err := <-failed:
						assert.Error(t, err)
					case <-ctx.Done(): // a check that hangs has found it too
					}
					return
				}
			}
			require.Fail(t, "no such check")
		})
	}
	for _, c := range checks() {
		assert.True(t, found[c.name], "no fault for the check "+c.name)
	}
}

// counting is a store whose versions begin anew with each key.
func counting() broken {
	versions, b := map[string]string{}, broken{Memory: tokensource.NewMemory()}
	m := b.Memory
	b.save = func(ctx context.Context, key string, data []byte, version string) (string, error) {
		if versions[key] != version {
			return "", tokensource.ErrConflict
		}
		versions[key] += "I"
		_, err := overwrite(ctx, m, key, data)
		return versions[key], err
	}
	b.load = func(key string, data []byte, _ string, err error) ([]byte, string, error) {
		return data, versions[key], err
	}
	b.remove = func(ctx context.Context, key, _ string) error {
		delete(versions, key)
		return m.Delete(ctx, key, "")
	}
	return b
}

// racy compares first and saves later.
func racy(m *tokensource.Memory) func(ctx context.Context, key string, data []byte, version string) (string, error) {
	return func(ctx context.Context, key string, data []byte, version string) (string, error) {
		if _, stored, _ := m.Load(ctx, key); stored != version {
			return "", tokensource.ErrConflict
		}
		time.Sleep(time.Millisecond)
		return overwrite(ctx, m, key, data)
	}
}
