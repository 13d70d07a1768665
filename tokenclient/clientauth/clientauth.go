// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package clientauth has the ways in which a client proves to an authorization
// server who it is (RFC 6749 section 2.3).
//
// A client uses exactly one way, and it is chosen, never guessed:
//
//	None                a public client: client_id in the body, no proof
//	SecretBasic         a shared secret in the Authorization header
//	SecretBasicRFC2617  the same without escaping, for servers that want it raw
//	SecretPost          a shared secret in the body
//	SecretJWT           a JWT signed with a shared secret
//	PrivateKeyJWT       a JWT signed with a key of the client
//	TLS, SelfSignedTLS  the certificate of the connection
//	Assertion           a JWT that a function supplies
//
// Secrets that rotate are read through SecretBasicFunc, SecretBasicRFC2617Func
// and SecretPostFunc. Anything else can implement [Method].
package clientauth

import "context"

// Attempt describes the request that is about to be sent. A request that is
// sent again is another attempt.
type Attempt struct {
	// ClientID is the identifier of the client, as it was configured.
	ClientID string
	// Issuer is the issuer identifier of the server, or empty when it is unknown.
	Issuer string
	// Endpoint is the URL that the request goes to.
	Endpoint string
	// Number counts the attempts of one request, from 1.
	Number int
}

// Parameter is one parameter of a request's form, not yet encoded. It prints as
// [redacted], and has no JSON form.
type Parameter struct {
	// Name is the wire name, such as client_id.
	Name string
	// Value is sent as it is, form-encoded.
	Value string
}

// Credentials are what a [Method] adds to one attempt. The zero value adds
// nothing. They print as [redacted], and have no JSON form.
type Credentials struct {
	// Authorization is the value of the Authorization header, or empty.
	Authorization string
	// Parameters are appended to the form, in order.
	Parameters []Parameter
}

// Method is one way for a client to prove who it is. An implementation must be
// safe for concurrent use by multiple goroutines.
//
// A Method may also have these methods, which tokenclient.New calls, so that a
// mistake is found before anything is sent:
//
//	Validate(clientID string) error    reports what is wrong
//	Algorithm() string                 the alg that it signs with, compared with the server's metadata
//	Transport(http.RoundTripper) (http.RoundTripper, error)    what to send through instead
type Method interface {
	// Name is the name that the method has in server metadata, such as
	// client_secret_basic. The name none means that nothing is proved, and that
	// a client identifier is not needed.
	Name() string
	// Credentials returns what to add to one attempt. It is called once for
	// each. An error keeps the attempt from being sent, and is not followed by
	// another one; its text must not hold a secret. ctx ends with the attempt.
	Credentials(ctx context.Context, attempt Attempt) (Credentials, error)
}

// NameNone is the name of [None].
const NameNone = "none"

// None is the method of public clients: client_id goes into the body when there
// is one, and nothing is proved (RFC 6749 section 3.2.1).
func None() Method { return none{} }

type none struct{}

func (none) Name() string { return NameNone }

func (none) Credentials(_ context.Context, attempt Attempt) (Credentials, error) {
	if attempt.ClientID == "" {
		return Credentials{}, nil
	}
	return Credentials{Parameters: []Parameter{{"client_id", attempt.ClientID}}}, nil
}
