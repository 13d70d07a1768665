// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the verification of answers that are signed JWTs (RFC 7519
// section 7.2, RFC 8725).

package tokenclient

import (
	"context"
	"errors"
	"mime"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jose"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// signature says what the JWT of an answer has to be like.
type signature struct {
	mediaType  string   // of an answer that is signed
	required   bool     // any other answer is refused
	types      []string // the values of typ; "" = without
	algorithms []string // what the server's metadata has; nil = it does not say
	claims     []string // those that must be there, of iss, aud and iat
}

// clockTolerance is how far the server's clock may be off.
const clockTolerance = 30 * time.Second

// needsVerification checks that a signed answer could be verified.
func (f *form) needsVerification(s *settings, want signature) {
	switch {
	case s.keys == nil:
		f.refuse("Config.Keys", "is required to verify a signed answer")
	case s.issuer == "" && slices.Contains(want.claims, "iss"):
		f.refuse("Config.Issuer", "is required to verify a signed answer")
	case s.clientID == "" && slices.Contains(want.claims, "aud"):
		f.refuse("Config.ClientID", "is required to verify a signed answer")
	}
}

// mediaType returns the type of the body, in lower case and without parameters.
func (r *Response) mediaType() string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // what is no type is none
	return kind
}

// open returns the payload of an answer that is signed; nothing for one that is not
// and need not be. What is wrong with it, it notes.
func (c *Client) open(ctx context.Context, r *Response, want signature) (payload string) {
	switch {
	case r.err != nil: // there is nothing to verify
	case r.mediaType() == want.mediaType:
		return c.verify(ctx, r, want)
	case want.required:
		r.err = r.distrusted("the answer is not the signed JWT that was asked for")
	}
	return ""
}

// verify returns the payload of an answer that is a JWT, when the server has signed
// it for this client. Otherwise it notes why not.
func (c *Client) verify(ctx context.Context, r *Response, want signature) (payload string) {
	message, payload, err := c.verifySignature(ctx, r, want)
	switch {
	case err != nil:
		r.err = err
		return ""
	case !isType(message.Type, want.types):
		r.err = r.distrusted("the JWT is no answer of this endpoint: its typ is another one")
		return ""
	}
	var claims registeredClaims
	if err := jsonfield.Members(payload, claims.visit); err != nil {
		r.err = r.malformed("the JWT's payload: " + err.Error())
		return ""
	}
	if problem := claims.check(c.settings(), want.claims, time.Now()); problem != "" {
		r.err = r.distrusted(problem)
		return ""
	}
	return payload
}

// verifySignature finds the key of the server that has signed the body.
func (c *Client) verifySignature(ctx context.Context, r *Response, want signature) (*jose.Message, string, *Error) {
	if c.settings().keys == nil {
		return nil, "", r.distrusted("the answer is a signed JWT, and there is no Config.Keys to verify it with")
	}
	algorithms := want.algorithms
	if algorithms == nil {
		algorithms = jose.Algorithms()
	}
	message, err := jose.ParseMessage(r.Raw(), algorithms)
	switch {
	case errors.Is(err, jose.ErrMalformed), errors.Is(err, jose.ErrEncrypted):
		return nil, "", r.malformed(err.Error())
	case err != nil:
		return nil, "", r.distrusted(err.Error())
	}
	found, err := c.settings().keys.Find(ctx, message.KeyID, message.Algorithm)
	if err != nil {
		return nil, "", r.keyless(err)
	}
	keys := make([]any, 0, len(found))
	for _, key := range found {
		keys = append(keys, key.Material())
	}
	payload, err := message.Verify(keys...)
	if err != nil {
		return nil, "", r.distrusted(err.Error())
	}
	return message, payload, nil
}

// isType reports whether a typ is one of those. It counts without regard to case,
// and may have a prefix (RFC 7515 section 4.1.9).
func isType(kind string, types []string) bool {
	kind = strings.TrimPrefix(strings.ToLower(kind), "application/")
	return slices.ContainsFunc(types, func(allowed string) bool { return strings.EqualFold(kind, allowed) })
}

// registeredClaims are the claims that say for whom and for when a JWT is (RFC
// 7519 section 4.1).
type registeredClaims struct {
	issuer, audience, issuedAt, expiry, notBefore gjson.Result
}

func (c *registeredClaims) visit(name string, value gjson.Result) {
	switch name {
	case "iss":
		c.issuer = value
	case "aud":
		c.audience = value
	case "iat":
		c.issuedAt = value
	case "exp":
		c.expiry = value
	case "nbf":
		c.notBefore = value
	}
}

// check returns what is wrong with the claims, or nothing. Those that need not be
// there count when they are.
func (c *registeredClaims) check(s *settings, required []string, now time.Time) string {
	for _, claim := range []struct {
		name  string
		value gjson.Result
		check func(gjson.Result) string
	}{
		{"iss", c.issuer, s.checkIssuer},
		{"aud", c.audience, s.checkAudience},
		{"iat", c.issuedAt, func(value gjson.Result) string {
			return checkDate(value, func(date time.Time) bool { return !date.After(now.Add(clockTolerance)) })
		}},
		{"nbf", c.notBefore, func(value gjson.Result) string {
			return checkDate(value, func(date time.Time) bool { return !date.After(now.Add(clockTolerance)) })
		}},
		{"exp", c.expiry, func(value gjson.Result) string {
			return checkDate(value, func(date time.Time) bool { return date.After(now.Add(-clockTolerance)) })
		}},
	} {
		switch {
		case !claim.value.Exists() && slices.Contains(required, claim.name):
			return "the JWT has no " + claim.name
		case claim.value.Exists():
			if problem := claim.check(claim.value); problem != "" {
				return "the JWT's " + claim.name + " " + problem
			}
		}
	}
	return ""
}

func (s *settings) checkIssuer(value gjson.Result) string {
	switch issuer, _ := jsonfield.String(value); {
	case s.issuer == "":
		return "cannot be checked without Config.Issuer"
	case issuer != s.issuer:
		return "is not Config.Issuer: it comes from another server"
	}
	return ""
}

func (s *settings) checkAudience(value gjson.Result) string {
	switch all, _ := audience(value); {
	case s.clientID == "":
		return "cannot be checked without Config.ClientID"
	case !slices.Contains(all, s.clientID):
		return "does not have Config.ClientID: it is for another client"
	}
	return ""
}

func checkDate(value gjson.Result, holds func(time.Time) bool) string {
	switch date, ok := numericDate(value); {
	case !ok:
		return "is not a date"
	case !holds(date):
		return "does not fit this clock"
	}
	return ""
}

// distrusted makes the error of an answer that does not come from the server, or
// is not what this client may use.
func (r *Response) distrusted(detail string) *Error {
	return &Error{
		Kind: KindPolicy, Outcome: Final, Operation: r.call.operation, Endpoint: r.call.endpoint.label,
		StatusCode: r.StatusCode, detail: detail,
	}
}

// keyless makes the error of an answer that could not be verified because there
// were no keys.
func (r *Response) keyless(err error) *Error {
	return &Error{
		Kind: KindTransport, Outcome: Unknown, Operation: r.call.operation, Endpoint: r.call.endpoint.label,
		StatusCode: r.StatusCode, detail: "the keys that verify the answer did not come: " + err.Error(), cause: err,
	}
}
