// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Why a [Refreshing] has no token. They are the Code of a [RefreshError].
const (
	// ErrNoToken: there is nothing in the store, or nothing that can be used. The
	// user has to log in.
	ErrNoToken ErrorCode = "there is no token: the user has to log in"
	// ErrRefreshUnknown: the refresh token was sent and no complete answer came. The
	// server may have replaced it, so that it is not sent again: the user has to log
	// in, unless another process has more luck. See [RefreshingConfig.ReuseWindow].
	ErrRefreshUnknown ErrorCode = "the answer to a refresh was lost, and the refresh token with it"
	// ErrRefreshFailed: the server has refused, or could not be asked, or its answer
	// was lost and it may be asked again ([RefreshingConfig.ReuseWindow]). The
	// [*tokenclient.Error] inside says which; with [tokenclient.ErrInvalidGrant]
	// the user has to log in.
	ErrRefreshFailed ErrorCode = "the refresh failed"
	// ErrOtherIdentity: the answer to a refresh has an ID token of another issuer or
	// user. It was dropped.
	ErrOtherIdentity ErrorCode = "the refresh brought the ID token of somebody else"
	// ErrStoreFailed: the store or its lock failed.
	ErrStoreFailed ErrorCode = "the store failed"
)

// RefreshError is why a [Refreshing] has no token, or has not done what it was
// asked. It is never the end of a caller's own context: that is returned as it is.
type RefreshError struct {
	// Code says what is wrong; [errors.Is] finds it.
	Code ErrorCode
	// RetryAt is when it is tried again; until then the same error is returned. The
	// zero time means with the next call.
	RetryAt time.Time

	detail string
	cause  error
}

// Error describes what is wrong, without any token. The text is not part of the
// API.
func (e *RefreshError) Error() string {
	text := e.Code.Error()
	if e.detail != "" {
		text += ": " + e.detail
	}
	return text
}

// Is reports whether target is the code of this error.
func (e *RefreshError) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && code == e.Code
}

// Unwrap returns the cause, if any: a [*tokenclient.Error], or what the store or a
// function of the [RefreshingConfig] has returned.
func (e *RefreshError) Unwrap() error { return e.cause }

// Format prints the text of the error for every verb, so that no verb reaches
// into what it wraps.
func (e *RefreshError) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(state, text) // a State's failure is the printer's business
}

// LogValue returns the text of the error.
func (e *RefreshError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

func noToken(detail string) *RefreshError { return &RefreshError{Code: ErrNoToken, detail: detail} }

var (
	errStoreLate     = errors.New("it took too long")
	errStorePanicked = errors.New("it panicked")
)

// storeFailed makes the error of a store. Its own text may quote what it was given:
// the secrets are cut out. The end of a time limit of ours is not that of the
// caller's context.
func storeFailed(what string, cause error, sessions ...*session) *RefreshError {
	if errors.Is(cause, context.DeadlineExceeded) || errors.Is(cause, context.Canceled) {
		cause = errStoreLate
	}
	text := cause.Error()
	for _, s := range sessions {
		for _, secret := range s.secrets() {
			text = strings.ReplaceAll(text, secret, "[redacted]")
		}
	}
	return &RefreshError{Code: ErrStoreFailed, detail: what + ": " + text, cause: cause}
}

// guarded calls the caller's code. A panic there must not end the program: nobody
// could recover it in our goroutines.
func guarded(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errStorePanicked
		}
	}()
	return do()
}
