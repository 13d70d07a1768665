// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import "context"

// Store keeps tokens where they outlive a process, or where several processes
// find them: bytes, by key. [Memory] and [File] are two; package storetest tests
// those of others. What is stored are secrets in clear unless the Store is
// [Sealed]. A Store must be safe for concurrent use by multiple goroutines, and by
// all that share what is below it.
//
// The key is any text, also an empty or a long one. The data is any bytes; the
// Store keeps its own copy.
type Store interface {
	// Load returns what is stored under key and its version. When there is nothing,
	// the error is [ErrNotFound].
	Load(ctx context.Context, key string) (data []byte, version string, err error)

	// Save stores data under key, in one step, if what is stored there has that
	// version; the empty version means that nothing is. Otherwise nothing changes and
	// the error is [ErrConflict]. When Save returns, the data is as durable as it
	// gets. The new version is never empty, and never one that the key had before,
	// also if it was deleted in between.
	Save(ctx context.Context, key string, data []byte, version string) (newVersion string, err error)

	// Delete removes what is stored under key if it has that version; the empty
	// version means any. When there is another version, nothing changes and the error
	// is [ErrConflict]. When there is nothing, that is no error.
	Delete(ctx context.Context, key, version string) error
}

// Locker is what a [Store] may have besides: a lock for each key, that everybody
// shares who shares the Store. It is held while a refresh token is traded in, so
// that the others wait for the result instead of asking the server themselves.
// Saving needs no lock.
type Locker interface {
	// Lock waits until nobody holds the lock of key, or ctx ends, and takes it. It
	// is a lease: it must end by itself some time after its holder has died, and not
	// while the holder is alive, for which an implementation renews it, or makes it
	// as long as the lock is ever held: two minutes. Unlock gives it back; calling it
	// again does nothing.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// What a [Store] reports. An error may wrap them.
const (
	// ErrNotFound is what Load reports when nothing is stored under the key.
	ErrNotFound ErrorCode = "nothing is stored under the key"
	// ErrConflict is what Save and Delete report when what is stored under the key
	// has another version.
	ErrConflict ErrorCode = "another version is stored under the key"
)
