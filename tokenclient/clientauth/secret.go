// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"sync/atomic"
)

// SecretBasic sends the client identifier and the secret in the Authorization
// header, each encoded as a form value before they are joined (RFC 6749 section
// 2.3.1). This is the method that every server must support, and the default of
// .NET IdentityModel. An empty secret is an error.
func SecretBasic(secret string) Method { return newBasic(fixed(secret), formEncoded) }

// SecretBasicFunc is [SecretBasic] with a secret that may change: it is read
// once for each attempt.
func SecretBasicFunc(secret func(context.Context) (string, error)) Method {
	return newBasic(changing(secret), formEncoded)
}

// SecretBasicRFC2617 is [SecretBasic] without the encoding: identifier and
// secret are joined as they are (RFC 7617, which replaced RFC 2617). It is for
// servers that do not decode, such as IdentityServer3. An identifier with a
// colon, and control characters, are errors, because the server could not read
// them.
func SecretBasicRFC2617(secret string) Method { return newBasic(fixed(secret), raw) }

// SecretBasicRFC2617Func is [SecretBasicRFC2617] with a secret that may change:
// it is read once for each attempt.
func SecretBasicRFC2617Func(secret func(context.Context) (string, error)) Method {
	return newBasic(changing(secret), raw)
}

// SecretPost sends the client identifier and the secret in the body (RFC 6749
// section 2.3.1), for servers that do not accept [SecretBasic]. An empty secret
// is an error.
func SecretPost(secret string) Method { return post{fixed(secret)} }

// SecretPostFunc is [SecretPost] with a secret that may change: it is read once
// for each attempt.
func SecretPostFunc(secret func(context.Context) (string, error)) Method {
	return post{changing(secret)}
}

// secretSource holds a secret behind funcs, where no printing can reach it.
type secretSource struct {
	read  func(context.Context) (string, error)
	known func() (string, error) // what can be said beforehand: nil for a secret that may change
}

var (
	errEmptySecret = errors.New("clientauth: the client secret is empty; a client without one uses None")
	errNoFunc      = errors.New("clientauth: the function that returns the secret is nil")
)

func fixed(secret string) secretSource {
	known := func() (string, error) { return secret, notEmpty(secret) }
	return secretSource{read: func(context.Context) (string, error) { return known() }, known: known}
}

func changing(secret func(context.Context) (string, error)) secretSource {
	if secret == nil {
		return secretSource{known: func() (string, error) { return "", errNoFunc }}
	}
	read := func(ctx context.Context) (string, error) {
		current, err := secret(ctx)
		if err != nil {
			return "", err
		}
		return current, notEmpty(current)
	}
	return secretSource{read: read}
}

func notEmpty(secret string) error {
	if secret == "" {
		return errEmptySecret
	}
	return nil
}

// check returns a fixed secret, or an empty one when it may change.
func (s secretSource) check() (string, error) {
	if s.known == nil {
		return "", nil
	}
	return s.known()
}

// basic is client_secret_basic in both of its encodings.
type basic struct {
	secret secretSource
	join   func(id, secret string) (string, error)
	last   atomic.Pointer[basicHeader]
}

// basicHeader is a finished header value with what it was made of.
type basicHeader struct{ id, secret, value string }

func newBasic(secret secretSource, join func(id, secret string) (string, error)) *basic {
	return &basic{secret: secret, join: join}
}

func (*basic) Name() string { return "client_secret_basic" }

// Validate reports what is wrong with a fixed secret or with the identifier.
func (b *basic) Validate(clientID string) error {
	secret, err := b.secret.check()
	if err != nil {
		return err
	}
	_, err = b.join(clientID, secret)
	return err
}

func (b *basic) Credentials(ctx context.Context, attempt Attempt) (Credentials, error) {
	if b.secret.read == nil {
		return Credentials{}, errNoFunc
	}
	secret, err := b.secret.read(ctx)
	if err != nil {
		return Credentials{}, err
	}
	if last := b.last.Load(); last != nil && last.id == attempt.ClientID && last.secret == secret {
		return Credentials{Authorization: last.value}, nil
	}
	joined, err := b.join(attempt.ClientID, secret)
	if err != nil {
		return Credentials{}, err
	}
	value := "Basic " + base64.StdEncoding.EncodeToString([]byte(joined))
	b.last.Store(&basicHeader{attempt.ClientID, secret, value})
	return Credentials{Authorization: value}, nil
}

func formEncoded(id, secret string) (string, error) {
	return url.QueryEscape(id) + ":" + url.QueryEscape(secret), nil
}

func raw(id, secret string) (string, error) {
	if strings.Contains(id, ":") {
		return "", errors.New("clientauth: SecretBasicRFC2617 cannot send a client identifier with a colon")
	}
	if strings.ContainsFunc(id+secret, isControl) {
		return "", errors.New("clientauth: SecretBasicRFC2617 cannot send control characters")
	}
	return id + ":" + secret, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// post is client_secret_post.
type post struct{ secret secretSource }

func (post) Name() string { return "client_secret_post" }

// Validate reports what is wrong with a fixed secret.
func (p post) Validate(string) error {
	_, err := p.secret.check()
	return err
}

func (p post) Credentials(ctx context.Context, attempt Attempt) (Credentials, error) {
	if p.secret.read == nil {
		return Credentials{}, errNoFunc
	}
	secret, err := p.secret.read(ctx)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{Parameters: []Parameter{
		{"client_id", attempt.ClientID}, {"client_secret", secret},
	}}, nil
}
