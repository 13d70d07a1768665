// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

var errNoJSON = errors.New("clientauth: credentials are secret and have no JSON form")

// Format prints [redacted] for every verb.
func (Parameter) Format(state fmt.State, _ rune) { redact(state) }

// LogValue returns [redacted].
func (Parameter) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON fails: credentials do not belong into documents.
func (Parameter) MarshalJSON() ([]byte, error) { return nil, errNoJSON }

// Format prints [redacted] for every verb.
func (Credentials) Format(state fmt.State, _ rune) { redact(state) }

// LogValue returns [redacted].
func (Credentials) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON fails: credentials do not belong into documents.
func (Credentials) MarshalJSON() ([]byte, error) { return nil, errNoJSON }

func redact(state fmt.State) { _, _ = io.WriteString(state, redacted) } // a State's failure is the printer's business
