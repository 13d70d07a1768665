// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// RefreshingConfig is how a [Refreshing] works. The zero value is the default.
type RefreshingConfig struct {
	// Store keeps the tokens. If it is a [Locker], all processes that share it make
	// one refresh together. Default: a [Memory] of its own.
	Store Store
	// Key is where in the store the session is. Required with a Store.
	Key string
	// OnToken is told of each refresh, once, before its token is given to anybody,
	// for programs that keep tokens without a Store: the response has the refresh
	// token and the ID token to keep, also when the server sent none. It is called
	// again, later, as long as it returns an error. It must not ask this source for
	// a token, which would wait for OnToken. Optional.
	OnToken func(ctx context.Context, response *tokenclient.TokenResponse) error
	// OnSaveError is told, with a [*RefreshError], when the store or OnToken has not
	// taken a new pair of tokens. It is tried again and again; a program that ends
	// meanwhile loses the session. Optional.
	OnSaveError func(ctx context.Context, err error)
	// Margin is how long before its end a token is due for renewal, but never more
	// than 20 % of its lifetime. 0 means 60 s.
	Margin time.Duration
	// DefaultLifetime is the lifetime of a token whose server does not say it. 0
	// means 5 minutes.
	DefaultLifetime time.Duration
	// ReuseWindow is how long the server takes a refresh token again that was sent
	// before: its grace period (leeway, overlap) if it replaces refresh tokens, or as
	// long as they live if it never does. For so long a refresh is repeated when its
	// answer was lost. To a server that does not take it again, that looks like a
	// theft: it logs the user out.
	//
	// 0 means never: each lost answer, or crash during a refresh, costs the user a
	// login, also where the server would have taken the refresh token again. That is
	// not seen from its answers: many servers replace refresh tokens only sometimes.
	ReuseWindow time.Duration
}

// Refreshing is a [Source] of access tokens for a user who has logged in, renewed
// with the refresh token of that login. It is safe for concurrent use by multiple
// goroutines, and, with a [Store], by any number of processes. [NewRefreshing]
// makes one.
//
// Many servers replace the refresh token with each use, and log the user out when
// they see the old one again. So it is never sent twice: refreshes queue, each
// uses what the store has by then, and the store has the new one before anybody
// has the access token. Before a refresh token is sent, this is noted in the store,
// so that after a crash, too, nobody sends it again. All this goes on without the
// callers, who leave when their context ends.
//
// When the answer to a refresh is lost, the error is [ErrRefreshUnknown], for this
// and, until the user has logged in, all further calls, which look into the store
// first. Lost are also the answers 500, 502 and 504, and 503 without a Retry-After:
// they do not say whether the refresh token is spent ([tokenclient.Unknown]), so that
// by default one of them ends the session. Where the server never replaces refresh
// tokens, or takes the old one for a while, say so with ReuseWindow: then it is asked
// again.
//
// Other failures are shared and remembered for 1 to 30 s, or as long as the server
// says.
//
// Between 75 and 85 % of a token's lifetime the first caller starts its renewal in
// the background, and nobody waits; a source that nobody uses does nothing. A token
// that is due (see Margin) is still given out, to its end, while the server fails to
// renew it or takes over a second, and at once to a caller who has less time than
// that.
//
// When the store does not take a new pair of tokens, it is used all the same, and
// saved later; see OnSaveError. When the store cannot be read, no refresh token is
// sent.
type Refreshing struct {
	state func() *refreshing // a func: fmt follows pointers where a verb does not fit
}

var _ Source = (*Refreshing)(nil)

// refreshing is the state of a Refreshing.
type refreshing struct {
	client *tokenclient.Client
	config RefreshingConfig
	locker Locker // nil if the store is none

	current atomic.Pointer[session] // what callers are served from; written under mu

	work    sync.WaitGroup // every goroutine
	closing chan struct{}

	leftover leftover

	mu         sync.Mutex
	closed     bool
	revoking   int // how many Revoke are under way: nobody is served meanwhile
	generation int // how many Revoke there were
	pursuits   map[string]*pursuit
	failures   map[string]*refreshFailure
	rejected   []string // access tokens that APIs have refused

	// turn is full while somebody works with the store and the refresh token. Its
	// holder may use what is below.
	turn    chan struct{}
	last    *session // that was known to be good
	unsaved *unsaved
	untold  *tokenclient.TokenResponse // what OnToken has not taken
	saving  bool                       // there is a goroutine that saves
	dead    *deadToken
	voided  []string // claims that came to nothing, as far as the store may have them
	revoked []string // refresh tokens that could not be removed from the store
}

