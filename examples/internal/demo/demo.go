// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package demo is what the example programs share: flags, the embedded server,
// and how to print a result or an error. A program itself shows only its grant.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Main runs a program until it ends or is interrupted (Ctrl-C). An error is
// explained on stderr, and the exit code is 1.
func Main(run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	err := run(ctx)
	stop()
	if err != nil {
		Explain(os.Stderr, err)
		if hint := advice(err); hint != "" {
			fmt.Fprintln(os.Stderr, "Hint:", hint)
		}
		os.Exit(1)
	}
}

// Explain prints an error. What a program can learn from one is in the fields of
// [tokenclient.Error] and [discovery.Error], never in the text.
func Explain(w io.Writer, err error) {
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(w, "Interrupted before there was a token.")
		return
	}
	fmt.Fprintln(w, "Error:", Printable(err.Error()))

	var failed *tokenclient.Error
	if !errors.As(err, &failed) {
		explainMetadata(w, err)
		return
	}
	fields := [][2]string{{"Kind", failed.Kind.String()}}
	if failed.Parameter != "" {
		fields = append(fields, [2]string{"Parameter", failed.Parameter})
	}
	if failed.Code != "" {
		fields = append(fields, [2]string{"Code", string(failed.Code)})
	}
	if failed.StatusCode != 0 {
		fields = append(fields, [2]string{"StatusCode", fmt.Sprint(failed.StatusCode)})
	}
	if failed.RetryAfter != 0 {
		fields = append(fields, [2]string{"RetryAfter", failed.RetryAfter.String()})
	}
	fields = append(fields, [2]string{"Outcome", failed.Outcome.String() + ": " + meaning(failed.Outcome)})
	PrintFields(w, fields)
}

// explainMetadata prints the fields of an error of package discovery.
func explainMetadata(w io.Writer, err error) {
	var failed *discovery.Error
	if !errors.As(err, &failed) {
		return // not from the library
	}
	fields := [][2]string{{"Kind", failed.Kind.String()}}
	if failed.StatusCode != 0 {
		fields = append(fields, [2]string{"StatusCode", fmt.Sprint(failed.StatusCode)})
	}
	for _, violation := range failed.Violations {
		fields = append(fields, [2]string{"Violation", violation.Error()})
	}
	PrintFields(w, fields)
}

// meaning says what an outcome means for the credential.
func meaning(outcome tokenclient.Outcome) string {
	switch outcome {
	case tokenclient.NotProcessed:
		return "the same credential may be sent again"
	case tokenclient.Final:
		return "sending the same again brings the same"
	default:
		return "the credential may be spent"
	}
}

// advice says what to do about the common errors, by their code.
func advice(err error) string {
	var metadata *discovery.Error
	switch {
	case errors.Is(err, context.Canceled):
		return ""
	case errors.As(err, &metadata) && len(metadata.Violations) > 0:
		return "go run -C examples ./discovery ADDRESS says what would accept this; -token-endpoint and the like need no metadata"
	case errors.Is(err, context.DeadlineExceeded):
		return "nobody finished in time; where there is a flag -timeout, it gives more"
	case errors.Is(err, tokenclient.ErrInvalidClient):
		return "see -client-id, -client-secret (or CLIENT_SECRET) and -auth, or the key or certificate"
	case errors.Is(err, tokenclient.ErrUnauthorizedClient):
		return "this client may not use this grant"
	case errors.Is(err, tokenclient.ErrUnsupportedGrantType):
		return "this server does not have this grant"
	case errors.Is(err, tokenclient.ErrInvalidScope):
		return "the server does not know -scope, or the client may not have it"
	case errors.Is(err, tokenclient.ErrInvalidGrant):
		return "the password, code or refresh token is wrong, expired or spent; start again with another"
	case errors.Is(err, tokenclient.ErrInvalidTarget):
		return "the server issues no tokens for this -audience or -resource"
	case errors.Is(err, tokenclient.ErrUnknownUserID):
		return "the server does not know this -user"
	case errors.Is(err, tokenclient.ErrInvalidToken):
		return "the access token is expired, revoked or not of this server"
	case errors.Is(err, tokenclient.ErrAccessDenied):
		return "the user said no, or the server does not let this client do it"
	case errors.Is(err, tokenclient.ErrExpiredToken):
		return "the user did not decide in time; start again"
	default:
		return ""
	}
}
