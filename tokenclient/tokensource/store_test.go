// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource/storetest"
)

// onlyStore hides that a store is a Locker.
type onlyStore struct{ tokensource.Store }

func newFile(t testing.TB, dir string) *tokensource.File {
	t.Helper()
	file, err := tokensource.NewFile(dir)
	require.NoError(t, err)
	return file
}

func sealKey(t testing.TB, id string) tokensource.SealKey {
	t.Helper()
	secret := make([]byte, 32)
	copy(secret, id)
	key, err := tokensource.NewSealKey(id, secret)
	require.NoError(t, err)
	return key
}

func sealedStore(t testing.TB, store tokensource.Store, newest string, older ...string) tokensource.Store {
	t.Helper()
	var keys []tokensource.SealKey
	for _, id := range older {
		keys = append(keys, sealKey(t, id))
	}
	sealed, err := tokensource.Sealed(store, sealKey(t, newest), keys...)
	require.NoError(t, err)
	return sealed
}

func TestStores(t *testing.T) {
	t.Parallel()
	for name, newStore := range map[string]func(t *testing.T) tokensource.Store{
		"Memory": func(*testing.T) tokensource.Store { return tokensource.NewMemory() },
		"File":   func(t *testing.T) tokensource.Store { return newFile(t, t.TempDir()) },
		"Sealed Memory": func(t *testing.T) tokensource.Store {
			return sealedStore(t, tokensource.NewMemory(), "new", "old")
		},
		"Sealed File": func(t *testing.T) tokensource.Store { return sealedStore(t, newFile(t, t.TempDir()), "new") },
		"Sealed, no Locker": func(t *testing.T) tokensource.Store {
			return sealedStore(t, onlyStore{tokensource.NewMemory()}, "new")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, newStore)
		})
	}
}

// TestSharedStores of two processes, or two users of one value.
func TestSharedStores(t *testing.T) {
	t.Parallel()
	for name, newStores := range map[string]func(t testing.TB) (a, b tokensource.Store){
		"Memory": func(testing.TB) (a, b tokensource.Store) {
			memory := tokensource.NewMemory()
			return memory, memory
		},
		"File": func(t testing.TB) (a, b tokensource.Store) {
			dir := t.TempDir()
			return newFile(t, dir), newFile(t, dir)
		},
		"Sealed Memory": func(t testing.TB) (a, b tokensource.Store) {
			memory := tokensource.NewMemory()
			return sealedStore(t, memory, "new", "old"), sealedStore(t, memory, "new")
		},
		"Sealed File": func(t testing.TB) (a, b tokensource.Store) {
			dir := t.TempDir()
			return sealedStore(t, newFile(t, dir), "new"), sealedStore(t, newFile(t, dir), "new")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.RunShared(t, newStores)
		})
	}
}

func TestSealedIsALockerIfItsStoreIs(t *testing.T) {
	t.Parallel()
	_, ok := sealedStore(t, tokensource.NewMemory(), "key").(tokensource.Locker)
	require.True(t, ok)
	_, ok = sealedStore(t, onlyStore{tokensource.NewMemory()}, "key").(tokensource.Locker)
	require.False(t, ok)
}
