// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// ErrorKind says who failed.
type ErrorKind int

// The kinds of an [Error].
const (
	// KindProtocol: the server answered with an OAuth error, at any status that it
	// may have.
	KindProtocol ErrorKind = iota + 1
	// KindHTTP: the server, or something in front of it, answered with a status
	// that is no success, and with no OAuth error.
	KindHTTP
	// KindTransport: no complete answer came.
	KindTransport
	// KindPolicy: the client refused to go on, for example to follow a redirect.
	KindPolicy
	// KindRequest: the arguments were invalid, or the credentials could not be made
	// (a function, a key or an assertion failed). Nothing was sent, except when an
	// earlier attempt was, as Outcome says. Wrong credentials are KindProtocol.
	KindRequest
	// KindMalformed: the status was a success, and the body is unusable.
	KindMalformed
)

// String returns the name of the kind, in lower case.
func (k ErrorKind) String() string {
	switch k {
	case KindProtocol:
		return "protocol"
	case KindHTTP:
		return "http"
	case KindTransport:
		return "transport"
	case KindPolicy:
		return "policy"
	case KindRequest:
		return "request"
	case KindMalformed:
		return "malformed"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Outcome says what became of the credential that a failed request carried: a
// code, a refresh token, a password, a device code. It is proved from the
// connection, the status and the headers, never guessed from a text.
type Outcome int

// The outcomes of a failed request.
const (
	// Unknown: something was sent, and no complete answer came. The credential
	// may be spent. A single-use one must not be sent again, unless losing it
	// costs more than its family being revoked.
	Unknown Outcome = iota
	// NotProcessed: nothing was sent, or the server declined without acting: it was
	// busy, it wants a DPoP nonce, the user has not decided yet. The same credential
	// may be sent again.
	NotProcessed
	// Final: the server has decided. Sending the same again brings the same.
	Final
)

// String returns the name of the outcome, in lower case.
func (o Outcome) String() string {
	switch o {
	case Unknown:
		return "unknown"
	case NotProcessed:
		return "not processed"
	case Final:
		return "final"
	}
	return "outcome " + strconv.Itoa(int(o))
}

// ErrorCode is the value of an error response's member error. The constants are
// errors, so that they work with [errors.Is]:
//
//	if errors.Is(err, tokenclient.ErrInvalidGrant) { ... }
type ErrorCode string

// The registered error codes of the endpoints of this package. A server may send
// others; they are kept as they are.
const (
	ErrInvalidRequest              ErrorCode = "invalid_request"               // RFC 6749 section 5.2
	ErrInvalidClient               ErrorCode = "invalid_client"                // RFC 6749 section 5.2
	ErrInvalidGrant                ErrorCode = "invalid_grant"                 // RFC 6749 section 5.2
	ErrUnauthorizedClient          ErrorCode = "unauthorized_client"           // RFC 6749 section 5.2
	ErrUnsupportedGrantType        ErrorCode = "unsupported_grant_type"        // RFC 6749 section 5.2
	ErrInvalidScope                ErrorCode = "invalid_scope"                 // RFC 6749 section 5.2
	ErrAccessDenied                ErrorCode = "access_denied"                 // RFC 6749 section 4.1.2.1, RFC 8628 section 3.5, CIBA Core section 11
	ErrUnsupportedResponseType     ErrorCode = "unsupported_response_type"     // RFC 6749 section 4.1.2.1
	ErrServerError                 ErrorCode = "server_error"                  // RFC 6749 section 4.1.2.1
	ErrTemporarilyUnavailable      ErrorCode = "temporarily_unavailable"       // RFC 6749 section 4.1.2.1
	ErrAuthorizationPending        ErrorCode = "authorization_pending"         // RFC 8628 section 3.5
	ErrSlowDown                    ErrorCode = "slow_down"                     // RFC 8628 section 3.5
	ErrExpiredToken                ErrorCode = "expired_token"                 // RFC 8628 section 3.5
	ErrUseDPoPNonce                ErrorCode = "use_dpop_nonce"                // RFC 9449 section 8
	ErrInvalidDPoPProof            ErrorCode = "invalid_dpop_proof"            // RFC 9449 section 5
	ErrInvalidTarget               ErrorCode = "invalid_target"                // RFC 8707 section 2
	ErrInvalidToken                ErrorCode = "invalid_token"                 // RFC 6750 section 3.1
	ErrInsufficientScope           ErrorCode = "insufficient_scope"            // RFC 6750 section 3.1
	ErrUnsupportedTokenType        ErrorCode = "unsupported_token_type"        // RFC 7009 section 2.2.1
	ErrInteractionRequired         ErrorCode = "interaction_required"          // OpenID Connect Core section 3.1.2.6
	ErrLoginRequired               ErrorCode = "login_required"                // OpenID Connect Core section 3.1.2.6
	ErrConsentRequired             ErrorCode = "consent_required"              // OpenID Connect Core section 3.1.2.6
	ErrInvalidRedirectURI          ErrorCode = "invalid_redirect_uri"          // RFC 7591 section 3.2.2
	ErrInvalidClientMetadata       ErrorCode = "invalid_client_metadata"       // RFC 7591 section 3.2.2
	ErrInvalidSoftwareStatement    ErrorCode = "invalid_software_statement"    // RFC 7591 section 3.2.2
	ErrUnapprovedSoftwareStatement ErrorCode = "unapproved_software_statement" // RFC 7591 section 3.2.2
	ErrInvalidRequestObject        ErrorCode = "invalid_request_object"        // OpenID Connect Core section 3.1.2.6
	ErrExpiredLoginHintToken       ErrorCode = "expired_login_hint_token"      // CIBA Core section 13
	ErrUnknownUserID               ErrorCode = "unknown_user_id"               // CIBA Core section 13
	ErrMissingUserCode             ErrorCode = "missing_user_code"             // CIBA Core section 13
	ErrInvalidUserCode             ErrorCode = "invalid_user_code"             // CIBA Core section 13
	ErrInvalidBindingMessage       ErrorCode = "invalid_binding_message"       // CIBA Core section 13
	ErrTransactionFailed           ErrorCode = "transaction_failed"            // CIBA Core section 12
)

// Error returns the code.
func (c ErrorCode) Error() string { return string(c) }

// isRegistered reports whether the code is one of the constants.
func (c ErrorCode) isRegistered() bool {
	switch c {
	case ErrInvalidRequest, ErrInvalidClient, ErrInvalidGrant, ErrUnauthorizedClient, ErrUnsupportedGrantType,
		ErrInvalidScope, ErrAccessDenied, ErrUnsupportedResponseType, ErrServerError, ErrTemporarilyUnavailable,
		ErrAuthorizationPending, ErrSlowDown, ErrExpiredToken, ErrUseDPoPNonce, ErrInvalidDPoPProof, ErrInvalidTarget,
		ErrInvalidToken, ErrInsufficientScope, ErrUnsupportedTokenType, ErrInteractionRequired, ErrLoginRequired,
		ErrConsentRequired, ErrInvalidRedirectURI, ErrInvalidClientMetadata, ErrInvalidSoftwareStatement,
		ErrUnapprovedSoftwareStatement, ErrInvalidRequestObject, ErrExpiredLoginHintToken, ErrUnknownUserID,
		ErrMissingUserCode, ErrInvalidUserCode, ErrInvalidBindingMessage, ErrTransactionFailed:
		return true
	}
	return false
}

// Error is the only type of error that a [Client] returns. Its text names the
// endpoint or the parameter, the code, the status and what to do next; it never
// holds a secret, a code or a body. The text may change, the fields do not.
type Error struct {
	// Kind says who failed.
	Kind ErrorKind
	// Outcome says whether the credential may be sent again.
	Outcome Outcome
	// Operation is what was attempted, such as "client_credentials token request".
	Operation string
	// Endpoint is the URL that was used, without its query. Empty when there was
	// none.
	Endpoint string
	// Parameter is the wire name of the parameter, or the name of the field, that
	// is wrong. Only for KindRequest.
	Parameter string
	// Code is the OAuth error code, or empty.
	Code ErrorCode
	// Description is the server's error_description: text for a developer, at
	// most 1 KiB, without control characters, and with every credential of the
	// request that it repeats cut out.
	Description string
	// URI is the server's error_uri, when it is an absolute http or https URL. It
	// is never fetched.
	URI string
	// StatusCode is the HTTP status, or 0 when no answer came.
	StatusCode int
	// RetryAfter is how long the server asks to wait, or 0.
	RetryAfter time.Duration

	detail string // what is wrong, in our words
	advice string // what to do next
	cause  error
}

// Error describes what failed. The text is not part of the API.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("tokenclient: ")
	text.WriteString(e.Operation)
	if e.Endpoint != "" {
		text.WriteString(" to ")
		text.WriteString(e.Endpoint)
	}
	text.WriteString(": ")
	text.WriteString(e.summary())
	if e.Description != "" {
		text.WriteString(": ")
		text.WriteString(strconv.Quote(e.Description))
	}
	if e.advice != "" {
		text.WriteString("; ")
		text.WriteString(e.advice)
	}
	return text.String()
}

func (e *Error) summary() string {
	var parts []string
	if e.Code != "" {
		parts = append(parts, string(e.Code))
	}
	if e.detail != "" {
		parts = append(parts, e.detail)
	}
	summary := strings.Join(parts, ": ")
	if e.StatusCode != 0 {
		summary += " (status " + strconv.Itoa(e.StatusCode) + ")"
	}
	return summary
}

// Is reports whether target is the code of this error.
func (e *Error) Is(target error) bool {
	code, ok := target.(ErrorCode)
	return ok && code != "" && code == e.Code
}

// Unwrap returns the cause, if any. It is [context.Canceled] or
// [context.DeadlineExceeded] only when the caller's own context ended. An error of
// the connection is found with [errors.Is] and [errors.As], and not printed: its text
// may quote what was sent or received.
func (e *Error) Unwrap() error { return e.cause }

// Timeout reports whether time was up: the caller's or the library's.
func (e *Error) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(e.cause, &timeout) && timeout.Timeout()
}

