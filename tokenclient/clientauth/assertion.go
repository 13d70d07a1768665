// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements client authentication by assertion (RFC 7521 section 4.2).

package clientauth

import (
	"context"
	"errors"
)

// AssertionTypeJWT is the client_assertion_type of a JWT (RFC 7523 section 2.2).
const AssertionTypeJWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Assertion sends client_id and a JWT that the function returns, as
// client_assertion (RFC 7523 section 2.2). The function is called exactly once
// for each attempt, so that no assertion is ever sent twice; it can sign one, or
// read one that the platform issues to the workload. Its ctx ends with the
// attempt, and its error keeps the attempt from being sent.
//
// An assertion's aud is the issuer of the server, which is Attempt.Issuer when
// it is known; some servers want the token endpoint, which is Attempt.Endpoint.
func Assertion(assertion func(context.Context, Attempt) (string, error)) Method {
	return signed{assertion}
}

type signed struct {
	assertion func(context.Context, Attempt) (string, error)
}

var (
	errNoAssertionFunc = errors.New("clientauth: the function that returns the assertion is nil")
	errEmptyAssertion  = errors.New("clientauth: the function returned an empty assertion")
)

func (signed) Name() string { return "private_key_jwt" }

// Validate reports a function that is missing.
func (s signed) Validate(string) error {
	if s.assertion == nil {
		return errNoAssertionFunc
	}
	return nil
}

func (s signed) Credentials(ctx context.Context, attempt Attempt) (Credentials, error) {
	if s.assertion == nil {
		return Credentials{}, errNoAssertionFunc
	}
	assertion, err := s.assertion(ctx, attempt)
	if err != nil {
		return Credentials{}, err
	}
	if assertion == "" {
		return Credentials{}, errEmptyAssertion
	}
	return Credentials{Parameters: []Parameter{
		{"client_id", attempt.ClientID},
		{"client_assertion_type", AssertionTypeJWT},
		{"client_assertion", assertion},
	}}, nil
}