// deadToken is a refresh token that the server has refused for good.
type deadToken struct {
	refreshToken string
	err          *RefreshError
}

// NewRefreshing returns a Refreshing for what is in the store. After a login give
// it the tokens with [Refreshing.SetToken]. Close it when it is no longer needed.
func NewRefreshing(client *tokenclient.Client, config RefreshingConfig) (*Refreshing, error) {
	switch {
	case client == nil:
		return nil, errors.New("tokensource: a refreshing source needs a client")
	case config.Store == nil:
		config.Store = NewMemory()
	case config.Key == "":
		return nil, errors.New("tokensource: a refreshing source with a store needs a key")
	}
	config.Margin = positiveOr(config.Margin, defaultMargin)
	config.DefaultLifetime = positiveOr(config.DefaultLifetime, defaultLifetime)
	s := &refreshing{
		client:   client,
		config:   config,
		closing:  make(chan struct{}),
		pursuits: map[string]*pursuit{},
		failures: map[string]*refreshFailure{},
		leftover: leftover{turn: make(chan struct{}, 1)},
		turn:     make(chan struct{}, 1),
	}
	s.locker, _ = config.Store.(Locker)
	return &Refreshing{func() *refreshing { return s }}, nil
}

// Token returns an access token as the login has brought it, renewed if it is due.
// The error is a [*RefreshError], or [ErrClosed], or that of ctx.
func (r *Refreshing) Token(ctx context.Context) (tokenclient.Token, error) {
	return r.TokenFor(ctx, Target{})
}

// TokenFor returns an access token for a certain API or scope, renewed if it is
// due. Each Target has its token; they are requested one after the other. For the
// errors see [Refreshing.Token].
func (r *Refreshing) TokenFor(ctx context.Context, target Target) (tokenclient.Token, error) {
	s, key, now := r.state(), target.key(), time.Now()
	last := s.grant(key)
	stage := s.stage(last, now)
	if stage == young {
		return last.token, nil
	}
	p := s.join(ctx, key, target, now)
	if stage == due {
		p.linger(ctx)
	}
	if last := s.grant(key); s.stage(last, time.Now()) != over { // also while the server is down or slow
		return last.token, nil
	}
	token, err := p.wait(ctx)
	if last := s.grant(key); err != nil && s.stage(last, time.Now()) != over { // the store had one that is due
		return last.token, nil
	}
	return token, err
}

// Source returns a [Source] of the tokens for a certain API or scope. It has
// Invalidate, too, and needs no closing: that of the Refreshing does.
func (r *Refreshing) Source(target Target) Source {
	return &targetSource{r, target.normal()}
}

type targetSource struct {
	*Refreshing
	target Target
}

// Token returns an access token for the Target.
func (t *targetSource) Token(ctx context.Context) (tokenclient.Token, error) {
	return t.TokenFor(ctx, t.target)
}

// Invalidate drops an access token, because an API has refused it, so that the
// next caller gets another one. A token that was renewed by then is kept.
func (r *Refreshing) Invalidate(_ context.Context, token tokenclient.Token) {
	if token.AccessToken() == "" {
		return
	}
	s := r.state()
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 64
	if !slices.Contains(s.rejected, token.AccessToken()) {
		s.rejected = append(s.rejected[max(0, len(s.rejected)-most+1):], token.AccessToken())
	}
	if last := s.current.Load(); last != nil {
		s.current.Store(last.without(s.rejected))
	}
}

// Close ends the source: from the call on, whoever does not wait for a token already
// gets [ErrClosed]. It waits for what is under way, because a refresh that is cut off
// costs the user a login; that takes no longer than the Client's time limit and those
// of the store, or, while tokens are revoked, twice that and a minute. The error, with
// the code [ErrStoreFailed], says that a new pair of tokens could not be saved, and is
// lost.
func (r *Refreshing) Close() error {
	s := r.state()
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		s.current.Store(nil)
		close(s.closing)
	}
	s.mu.Unlock()
	s.work.Wait()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.unsaved != nil || s.untold != nil {
		return &RefreshError{Code: ErrStoreFailed, detail: "the last pair of tokens was not saved"}
	}
	return nil
}
