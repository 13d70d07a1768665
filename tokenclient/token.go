// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Token is an access token with its type and its end. It is a value: copy it,
// keep it, compare its AccessToken. It prints without the token for every verb,
// also inside other values; it has no JSON form, and is stored with
// [EncodeToken] and [DecodeToken].
type Token struct {
	// Type is the token type as the server sent it, such as Bearer; compare
	// without regard to case. Empty when the server sent none.
	Type string
	// Expiry is when the token expires, counted from before it was requested. The
	// zero time means that the server did not say.
	Expiry time.Time

	accessToken *string // behind a pointer: fmt does not follow it
}

// NewToken returns a Token, for programs that get an access token elsewhere.
func NewToken(accessToken, tokenType string, expiry time.Time) Token {
	return Token{Type: tokenType, Expiry: expiry, accessToken: &accessToken}
}

// AccessToken returns the token itself: a secret. It is empty for the zero Token.
func (t Token) AccessToken() string {
	if t.accessToken == nil {
		return ""
	}
	return *t.accessToken
}

// fitsHeader reports whether a token can be in a header: not even a space is in it.
func fitsHeader(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Format prints the token without its secret, for every verb.
func (t Token) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, t.describe()) // a State's failure is the printer's business
}

// LogValue returns the token without its secret.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.describe()) }

func (t Token) describe() string {
	text := redactedText
	if t.Type != "" {
		text = t.Type + " " + text
	}
	if t.Expiry.IsZero() {
		return text
	}
	return text + " until " + t.Expiry.UTC().Format(time.RFC3339)
}

// MarshalJSON fails: leaving the secret out silently would lose it. Use
// [EncodeToken].
func (t Token) MarshalJSON() ([]byte, error) { return nil, errConfidential }

// UnmarshalJSON fails. Use [DecodeToken].
func (t *Token) UnmarshalJSON([]byte) error { return errConfidential }
