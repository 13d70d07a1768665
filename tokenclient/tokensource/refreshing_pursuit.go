// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	// refreshPatience is how long callers wait who have a token that is still good.
	refreshPatience = time.Second
	// lockTime is how long the lock of the store is waited for: others may hold it
	// for a refresh.
	lockTime = 2 * time.Minute
	// storeTime limits one call of the store, or of OnToken.
	storeTime = 10 * time.Second

	firstRefreshPause = time.Second
	maxRefreshPause   = 30 * time.Second
	maxRefreshAfter   = 5 * time.Minute
	maxFailures       = 256
)

// pursuit is the way to one token. Its result may be read when done is closed.
type pursuit struct {
	key        string
	target     Target
	started    time.Time
	generation int
	wants      stage // at least, of what somebody else has got meanwhile
	resent     bool  // after a lost answer
	done       chan struct{}
	token      tokenclient.Token
	err        error
}

// refreshFailure is a failure of one Target that is remembered.
type refreshFailure struct {
	err   *RefreshError
	count int // in a row
}

func ended(err error) *pursuit {
	p := &pursuit{started: time.Now(), done: make(chan struct{}), err: err}
	close(p.done)
	return p
}

func (p *pursuit) wait(ctx context.Context) (tokenclient.Token, error) {
	select {
	case <-p.done:
		return p.token, p.err
	default:
	}
	select {
	case <-p.done:
		return p.token, p.err
	case <-ctx.Done():
		return tokenclient.Token{}, ctx.Err()
	}
}

// linger waits as long as callers do who have a token that is still good. Who has
// less time than that does not wait.
func (p *pursuit) linger(ctx context.Context) {
	until := p.started.Add(refreshPatience)
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(until) {
		return
	}
	patient, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	_, _ = p.wait(patient)
}

func (s *refreshing) grant(key string) *grant {
	if current := s.current.Load(); current != nil {
		return current.grants[key]
	}
	return nil
}

// join returns the pursuit that is under way, or starts one. During the pause after
// a failure it returns one that has ended.
func (s *refreshing) join(ctx context.Context, key string, target Target, now time.Time) *pursuit {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ended(ErrClosed)
	case s.revoking > 0:
		return ended(noToken("it is being revoked"))
	case s.pursuits[key] != nil:
		return s.pursuits[key]
	}
	g := s.grant(key)
	stage := s.stage(g, now)
	canWait := stage == fresh && s.current.Load().refreshToken == "" // there is nothing to renew it with
	if stage == young || canWait {                                   // in the meantime
		p := ended(nil)
		p.token = g.token
		return p
	}
	if last := s.failures[key]; last != nil && now.Before(last.err.RetryAt) {
		return ended(last.err)
	}
	p := &pursuit{
		key: key, target: target.normal(), started: now, generation: s.generation, wants: max(fresh, stage+1), done: make(chan struct{}),
	}
	s.pursuits[key] = p
	s.work.Go(func() { s.pursue(context.WithoutCancel(ctx), p) })
	return p
}

// pursue gets a token, whoever still waits for it.
func (s *refreshing) pursue(ctx context.Context, p *pursuit) {
	err := errStorePanicked
	defer func() { s.finish(p, err) }() // also when the caller's code ends the goroutine
	err = guarded(func() error {
		return s.alone(ctx, func(ctx context.Context, err error) error {
			if err == nil {
				p.token, err = s.obtain(ctx, p)
			}
			return err
		})
	})
}

func (s *refreshing) finish(p *pursuit, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pursuits, p.key)
	if err == nil && p.generation != s.generation {
		err = noToken("it was revoked")
	}
	if p.err = s.remember(p.key, err); p.err != nil {
		p.token = tokenclient.Token{}
	}
	close(p.done)
}

// remember notes how an attempt has ended, and returns its error with the time of
// the next one. The lock is held.
func (s *refreshing) remember(key string, err error) error {
	if err == nil {
		delete(s.failures, key)
		return nil
	}
	var failed *RefreshError
	if !errors.As(err, &failed) {
		failed = &RefreshError{Code: ErrRefreshFailed, detail: err.Error(), cause: err}
	}
	if failed.Code == ErrNoToken { // a login ends it at once
		return failed
	}
	if len(s.failures) >= maxFailures {
		clear(s.failures)
	}
	count := 0
	if last := s.failures[key]; last != nil {
		count = last.count
	}
	noted := *failed
	noted.RetryAt = time.Now().Add(pauseAfter(failed, count))
	s.failures[key] = &refreshFailure{&noted, count + 1}
	return &noted
}

// pauseAfter returns how long a failure is remembered. After one that only a login
// ends, the store is looked at every second, and the server is not asked.
func pauseAfter(failed *RefreshError, count int) time.Duration {
	if failed.Code == ErrRefreshUnknown || failed.Code == ErrOtherIdentity || errors.Is(failed, tokenclient.ErrInvalidGrant) {
		return firstRefreshPause
	}
	if wait := retryAfter(failed); wait > 0 {
		return wait
	}
	return min(maxRefreshPause, firstRefreshPause<<min(count, 10))
}

// alone waits for its turn, within the process and among those who share the store,
// and calls do, which is told when there is no lock to be had.
func (s *refreshing) alone(ctx context.Context, do func(ctx context.Context, err error) error) error {
	s.turn <- struct{}{} // every holder has time limits
	defer func() { <-s.turn }()
	if s.locker == nil {
		return do(ctx, nil)
	}
	limited, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	var unlock func()
	err := guarded(func() (err error) {
		unlock, err = s.locker.Lock(limited, s.config.Key)
		return err
	})
	if err != nil {
		return do(ctx, storeFailed("lock", err, s.last))
	}
	defer unlock()
	return do(ctx, nil)
}

// detached carries out do to its end, also when the caller leaves.
func (s *refreshing) detached(ctx context.Context, do func(context.Context) error) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	p := &pursuit{done: make(chan struct{}), err: errStorePanicked}
	s.work.Go(func() {
		defer close(p.done)
		p.err = guarded(func() error { return do(context.WithoutCancel(ctx)) })
	})
	s.mu.Unlock()
	_, err := p.wait(ctx)
	return err
}

// publish makes a session the one that callers are served from, and returns it as
// they see it; nil is none, which it also is while it is being revoked. The caller
// has the turn.
func (s *refreshing) publish(current *session) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if current != nil {
		current = current.keeping(s.last)
	}
	s.last = current
	switch {
	case s.revoking > 0:
		return nil
	case current != nil:
		current = current.without(s.rejected)
	}
	if !s.closed {
		s.current.Store(current)
	}
	return current
}
