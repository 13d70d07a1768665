// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"
	"time"
)

// Reason says why there is no usable answer.
type Reason int

const (
	// Broken means that the connection could not be made, or ended too early.
	Broken Reason = iota
	// TimedOut means that the time of an attempt or of the call was over.
	TimedOut
	// Ended means that the caller's context ended.
	Ended
	// Unprepared means that Prepare failed.
	Unprepared
	// Redirected means that the server wanted the call sent to another address.
	Redirected
	// TooLarge means that the body had more than [MaxBody] bytes.
	TooLarge
)

// Failure is the error of a [Caller].
type Failure struct {
	Reason   Reason
	NotSent  bool   // provably nothing was sent
	Location string // Redirected: the origin it leads to, if any
	Err      error  // the cause, if any
}

// Error describes the failure without anything that was sent or received.
func (f *Failure) Error() string {
	switch f.Reason {
	case TimedOut:
		return "no complete answer in time"
	case Ended:
		return f.Err.Error()
	case Redirected:
		return "the server answered with a redirect"
	case TooLarge:
		return "the body is larger than 1 MiB"
	case Unprepared:
		return "the request could not be prepared: " + f.Err.Error()
	default:
		return describe(f.Err)
	}
}

// Unwrap returns the cause. It is a context error only when the caller's own
// context ended.
func (f *Failure) Unwrap() error { return f.Err }

// Timeout reports whether time was up.
func (f *Failure) Timeout() bool {
	return f.Reason == TimedOut || errors.Is(f.Err, context.DeadlineExceeded)
}

// ended returns why the caller's context is over, or nil. An operation that the
// context's deadline has ended can be back before the context itself says so.
func ended(caller context.Context) error {
	if err := caller.Err(); err != nil {
		return err
	}
	if deadline, ok := caller.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

func unprepared(caller context.Context, err error) *Failure {
	if over := ended(caller); over != nil {
		return &Failure{Reason: Ended, NotSent: true, Err: over}
	}
	return &Failure{Reason: Unprepared, NotSent: true, Err: foreign(err)}
}

// interrupted makes the Failure of a call whose loop ended between two attempts.
func interrupted(caller context.Context, last *Failure, err error) *Failure {
	over := ended(caller)
	if over == nil {
		return &Failure{Reason: Broken, Err: foreign(err)}
	}
	return &Failure{Reason: Ended, NotSent: last != nil && last.NotSent, Err: over}
}

// unsentError is an error of a transport that had to prepare something, as that of
// clientauth.TLS has.
type unsentError interface {
	error
	BeforeSending()
}

// failed makes the Failure of an attempt that brought no complete answer.
func failed(caller context.Context, err error, c *connection) *Failure {
	if unsent, ok := find[unsentError](err); ok {
		return unprepared(caller, unsent)
	}
	notSent := c.neverHad() || c.neverWrote(err) || !c.had() && isBeforeSending(err)
	if over := ended(caller); over != nil {
		return &Failure{Reason: Ended, NotSent: notSent, Err: over}
	}
	var address *url.Error
	if errors.As(err, &address) { // it holds the URL with its query
		err = address.Err
	}
	reason := Broken
	if isTimeout(err) {
		reason = TimedOut
	}
	return &Failure{Reason: reason, NotSent: notSent, Err: foreign(err)}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// isBeforeSending reports whether an error by its type arises only before a
// request is written: while looking up a name, dialing or in a handshake.
func isBeforeSending(err error) bool {
	if operation, ok := find[*net.OpError](err); ok {
		return operation.Op == "dial" || operation.Op == "proxyconnect"
	}
	_, lookup := find[*net.DNSError](err)
	return lookup || handshake(err) != nil
}

// handshake returns the error of a TLS handshake that err wraps, or nil.
func handshake(err error) error {
	if found, ok := find[*tls.CertificateVerificationError](err); ok {
		return found
	}
	if found, ok := find[tls.RecordHeaderError](err); ok && found.Conn != nil { // else it came later
		return found
	}
	if found, ok := find[x509.UnknownAuthorityError](err); ok {
		return found
	}
	if found, ok := find[x509.HostnameError](err); ok {
		return found
	}
	if found, ok := find[x509.CertificateInvalidError](err); ok {
		return found
	}
	return nil
}

func find[T error](err error) (found T, ok bool) {
	ok = errors.As(err, &found)
	return found, ok
}

// describe gives the text of errors that are known to quote nothing that was
// sent or received, and a text of our own for the others: net/http quotes what
// it cannot read, and a transport of the caller's may quote anything.
func describe(err error) string {
	if found := handshake(err); found != nil {
		return found.Error()
	}
	if found, ok := find[*net.DNSError](err); ok {
		return found.Error()
	}
	if found, ok := find[*net.OpError](err); ok {
		return found.Error()
	}
	if found, ok := find[syscall.Errno](err); ok {
		return found.Error()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the connection was closed before a complete answer came"
	}
	return "the exchange failed before a complete answer came"
}

// outside is an error of the transport or of a callback. It never matches the
// context errors: those are for the caller's own context, and the one that
// ended was the attempt's, or the error is a timeout of the operating system,
// which claims to be one.
type outside struct{ err error }

func foreign(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return outside{err}
	}
	return err
}

func (o outside) Error() string { return o.err.Error() }

func (o outside) Is(target error) bool {
	return target != context.Canceled && target != context.DeadlineExceeded && errors.Is(o.err, target)
}

func (o outside) As(target any) bool { return errors.As(o.err, target) }
