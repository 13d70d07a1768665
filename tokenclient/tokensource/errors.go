// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"
)

// ErrorCode is a reason for an error that is not a server's. The constants are
// errors, so that they work with [errors.Is].
type ErrorCode string

const (
	// ErrClosed says that the source was closed, or that a [Keyed] has dropped it for
	// others.
	ErrClosed ErrorCode = "the source is closed"
	// ErrOtherOrigin says that a request goes to an origin that is not among
	// [Transport.Origins]. Nothing was sent.
	ErrOtherOrigin ErrorCode = "the origin of the request is not listed"
)

// Error describes the code.
func (c ErrorCode) Error() string { return "tokensource: " + string(c) }

// Error is why a source has no token: the last request for one has failed. It is
// remembered, and returned without another request, until RetryAt. [errors.As]
// finds the [*tokenclient.Error] inside. It is never the end of a caller's own
// context: that is returned as it is.
type Error struct {
	// RetryAt is when the server may be asked again. The first caller after it
	// asks.
	RetryAt time.Time

	cause error
}

// Error describes what failed. The text is not part of the API.
func (e *Error) Error() string {
	return "tokensource: no token: " + e.cause.Error() + "; the server is asked again after " + e.RetryAt.UTC().Format(time.RFC3339Nano)
}

// Unwrap returns what the request for a token has failed with.
func (e *Error) Unwrap() error { return e.cause }

// Format prints the text of the error for every verb, so that no verb reaches
// into what it wraps.
func (e *Error) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(state, text) // a State's failure is the printer's business
}

// LogValue returns the text of the error.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }
