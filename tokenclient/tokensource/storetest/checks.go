// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

func checkMissing(ctx context.Context, store tokensource.Store) error {
	data, version, err := store.Load(ctx, "missing")
	if data != nil || version != "" {
		return errors.New("load of a missing key: there is data or a version besides the error")
	}
	return errors.Join(
		want("load of a missing key", err, tokensource.ErrNotFound),
		want("delete of a missing key", store.Delete(ctx, "missing", ""), nil),
		want("delete of a version of a missing key", store.Delete(ctx, "missing", "version"), nil),
	)
}

func checkData(ctx context.Context, store tokensource.Store) error {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, data := range map[string]string{
		"empty": "", "every byte": string(all), "line feeds": "\n\n", "long": strings.Repeat("0123456789abcdef", 1<<16),
	} {
		if _, err := save(ctx, store, name, data, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := wantData(ctx, store, name, data); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func checkCopies(ctx context.Context, store tokensource.Store) error {
	data := []byte("data")
	if _, err := store.Save(ctx, "key", data, ""); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	data[0] = 'X'
	if err := wantData(ctx, store, "key", "data"); err != nil {
		return fmt.Errorf("after the saved slice was changed: %w", err)
	}
	loaded, _, err := store.Load(ctx, "key")
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	loaded[0] = 'X'
	if err := wantData(ctx, store, "key", "data"); err != nil {
		return fmt.Errorf("after the loaded slice was changed: %w", err)
	}
	return nil
}

// checkKeys uses keys that are easily taken for one another, or for a path.
func checkKeys(ctx context.Context, store tokensource.Store) error {
	keys := []string{
		"", " ", "a", "A", "a ", "a/b", "a//b", "a\\b", "../a", ".", "..", "/", "a:b", "a*", "a?", "a\x00b", "a\nb", "\xff",
		"\u00e4", "a\u0308", "CON", strings.Repeat("k", 4096), strings.Repeat("k", 4097),
	}
	for i, key := range keys {
		if _, err := save(ctx, store, key, fmt.Sprint("data ", i), ""); err != nil {
			return fmt.Errorf("key %d, %.20q: %w", i, key, err)
		}
	}
	for i, key := range keys {
		if err := wantData(ctx, store, key, fmt.Sprint("data ", i)); err != nil {
			return fmt.Errorf("key %d, %.20q: %w", i, key, err)
		}
	}
	if err := store.Delete(ctx, "a", ""); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return wantData(ctx, store, "A", "data 3")
}

func checkVersions(ctx context.Context, store tokensource.Store) error {
	first, err := save(ctx, store, "key", "one", "")
	if err != nil {
		return err
	}
	second, err := save(ctx, store, "key", "one", first) // the same data is another version
	if err != nil {
		return err
	}
	for _, version := range []string{first, "", "unknown", second + "0"} {
		saved, err := store.Save(ctx, "key", []byte("two"), version)
		if saved != "" {
			return errors.New("save over another version: there is a version besides the error")
		}
		if err := want("save over another version", err, tokensource.ErrConflict); err != nil {
			return err
		}
	}
	if err := wantData(ctx, store, "key", "one"); err != nil {
		return fmt.Errorf("after conflicts: %w", err)
	}
	_, err = save(ctx, store, "key", "two", second)
	return err
}

func checkCreate(ctx context.Context, store tokensource.Store) error {
	_, err := store.Save(ctx, "key", []byte("data"), "version")
	if err := want("save of a version of a missing key", err, tokensource.ErrConflict); err != nil {
		return err
	}
	_, _, err = store.Load(ctx, "key")
	return want("load after the conflict", err, tokensource.ErrNotFound)
}

func checkDelete(ctx context.Context, store tokensource.Store) error {
	first, err := save(ctx, store, "key", "one", "")
	if err != nil {
		return err
	}
	second, err := save(ctx, store, "key", "two", first)
	if err != nil {
		return err
	}
	if err := want("delete of another version", store.Delete(ctx, "key", first), tokensource.ErrConflict); err != nil {
		return err
	}
	if err := wantData(ctx, store, "key", "two"); err != nil {
		return fmt.Errorf("after the conflict: %w", err)
	}
	if err := want("delete of the version", store.Delete(ctx, "key", second), nil); err != nil {
		return err
	}
	_, _, err = store.Load(ctx, "key")
	if err := want("load after delete", err, tokensource.ErrNotFound); err != nil {
		return err
	}
	_, err = store.Save(ctx, "key", []byte("three"), second)
	return want("save of the deleted version", err, tokensource.ErrConflict)
}

// checkCreateAgain looks for a version that comes back: whoever remembers it would
// overwrite what he has not seen.
func checkCreateAgain(ctx context.Context, store tokensource.Store) error {
	seen := map[string]bool{}
	for range 5 {
		version := ""
		for range 3 {
			saved, err := save(ctx, store, "key", "data", version)
			if err != nil {
				return err
			}
			if seen[saved] {
				return errors.New("save: the new version is one that the key had before it was deleted")
			}
			seen[saved], version = true, saved
		}
		if err := store.Delete(ctx, "key", ""); err != nil {
			return fmt.Errorf("delete of any version: %w", err)
		}
	}
	return nil
}

// checkCanceled takes both: the error of the context, and the work done.
func checkCanceled(ctx context.Context, store tokensource.Store) error {
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err := store.Save(canceled, "key", []byte("data"), "")
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("save with a canceled context: %w", err)
	}
	_, _, found := store.Load(ctx, "key")
	if err == nil {
		return want("load after the save", found, nil)
	}
	if err := want("load after the canceled save", found, tokensource.ErrNotFound); err != nil {
		return err
	}
	begun := time.Now()
	_, _, err = store.Load(canceled, "key")
	if err == nil || time.Since(begun) > timeLimit/2 {
		return errors.New("load with a canceled context: no error, or a late one")
	}
	return nil
}
