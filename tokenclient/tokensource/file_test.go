// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "by", "it")
	store := newFile(t, dir)
	_, err := store.Save(t.Context(), "session of alice", []byte("secret"), "")
	require.NoError(t, err)
	unlock, err := store.Lock(t.Context(), "session of alice")
	require.NoError(t, err)
	unlock()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 3)
	for _, entry := range entries {
		assert.NotContains(t, entry.Name(), "alice")
		info, err := entry.Info()
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			assert.Equal(t, os.FileMode(0o600), info.Mode())
		}
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	}
}

func TestFilesOfOneDirectoryAreOneStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := newFile(t, dir), newFile(t, dir)
	version, err := one.Save(t.Context(), "key", []byte("data"), "")
	require.NoError(t, err)
	data, loaded, err := two.Load(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "data", string(data))
	assert.Equal(t, version, loaded)
	unlock, err := one.Lock(t.Context(), "key")
	require.NoError(t, err)
	locked := make(chan error, 1)
	go func() {
		unlock, err := two.Lock(t.Context(), "key")
		if err == nil {
			unlock()
		}
		locked <- err
	}()
	select {
	case err := <-locked:
		require.Fail(t, "locked twice", err)
	case <-time.After(50 * time.Millisecond):
	}
	unlock()
	require.NoError(t, <-locked)
}

// TestWhatAWriterHasLeft: one that was killed while it wrote.
func TestWhatAWriterHasLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := newFile(t, dir)
	version, err := store.Save(t.Context(), "key", []byte("old"), "")
	require.NoError(t, err)
	names, err := filepath.Glob(filepath.Join(dir, "*.save"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	name := names[0][:len(names[0])-len(".save")]
	require.NoError(t, os.WriteFile(name+".next", []byte("half of"), 0o444))
	data, _, err := store.Load(t.Context(), "key")
	require.NoError(t, err)
	assert.Equal(t, "old", string(data))
	_, err = store.Save(t.Context(), "key", []byte("new"), version)
	require.NoError(t, err)
	assert.NoFileExists(t, name+".next")

	require.NoError(t, os.WriteFile(name, []byte("not ours"), 0o600))
	_, _, err = store.Load(t.Context(), "key")
	require.ErrorIs(t, err, tokensource.ErrNotFound)
	_, err = store.Save(t.Context(), "key", []byte("new"), "")
	require.NoError(t, err)
}

// TestDeleteLeavesNoToken: not even what a writer has left that was killed before it
// renamed the file.
func TestDeleteLeavesNoToken(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(name string) error{
		"in the first save": func(name string) error { return os.Rename(name, name+".next") },
		"in a later one":    func(name string) error { return os.WriteFile(name+".next", []byte("token"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			store := newFile(t, dir)
			version, err := store.Save(t.Context(), "key", []byte("token"), "")
			require.NoError(t, err)
			locks, err := filepath.Glob(filepath.Join(dir, "*.save"))
			require.NoError(t, err)
			require.Len(t, locks, 1)
			require.NoError(t, kill(strings.TrimSuffix(locks[0], ".save")))
			require.NoError(t, store.Delete(t.Context(), "key", version))
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			require.NoError(t, err)
			assert.Equal(t, locks, left)
		})
	}
}

func TestFileThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := tokensource.NewFile("")
	require.Error(t, err)
	taken := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(taken, nil, 0o600))
	_, err = tokensource.NewFile(taken)
	require.Error(t, err)
	dir := t.TempDir()
	store := newFile(t, dir)
	require.NoError(t, os.RemoveAll(dir))
	_, err = store.Save(t.Context(), "key", nil, "")
	require.Error(t, err)
	_, _, err = store.Load(t.Context(), "key")
	require.ErrorIs(t, err, tokensource.ErrNotFound)
}
