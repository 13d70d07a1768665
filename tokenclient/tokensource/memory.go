// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"bytes"
	"context"
	"strconv"
	"sync"
)

// Memory is a [Store] and [Locker] within a process: for tests, and for programs
// that log in again when they start. It is safe for concurrent use by multiple
// goroutines. [NewMemory] makes one.
type Memory struct {
	state func() *memory // a func: fmt follows pointers where a verb does not fit
}

var (
	_ Store  = (*Memory)(nil)
	_ Locker = (*Memory)(nil)
)

type memory struct {
	locks keyLocks

	mu      sync.Mutex
	entries map[string]memoryEntry
	count   uint64 // of saves
}

type memoryEntry struct {
	data    []byte
	version string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory {
	m := &memory{entries: map[string]memoryEntry{}}
	return &Memory{func() *memory { return m }}
}

// Load returns what is stored under key; see [Store].
func (m *Memory) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	s := m.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	entry, ok := s.entries[key]
	if !ok {
		return nil, "", ErrNotFound
	}
	return bytes.Clone(entry.data), entry.version, nil
}

// Save stores data under key; see [Store].
func (m *Memory) Save(ctx context.Context, key string, data []byte, version string) (newVersion string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s := m.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries[key].version != version {
		return "", ErrConflict
	}
	s.count++
	newVersion = strconv.FormatUint(s.count, 10)
	s.entries[key] = memoryEntry{append([]byte{}, data...), newVersion}
	return newVersion, nil
}

// Delete removes what is stored under key; see [Store].
func (m *Memory) Delete(ctx context.Context, key, version string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := m.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry, ok := s.entries[key]; ok && version != "" && entry.version != version {
		return ErrConflict
	}
	delete(s.entries, key)
	return nil
}

// Lock takes the lock of key; see [Locker]. Its lease ends with the process.
func (m *Memory) Lock(ctx context.Context, key string) (unlock func(), err error) {
	return m.state().locks.lock(ctx, key)
}
