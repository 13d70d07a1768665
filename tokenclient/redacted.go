// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

const redactedText = "[redacted]"

// confidential is embedded in the types that hold a secret in an exported field.
// They print as [redacted] for every verb of fmt and in slog, and have no JSON
// form.
type confidential struct{}

// Format prints [redacted] for every verb.
func (confidential) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, redactedText) // a State's failure is the printer's business
}

// LogValue returns [redacted].
func (confidential) LogValue() slog.Value { return slog.StringValue(redactedText) }

var errConfidential = errors.New(
	"tokenclient: requests, responses and tokens hold secrets and have no JSON form; store a token with EncodeToken " +
		"and DecodeToken, a login with EncodeAuthorizeRequest and DecodeAuthorizeRequest, a response with its Raw method")

// MarshalJSON fails: leaving the secrets out silently would lose them.
func (confidential) MarshalJSON() ([]byte, error) { return nil, errConfidential }

// UnmarshalJSON fails, as MarshalJSON does.
func (*confidential) UnmarshalJSON([]byte) error { return errConfidential }
