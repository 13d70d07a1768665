// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"container/list"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Keyed keeps one [Cached] for each key, such as a tenant, a scope, a resource, or a
// struct of them: whatever makes one token differ from another belongs into the key.
// It is safe for concurrent use by multiple goroutines once its fields are set; do
// not change them, and do not copy it, after its first use.
type Keyed[K comparable] struct {
	// New makes the source of a key that is not there. Callers who need the same key
	// at the same time may each call it; one result is used, the others are closed.
	// When it panics or returns nil, the callers get an error, and nothing is kept.
	// Required.
	New func(key K) *Cached

	// Max is how many sources are kept: those used last. 0 means 1000.
	Max int

	mu     sync.Mutex
	closed bool
	places map[K]*list.Element
	recent list.List // of place[K], the one used last in front
	// leaving are the sources that were dropped while a fetch is under way.
	leaving map[*Cached]struct{}
}

// place is where the source of a key is.
type place[K comparable] struct {
	key    K
	source *Cached
	used   time.Time
}

const (
	defaultMax = 1000
	// idleTime is for how long at least nobody has used a source that is dropped
	// although there are not too many.
	idleTime = time.Minute
	// maxGets is how often Token asks for a source that is not closed.
	maxGets = 10
)

// Token returns the token of a key. The error is as that of [Cached.Token].
func (k *Keyed[K]) Token(ctx context.Context, key K) (tokenclient.Token, error) {
	for gets := 1; ; gets++ {
		source, kept := k.get(key)
		token, err := source.Token(ctx)
		if !kept || gets == maxGets || !errors.Is(err, ErrClosed) {
			return token, err
		}
		k.forget(key, source) // closed, or dropped for other keys just now: its successor has the token
	}
}

// Source returns the source of the tokens of a key, which goes on when what [Keyed.Get]
// returns has been dropped: this is the one for a [Transport].
func (k *Keyed[K]) Source(key K) Source { return &keyedSource[K]{k, key} }

type keyedSource[K comparable] struct {
	keyed *Keyed[K]
	key   K
}

func (s *keyedSource[K]) Token(ctx context.Context) (tokenclient.Token, error) {
	return s.keyed.Token(ctx, s.key)
}

func (s *keyedSource[K]) Invalidate(ctx context.Context, token tokenclient.Token) {
	s.keyed.Get(s.key).Invalidate(ctx, token)
}

// Get returns the source of a key, made if it is not there. Use it at once: when it
// is dropped for other keys, those who wait for its token get it, and later callers
// get [ErrClosed]. To keep one, see [Keyed.Source]. After Close, Get returns a closed
// source.
func (k *Keyed[K]) Get(key K) *Cached {
	source, _ := k.get(key)
	return source
}

// Close closes all sources, also those that were dropped and still serve who waits.
func (k *Keyed[K]) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	for _, at := range k.places {
		placeAt[K](at).source.Close()
	}
	for source := range k.leaving {
		source.Close()
	}
	k.recent.Init()
	clear(k.places)
	clear(k.leaving)
}

var errNoSource = errors.New("the function New of the Keyed has failed")

// get returns a source, and whether it is one that is kept.
func (k *Keyed[K]) get(key K) (source *Cached, kept bool) {
	if source, ok := k.find(key); ok {
		return source, true
	}
	made := k.make(key)
	if made == nil {
		return NewCached(func(context.Context) (*tokenclient.TokenResponse, error) { return nil, errNoSource }, CachedOptions{}), false
	}
	return k.keep(key, made)
}

func (k *Keyed[K]) find(key K) (*Cached, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, ok := k.places[key]
	if !ok {
		return nil, false
	}
	k.recent.MoveToFront(at)
	found := placeAt[K](at)
	found.used = time.Now()
	return found.source, true
}

// make calls New without the lock: it is the caller's code.
func (k *Keyed[K]) make(key K) (made *Cached) {
	defer func() { _ = recover() }() // made is nil then
	return k.New(key)
}

// keep keeps a source, unless there is one by now, and drops those that are too many.
func (k *Keyed[K]) keep(key K, made *Cached) (source *Cached, kept bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		made.Close()
		return made, false
	}
	if at, ok := k.places[key]; ok {
		if source := placeAt[K](at).source; source != made {
			made.Close()
			return source, true
		}
		return made, true
	}
	if k.places == nil {
		k.places = make(map[K]*list.Element)
	}
	k.places[key] = k.recent.PushFront(&place[K]{key, made, time.Now()})
	k.tidy()
	return made, true
}

// tidy drops the sources that were used longest ago: those that are too many, and
// those that nobody has used for a while and that have no token any more. The lock is
// held.
func (k *Keyed[K]) tidy() {
	limit := k.Max
	if limit <= 0 {
		limit = defaultMax
	}
	for k.recent.Len() > 1 {
		at := k.recent.Back()
		oldest := placeAt[K](at)
		if k.recent.Len() <= limit && (time.Since(oldest.used) < idleTime || !oldest.source.state().isSpent()) {
			return
		}
		k.drop(at)
	}
}

// drop retires a source: those who wait for its token get it. The lock is held.
func (k *Keyed[K]) drop(at *list.Element) {
	old := placeAt[K](at)
	k.recent.Remove(at)
	delete(k.places, old.key)
	if last := old.source.state().retire(); last != nil {
		if k.leaving == nil {
			k.leaving = make(map[*Cached]struct{})
		}
		k.leaving[old.source] = struct{}{}
		go k.seeOff(old.source, last)
	}
}

// seeOff forgets a source that was dropped when its last fetch has ended.
func (k *Keyed[K]) seeOff(source *Cached, last *flight) {
	<-last.done
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.leaving, source)
}

// forget drops the source of a key if it is still that one.
func (k *Keyed[K]) forget(key K, source *Cached) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.places[key]; ok && placeAt[K](at).source == source {
		k.drop(at)
	}
}

func placeAt[K comparable](at *list.Element) *place[K] {
	return at.Value.(*place[K]) //nolint:errcheck,forcetypeassert // nothing else is put in
}
