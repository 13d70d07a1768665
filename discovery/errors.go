// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// ErrorKind says why there is no metadata.
type ErrorKind int

// The kinds of an [Error].
const (
	// KindAddress means that the address or an option is invalid. Nothing was sent.
	KindAddress ErrorKind = iota + 1
	// KindTransport means that no complete answer came.
	KindTransport
	// KindHTTP means that the answer was another status than 200.
	KindHTTP
	// KindMalformed means that the document cannot be read.
	KindMalformed
	// KindPolicy means that the policy refuses what the document says, or where it
	// comes from.
	KindPolicy
)

// String returns the name of the kind, in lower case.
func (k ErrorKind) String() string {
	switch k {
	case KindAddress:
		return "address"
	case KindTransport:
		return "transport"
	case KindHTTP:
		return "http"
	case KindMalformed:
		return "malformed"
	case KindPolicy:
		return "policy"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Error is the only type of error that this package returns, but for the end of
// the caller's own context, which it wraps.
type Error struct {
	// Kind says why.
	Kind ErrorKind
	// Address is the URL of the document, or what was given instead of one.
	Address string
	// StatusCode is the HTTP status, or 0 when no answer came.
	StatusCode int
	// Violations are all the rules that the document breaks. Only for KindPolicy.
	Violations []Violation

	detail string
	cause  error
}

// Violation is one member that breaks a rule of a [Policy]. It is an error, so
// that [errors.As] finds the first one in an [*Error].
type Violation struct {
	// Member is the name of the member, such as token_endpoint, or
	// mtls_endpoint_aliases.token_endpoint.
	Member string
	// Value is the value of the member, at most 256 bytes of it.
	Value string
	// Rule is what it breaks.
	Rule Rule
}

// Rule is something that a [Policy] asks for. Its text is what .NET IdentityModel
// says.
type Rule string

// The rules of a [Policy].
const (
	// RuleIssuerMissing asks for an issuer.
	RuleIssuerMissing Rule = "Issuer name is missing"
	// RuleIssuerMismatch asks for the issuer that the caller expects.
	RuleIssuerMismatch Rule = "Issuer name does not match authority"
	// RuleEndpointMalformed asks for absolute http or https URLs.
	RuleEndpointMalformed Rule = "Malformed endpoint"
	// RuleEndpointNotHTTPS asks for https.
	RuleEndpointNotHTTPS Rule = "Endpoint does not use HTTPS"
	// RuleEndpointHost asks for endpoints on the host of the issuer.
	RuleEndpointHost Rule = "Endpoint is on a different host than authority"
	// RuleEndpointBase asks for endpoints under the path of the issuer.
	RuleEndpointBase Rule = "Invalid base address for endpoint"
	// RuleKeySetMissing asks for a jwks_uri.
	RuleKeySetMissing Rule = "Keyset is missing"
)

// Error describes the violation.
func (v Violation) Error() string {
	if v.Value == "" {
		return string(v.Rule) + " (" + printable(v.Member) + ")"
	}
	return string(v.Rule) + ": " + strconv.Quote(v.Value) + " (" + printable(v.Member) + ")"
}

// printable quotes a name that could forge a line of a log: the server chose it.
func printable(name string) string {
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

// Error describes what failed, with every violation; of the Address without its
// query, which may hold a secret. The text is not part of the API.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("discovery: ")
	if e.Address != "" {
		text.WriteString(withoutQuery(e.Address) + ": ")
	}
	text.WriteString(e.detail)
	for i, violation := range e.Violations {
		if i > 0 {
			text.WriteString(";")
		}
		text.WriteString(" " + violation.Error())
	}
	if e.StatusCode != 0 && e.Kind != KindPolicy {
		fmt.Fprintf(&text, " (status %d)", e.StatusCode)
	}
	return text.String()
}

// Unwrap returns the violations and the cause, if any. The cause is
// [context.Canceled] or [context.DeadlineExceeded] only when the caller's own
// context ended.
func (e *Error) Unwrap() []error {
	var all []error
	for _, violation := range e.Violations {
		all = append(all, violation)
	}
	if e.cause != nil {
		all = append(all, e.cause)
	}
	return all
}

// Timeout reports whether time was up: the caller's or the library's.
func (e *Error) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(e.cause, &timeout) && timeout.Timeout()
}

// newCallError makes the error of a request that brought no usable answer.
func newCallError(address string, answer httpcall.Answer, err error) *Error {
	e := &Error{Kind: KindTransport, Address: address, StatusCode: answer.StatusCode, detail: err.Error(), cause: err}
	var failure *httpcall.Failure
	if !errors.As(err, &failure) {
		return e
	}
	e.cause = failure.Err
	switch failure.Reason {
	case httpcall.Redirected:
		e.Kind = KindPolicy
		e.detail = "the server redirects, which is not followed; fetch the final address"
		if failure.Location != "" {
			e.detail = "the server redirects to " + failure.Location + ", which is not followed; fetch the final address"
		}
	case httpcall.TooLarge:
		e.Kind = KindMalformed
	default: // no complete answer
	}
	return e
}
