// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// tries are more than rounds: two stores must meet in a short moment.
const tries = 2 * rounds

// held is how long a lock is held: a lease that is not renewed, and shorter, is found.
const held = 3 * time.Second

// RunShared tests what [Run] cannot see: that two processes may use a Store at once.
// Each call of newStores returns two of them that share what is below, and nothing
// else, as those of two processes do; it is empty:
//
//	func TestMyStoreShared(t *testing.T) {
//		storetest.RunShared(t, func(t testing.TB) (a, b tokensource.Store) {
//			database := newDatabase(t)
//			return newMyStore(t, database), newMyStore(t, database)
//		})
//	}
//
// What one saves or deletes the other sees, of those who save or delete one version
// one succeeds, and the lock of a Locker is one lock, which is held for three seconds
// here. A lease that ends later than that is not found, though it must not end while
// its holder is alive.
func RunShared(t *testing.T, newStores func(t testing.TB) (a, b tokensource.Store)) {
	t.Helper()
	for _, c := range sharedChecks() {
		t.Run(c.name, func(t *testing.T) {
			a, b := newStores(t)
			_, aLocks := a.(tokensource.Locker)
			_, bLocks := b.(tokensource.Locker)
			if c.locker && !aLocks && !bLocks {
				t.Skip("the stores are no Lockers")
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeLimit)
			defer cancel()
			if err := c.run(ctx, a, b); err != nil {
				t.Error(err)
			}
		})
	}
}

// sharedCheck is one test of two stores that are one.
type sharedCheck struct {
	name   string
	locker bool // only for Lockers
	run    func(ctx context.Context, a, b tokensource.Store) error
}

func sharedChecks() []sharedCheck {
	return []sharedCheck{
		{"one store", false, checkOneStore},
		{"concurrent save", false, checkSharedSave},
		{"delete while saving", false, checkSharedDelete},
		{"lock concurrent", true, checkSharedLock},
		{"lock held", true, func(ctx context.Context, a, b tokensource.Store) error { return lockFor(ctx, held, a, b) }},
	}
}

func checkOneStore(ctx context.Context, a, b tokensource.Store) error {
	version := ""
	for i, pair := range [][2]tokensource.Store{{a, b}, {b, a}} {
		saved, err := save(ctx, pair[0], "key", strconv.Itoa(i), version)
		if err != nil {
			return fmt.Errorf("with the version that the other one has saved: %w", err)
		}
		if err := wantData(ctx, pair[1], "key", strconv.Itoa(i)); err != nil {
			return fmt.Errorf("after the other one has saved: %w", err)
		}
		if _, version, _ = pair[1].Load(ctx, "key"); version != saved {
			return fmt.Errorf("load: the version is %q, and the Save of the other one said %q", version, saved)
		}
	}
	if err := a.Delete(ctx, "key", version); err != nil {
		return fmt.Errorf("delete of the version that the other one has: %w", err)
	}
	_, _, err := b.Load(ctx, "key")
	return want("load after the other one has deleted", err, tokensource.ErrNotFound)
}

// checkSharedSave saves one version several times at once: first none, then the one
// that was saved.
func checkSharedSave(ctx context.Context, a, b tokensource.Store) error {
	version := ""
	for range tries {
		versions := make([]string, goroutines)
		err := together(func(i int) (err error) {
			versions[i], err = oneOf(i, a, b).Save(ctx, "key", []byte(strconv.Itoa(i)), version)
			if err == nil {
				return nil
			}
			return want("save of a version that others save", err, tokensource.ErrConflict)
		})
		if err != nil {
			return err
		}
		count, data := 0, ""
		for i, saved := range versions {
			if saved != "" {
				count, version, data = count+1, saved, strconv.Itoa(i)
			}
		}
		if count != 1 {
			return fmt.Errorf("save of one version succeeded %d times at once", count)
		}
		if err := wantData(ctx, a, "key", data); err != nil {
			return fmt.Errorf("after saves of one version: %w", err)
		}
	}
	return nil
}

// checkSharedDelete saves and deletes one version at once: either is too late.
func checkSharedDelete(ctx context.Context, a, b tokensource.Store) error {
	for round := range tries {
		key := strconv.Itoa(round)
		version, err := save(ctx, a, key, "old", "")
		if err != nil {
			return err
		}
		var saved, deleted atomic.Int32
		err = together(func(i int) (err error) {
			done := &saved
			if i/2%2 == 0 { // by both
				_, err = oneOf(i, a, b).Save(ctx, key, []byte("new"), version)
			} else {
				done, err = &deleted, oneOf(i, a, b).Delete(ctx, key, version)
			}
			if err == nil {
				done.Add(1)
				return nil
			}
			return want("save or delete of a version that others save or delete", err, tokensource.ErrConflict)
		})
		if err != nil {
			return err
		}
		if err := wantOneEnd(ctx, b, key, saved.Load(), deleted.Load()); err != nil {
			return err
		}
	}
	return nil
}

// wantOneEnd returns an error unless one save has succeeded and is there, or none
// has and nothing is there. Deletes of what is gone succeed too.
func wantOneEnd(ctx context.Context, store tokensource.Store, key string, saved, deleted int32) error {
	switch {
	case saved == 1 && deleted == 0:
		return wantData(ctx, store, key, "new")
	case saved == 0 && deleted > 0:
		_, _, err := store.Load(ctx, key)
		return want("load after delete", err, tokensource.ErrNotFound)
	}
	return fmt.Errorf("save and delete of one version at once: %d saves and %d deletes have succeeded", saved, deleted)
}

func checkSharedLock(ctx context.Context, a, b tokensource.Store) error {
	var inside atomic.Int32
	return together(func(i int) error {
		for range rounds {
			unlock, err := take(ctx, oneOf(i, a, b), "key")
			if err != nil {
				return err
			}
			alone := inside.Add(1) == 1
			time.Sleep(time.Millisecond)
			inside.Add(-1)
			unlock()
			if !alone {
				return errors.New("lock: several hold it at once")
			}
		}
		return nil
	})
}

// lockFor holds the lock for a while, during which the other one must not get it.
func lockFor(ctx context.Context, while time.Duration, a, b tokensource.Store) error {
	unlock, err := take(ctx, a, "key")
	if err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, while)
	defer cancel()
	if second, err := take(short, b, "key"); err == nil {
		second()
		unlock()
		return errors.New("lock: taken twice")
	} else if err := want("lock with a deadline", err, context.DeadlineExceeded); err != nil {
		unlock()
		return err
	}
	unlock()
	again, err := take(ctx, b, "key") // whoever gave up does not hold it
	if err != nil {
		return err
	}
	again()
	return nil
}

// oneOf returns the store that a goroutine uses.
func oneOf(i int, a, b tokensource.Store) tokensource.Store {
	if i%2 == 0 {
		return a
	}
	return b
}
