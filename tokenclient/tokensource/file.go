// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// File is a [Store] and [Locker] in a directory, for the processes and goroutines
// of one user on one machine. It is safe for concurrent use by multiple goroutines
// and by any number of processes. [NewFile] makes one.
//
// Each key has a file, named after a hash of the key, that only its owner can read
// (mode 0600; on Windows, what the directory allows). It is written beside, synced
// to the disk and renamed, so that whatever happens there is the old content or the
// new one, whole; what a process that is killed meanwhile leaves beside it goes with
// the next Save or Delete. Two empty files are for locking, and stay. A lock is the
// operating system's (flock, LockFileEx) and ends with the process that holds it,
// also when that is killed. The directory must be on a local disk: network file
// systems do not lock and rename reliably.
//
// The tokens in the files are in clear unless the Store is [Sealed].
type File struct{ files func() *files }

var (
	_ Store  = (*File)(nil)
	_ Locker = (*File)(nil)
)

type files struct {
	dir   string
	locks keyLocks // before those of the operating system: one goroutine waits there
}

// fileHeader begins a file; the version and a line feed follow, then the data.
const fileHeader = "identitymodel token store 1 "

const (
	firstLockPause = time.Millisecond
	maxLockPause   = 25 * time.Millisecond
)

// NewFile returns a File in that directory, which is made, for its owner only, if
// it is not there. On a system where files cannot be locked the error is
// [errors.ErrUnsupported].
func NewFile(dir string) (*File, error) {
	if !canLockFiles {
		return nil, fmt.Errorf("tokensource: files cannot be locked on this system: %w", errors.ErrUnsupported)
	}
	if dir == "" {
		return nil, errors.New("tokensource: the directory of the file store has no name")
	}
	dir, err := filepath.Abs(dir) // the working directory may change
	if err != nil {
		return nil, fmt.Errorf("tokensource: find the directory of the file store: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("tokensource: make the directory of the file store: %w", err)
	}
	f := &files{dir: dir}
	return &File{func() *files { return f }}, nil
}

// Load returns what is stored under key; see [Store]. A file that is not one of
// ours counts as nothing.
func (f *File) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if readersLockFiles {
		unlock, err := f.files().lock(ctx, key, ".save")
		if err != nil {
			return nil, "", err
		}
		defer unlock()
	}
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	return f.files().read(key)
}

// Save stores data under key; see [Store].
func (f *File) Save(ctx context.Context, key string, data []byte, version string) (newVersion string, err error) {
	unlock, err := f.files().lock(ctx, key, ".save")
	if err != nil {
		return "", err
	}
	defer unlock()
	_, stored, err := f.files().read(key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	if stored != version {
		return "", ErrConflict
	}
	newVersion = rand.Text()
	if err := f.files().write(key, data, newVersion); err != nil {
		return "", fmt.Errorf("tokensource: write a token file: %w", err)
	}
	return newVersion, nil
}

// Delete removes what is stored under key; see [Store].
func (f *File) Delete(ctx context.Context, key, version string) error {
	unlock, err := f.files().lock(ctx, key, ".save")
	if err != nil {
		return err
	}
	defer unlock()
	if version != "" {
		_, stored, err := f.files().read(key)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case stored != version:
			return ErrConflict
		}
	}
	return f.files().remove(key)
}

// Lock takes the lock of key; see [Locker]. Its lease ends with the process.
func (f *File) Lock(ctx context.Context, key string) (unlock func(), err error) {
	return f.files().lock(ctx, key, ".lock")
}

// path returns the name of a file of key. A key may be a secret, such as a session
// identifier, so the name does not tell it.
func (f *files) path(key, ending string) string {
	hash := sha256.Sum256([]byte(key))
	return filepath.Join(f.dir, hex.EncodeToString(hash[:])+ending)
}

func (f *files) read(key string) (data []byte, version string, err error) {
	content, err := os.ReadFile(f.path(key, ""))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", ErrNotFound
	case err != nil:
		return nil, "", fmt.Errorf("tokensource: read a token file: %w", err)
	}
	header, data, whole := bytes.Cut(content, []byte("\n"))
	named, ours := bytes.CutPrefix(header, []byte(fileHeader))
	if !whole || !ours || len(named) == 0 {
		return nil, "", ErrNotFound
	}
	return data, string(named), nil
}

// write replaces a file. What a writer that was killed has left is overwritten:
// the lock is held.
func (f *files) write(key string, data []byte, version string) error {
	next := f.path(key, ".next")
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the directory is the caller's, the name a hash
	if err != nil {
		return err
	}
	_, err = file.Write(append([]byte(fileHeader+version+"\n"), data...))
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(next, f.path(key, ""))
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(f.dir)
}

// remove removes a file, and what a writer that was killed has left: that has tokens
// too. The lock is held.
func (f *files) remove(key string) error {
	for _, ending := range []string{"", ".next"} {
		if err := os.Remove(f.path(key, ending)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("tokensource: remove a token file: %w", err)
		}
	}
	return syncDir(f.dir)
}

// lock takes one of the locks of key: first within the process, then between
// processes. The operating system cannot wait for both a lock and a context, so
// that it is asked again and again.
func (f *files) lock(ctx context.Context, key, ending string) (unlock func(), err error) {
	leave, err := f.locks.lock(ctx, key+ending)
	if err != nil {
		return nil, err
	}
	file, err := waitForFile(ctx, f.path(key, ending))
	if err != nil {
		leave()
		return nil, err
	}
	return func() {
		_ = file.Close() // and with it goes the lock
		leave()
	}, nil
}

func waitForFile(ctx context.Context, path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the directory is the caller's, the name a hash
	if err != nil {
		return nil, fmt.Errorf("tokensource: open a lock file: %w", err)
	}
	for pause := firstLockPause; ; pause = min(2*pause, maxLockPause) {
		locked, err := lockFile(file)
		switch {
		case err != nil:
			_ = file.Close()
			return nil, fmt.Errorf("tokensource: lock a file: %w", err)
		case locked:
			return file, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			_ = file.Close()
			return nil, ctx.Err()
		}
	}
}
