// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package storetest tests implementations of [tokensource.Store], and of
// [tokensource.Locker] if they are one:
//
//	func TestMyStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) tokensource.Store { return newMyStore(t) })
//	}
//
// A Store that several processes share needs [RunShared], too.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// timeLimit is for one check. A store that hangs must not hang the tests.
const timeLimit = time.Minute

// Run tests a Store. Each call of newStore returns one that is empty; it may clean
// up with [testing.T.Cleanup]. What all checks ask for is in the comments of
// [tokensource.Store] and [tokensource.Locker].
func Run(t *testing.T, newStore func(t *testing.T) tokensource.Store) {
	t.Helper()
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			store := newStore(t)
			if _, ok := store.(tokensource.Locker); c.locker && !ok {
				t.Skip("the store is no Locker")
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
			defer cancel()
			if err := c.run(ctx, store); err != nil {
				t.Error(err)
			}
		})
	}
}

// check is one test. It says what is wrong with a store, or nothing.
type check struct {
	name   string
	locker bool // only for a Locker
	run    func(context.Context, tokensource.Store) error
}

func checks() []check {
	return []check{
		{"missing", false, checkMissing},
		{"data", false, checkData},
		{"copies", false, checkCopies},
		{"keys", false, checkKeys},
		{"versions", false, checkVersions},
		{"create", false, checkCreate},
		{"delete", false, checkDelete},
		{"create again", false, checkCreateAgain},
		{"canceled", false, checkCanceled},
		{"concurrent save", false, checkConcurrentSave},
		{"concurrent create", false, checkConcurrentCreate},
		{"lock", true, checkLock},
		{"lock of another key", true, checkLockOfAnotherKey},
		{"lock canceled", true, checkLockCanceled},
		{"unlock twice", true, checkUnlockTwice},
		{"lock concurrent", true, checkLockConcurrent},
		{"save while locked", true, checkSaveWhileLocked},
	}
}

// want returns an error unless err is the one that is wanted; nil is none.
func want(what string, err, wanted error) error {
	if errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("%s: the error is %v, not %v", what, err, wanted) //nolint:errorlint // a report, not an error to look into
}

// wantData returns an error unless that is stored under key.
func wantData(ctx context.Context, store tokensource.Store, key string, data string) error {
	loaded, version, err := store.Load(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("load: %w", err)
	case string(loaded) != data:
		return fmt.Errorf("load: %d bytes came back, not the %d that were saved", len(loaded), len(data))
	case version == "":
		return errors.New("load: the version is empty")
	}
	return nil
}

// save saves under key, and checks the version that comes back.
func save(ctx context.Context, store tokensource.Store, key, data, version string) (string, error) {
	saved, err := store.Save(ctx, key, []byte(data), version)
	if err != nil {
		return "", fmt.Errorf("save: %w", err)
	}
	if saved == "" || saved == version {
		return "", fmt.Errorf("save: the new version %q is empty or the old one", saved)
	}
	_, loaded, err := store.Load(ctx, key)
	if err != nil {
		return "", fmt.Errorf("load after save: %w", err)
	}
	if loaded != saved {
		return "", fmt.Errorf("load after save: the version is %q, and Save said %q", loaded, saved)
	}
	return saved, nil
}