// hidden is a cause whose text may quote what was sent or received: net/http quotes
// what it cannot read, and a transport of the caller's may quote anything. It has a
// text of ours instead.
type hidden struct {
	text string
	err  func() error // a func: fmt follows pointers where a verb does not fit
}

func (h *hidden) Error() string { return h.text }

func (h *hidden) Is(target error) bool { return errors.Is(h.err(), target) }

func (h *hidden) As(target any) bool { return errors.As(h.err(), target) }

// Format prints the text of the error for every verb, so that no verb reaches
// into what it wraps.
func (e *Error) Format(state fmt.State, verb rune) {
	text := e.Error()
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(state, text) // a State's failure is the printer's business
}

// LogValue returns the fields for structured logs.
func (e *Error) LogValue() slog.Value {
	attributes := []slog.Attr{
		slog.String("message", e.Error()), slog.String("kind", e.Kind.String()), slog.String("outcome", e.Outcome.String()),
	}
	if e.Code != "" {
		attributes = append(attributes, slog.String("code", string(e.Code)))
	}
	if e.StatusCode != 0 {
		attributes = append(attributes, slog.Int("status", e.StatusCode))
	}
	return slog.GroupValue(attributes...)
}

// invalid makes the error of an argument: nothing was sent.
func invalid(operation, parameter, detail string) *Error {
	return &Error{
		Kind: KindRequest, Outcome: NotProcessed, Operation: operation,
		Parameter: parameter, detail: parameter + " " + detail,
	}
}
