// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

const (
	goroutines = 8
	rounds     = 10
	// moment is how long a check waits for what must not happen.
	moment = 50 * time.Millisecond
)

// together runs do in several goroutines and returns their errors.
func together(do func(i int) error) error {
	failures := make([]error, goroutines)
	var group sync.WaitGroup
	for i := range goroutines {
		group.Go(func() { failures[i] = do(i) })
	}
	group.Wait()
	return errors.Join(failures...)
}

// checkConcurrentSave counts in the store: a save that goes by an old version loses
// a count.
func checkConcurrentSave(ctx context.Context, store tokensource.Store) error {
	if _, err := save(ctx, store, "key", "0", ""); err != nil {
		return err
	}
	err := together(func(int) error {
		for range rounds {
			if err := increment(ctx, store); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return wantData(ctx, store, "key", strconv.Itoa(goroutines*rounds))
}

func increment(ctx context.Context, store tokensource.Store) error {
	for {
		data, version, err := store.Load(ctx, "key")
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		count, err := strconv.Atoi(string(data))
		if err != nil {
			return errors.New("load: what comes back is a mixture of what was saved")
		}
		_, err = store.Save(ctx, "key", []byte(strconv.Itoa(count+1)), version)
		if err == nil || !errors.Is(err, tokensource.ErrConflict) {
			return err
		}
	}
}

func checkConcurrentCreate(ctx context.Context, store tokensource.Store) error {
	for round := range rounds {
		var created atomic.Int32
		err := together(func(i int) error {
			_, err := store.Save(ctx, strconv.Itoa(round), []byte(strconv.Itoa(i)), "")
			if err == nil {
				created.Add(1)
				return nil
			}
			return want("save of what is there", err, tokensource.ErrConflict)
		})
		if err != nil {
			return err
		}
		if created.Load() != 1 {
			return fmt.Errorf("save of a missing key succeeded %d times at once", created.Load())
		}
	}
	return nil
}

// take locks a key of a store that is a Locker.
func take(ctx context.Context, store tokensource.Store, key string) (unlock func(), err error) {
	locker, ok := store.(tokensource.Locker)
	if !ok {
		return nil, errors.New("the store is no Locker")
	}
	unlock, err = locker.Lock(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return unlock, nil
}

func checkLock(ctx context.Context, store tokensource.Store) error {
	unlock, err := take(ctx, store, "key")
	if err != nil {
		return err
	}
	second := make(chan error, 1)
	go func() {
		unlock, err := take(ctx, store, "key")
		if err == nil {
			unlock()
		}
		second <- err
	}()
	select {
	case err := <-second:
		unlock()
		return errors.Join(errors.New("lock: a second one was not waiting"), err)
	case <-time.After(moment):
	}
	unlock()
	return <-second
}

func checkLockOfAnotherKey(ctx context.Context, store tokensource.Store) error {
	unlock, err := take(ctx, store, "key")
	if err != nil {
		return err
	}
	defer unlock()
	another, err := take(ctx, store, "another key")
	if err != nil {
		return err
	}
	another()
	return nil
}

func checkLockCanceled(ctx context.Context, store tokensource.Store) error {
	return lockFor(ctx, moment, store, store)
}

func checkUnlockTwice(ctx context.Context, store tokensource.Store) error {
	first, err := take(ctx, store, "key")
	if err != nil {
		return err
	}
	first()
	second, err := take(ctx, store, "key")
	if err != nil {
		return err
	}
	defer second()
	first() // must not give back what the second one holds
	short, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	if third, err := take(short, store, "key"); err == nil {
		third()
		return errors.New("unlock: a second call has given back the lock of somebody else")
	}
	return nil
}

func checkLockConcurrent(ctx context.Context, store tokensource.Store) error {
	return checkSharedLock(ctx, store, store)
}

func checkSaveWhileLocked(ctx context.Context, store tokensource.Store) error {
	unlock, err := take(ctx, store, "key")
	if err != nil {
		return err
	}
	defer unlock()
	version, err := save(ctx, store, "key", "data", "")
	if err != nil {
		return err
	}
	return store.Delete(ctx, "key", version)
}
