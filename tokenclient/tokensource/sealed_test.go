// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// assertNoSecret prints a value in every way.
func assertNoSecret(t *testing.T, value any, secret string) {
	t.Helper()
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&text, verb+"\n", value)
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("value", "value", value)
	slog.New(slog.NewTextHandler(&text, nil)).Info("value", "value", value)
	assert.NotContains(t, text.String(), secret)
	assert.NotContains(t, strings.ToLower(text.String()), fmt.Sprintf("%x", secret))
	assert.NotContains(t, text.String(), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"))
}

func TestSealedHidesItsData(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := newRotating(3600)
	server.idToken = jwt("user")
	source := loggedIn(t, server, tokensource.RefreshingConfig{Store: sealedStore(t, newFile(t, dir), "new")})
	_, err := source.TokenFor(t.Context(), tokensource.Target{Scope: "api.secret"})
	require.NoError(t, err)
	raw, _, err := newFile(t, dir).Load(t.Context(), sessionKey)
	require.NoError(t, err)
	for _, secret := range []string{"rt-", "at-", "api.secret", jwt("user"), "refresh_token", `"d"`} {
		assert.NotContains(t, string(raw), secret)
	}
}

func TestSealedValueIsBoundToItsKey(t *testing.T) {
	t.Parallel()
	memory := tokensource.NewMemory()
	store := sealedStore(t, memory, "key")
	_, err := store.Save(t.Context(), "a", []byte("data"), "")
	require.NoError(t, err)
	raw, _, err := memory.Load(t.Context(), "a")
	require.NoError(t, err)
	_, err = memory.Save(t.Context(), "b", raw, "")
	require.NoError(t, err)
	_, _, err = store.Load(t.Context(), "b")
	require.ErrorIs(t, err, tokensource.ErrNotFound)
	_, err = store.Save(t.Context(), "b", []byte("new"), "")
	require.NoError(t, err, "what counts as nothing is replaced")
	data, _, err := store.Load(t.Context(), "b")
	require.NoError(t, err)
	assert.Equal(t, "new", string(data))
	_, err = store.Save(t.Context(), "b", []byte("newer"), "")
	require.ErrorIs(t, err, tokensource.ErrConflict)
}

func TestSealKeysAreRotated(t *testing.T) {
	t.Parallel()
	memory := tokensource.NewMemory()
	version, err := sealedStore(t, memory, "one").Save(t.Context(), "key", []byte("data"), "")
	require.NoError(t, err)
	store := sealedStore(t, memory, "two", "one")
	data, loaded, err := store.Load(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "data", string(data))
	assert.Equal(t, version, loaded)
	_, err = store.Save(t.Context(), "key", data, version)
	require.NoError(t, err)
	_, _, err = sealedStore(t, memory, "one").Load(t.Context(), "key") // the newest has sealed it
	require.ErrorIs(t, err, tokensource.ErrNotFound)
	_, _, err = sealedStore(t, memory, "two").Load(t.Context(), "key")
	require.NoError(t, err)
}

func TestSealedChecksItsKeys(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 16, 31, 33} {
		_, err := tokensource.NewSealKey("id", make([]byte, size))
		require.Error(t, err)
	}
	_, err := tokensource.NewSealKey("", make([]byte, 32))
	require.Error(t, err)
	_, err = tokensource.NewSealKey(strings.Repeat("k", 256), make([]byte, 32))
	require.Error(t, err)
	_, err = tokensource.Sealed(nil, sealKey(t, "id"))
	require.Error(t, err)
	_, err = tokensource.Sealed(tokensource.NewMemory(), tokensource.SealKey{})
	require.Error(t, err)
	_, err = tokensource.Sealed(tokensource.NewMemory(), sealKey(t, "id"), sealKey(t, "id"))
	require.Error(t, err)
	sealedStore(t, tokensource.NewMemory(), strings.Repeat("k", 255))
}

// TestSealedBitFlips changes one bit at a time, and cuts.
func TestSealedBitFlips(t *testing.T) {
	t.Parallel()
	memory := tokensource.NewMemory()
	store := sealedStore(t, memory, "key", "old")
	_, err := store.Save(t.Context(), "key", []byte("data"), "")
	require.NoError(t, err)
	raw, version, err := memory.Load(t.Context(), "key")
	require.NoError(t, err)
	miss := func(value []byte) {
		version, err = memory.Save(t.Context(), "key", value, version)
		require.NoError(t, err)
		data, _, err := store.Load(t.Context(), "key")
		require.ErrorIs(t, err, tokensource.ErrNotFound)
		require.Nil(t, data)
	}
	for bit := range len(raw) * 8 {
		changed := bytes.Clone(raw)
		changed[bit/8] ^= 1 << (bit % 8)
		miss(changed)
	}
	for size := range raw {
		miss(raw[:size])
	}
	if os.Getenv("TOKENSOURCE_SOAK") != "" {
		for range 100_000 {
			changed := bytes.Clone(raw)
			for range 1 + rand.IntN(3) {
				changed[rand.IntN(len(changed))] ^= byte(1 + rand.IntN(255))
			}
			if !bytes.Equal(changed, raw) {
				miss(changed)
			}
		}
	}
}

func FuzzSealed(f *testing.F) {
	memory := tokensource.NewMemory()
	key, err := tokensource.NewSealKey("key", make([]byte, 32))
	require.NoError(f, err)
	store, err := tokensource.Sealed(memory, key)
	require.NoError(f, err)
	_, err = store.Save(f.Context(), "key", []byte("data"), "")
	require.NoError(f, err)
	good, _, err := memory.Load(f.Context(), "key")
	require.NoError(f, err)
	for _, seed := range [][]byte{good, good[:5], {}, {1}, {1, 255}, {1, 3, 'k', 'e', 'y'}, {2, 0}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		memory := tokensource.NewMemory()
		store, err := tokensource.Sealed(memory, key)
		require.NoError(t, err)
		_, err = memory.Save(t.Context(), "key", value, "")
		require.NoError(t, err)
		data, _, err := store.Load(t.Context(), "key")
		if err == nil { // another process has sealed a seed
			require.Equal(t, "data", string(data))
		} else {
			require.ErrorIs(t, err, tokensource.ErrNotFound)
		}
	})
}
