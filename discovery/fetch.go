// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements OpenID Provider Metadata (OpenID Connect Discovery section
// 4) and Authorization Server Metadata (RFC 8414).

package discovery

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// Options are how a document is fetched and checked. The zero value is the
// default.
type Options struct {
	// HTTPClient sends the requests. Its Transport and its Timeout (of one
	// attempt) are used; its Jar and CheckRedirect are not, because redirects are
	// not followed. It is not changed. Default: a client with limits.
	HTTPClient *http.Client
	// Policy says what the document must be like. Default: the strictest.
	Policy Policy
	// Form fixes where the document is. Default: OpenID first, and RFC 8414 when
	// that is 404.
	Form Form
	// Path is another path of the document below the issuer, instead of a
	// well-known one. Optional.
	Path string
	// FetchKeys fetches the keys at once, so that a server without usable keys is
	// an error of Fetch.
	FetchKeys bool
	// MaxAttempts is how often a request is sent at most. 0 means 3.
	MaxAttempts int
}

// Fetch returns what an authorization server publishes about itself, checked. The
// address is the server's issuer identifier, or the full address of the document
// (OpenID Connect Discovery section 4, RFC 8414 section 3). An address with a
// query keeps it for the document.
//
// The error is an [*Error]. Fetch keeps nothing; see [Cache].
func Fetch(ctx context.Context, address string, options Options) (*Metadata, error) {
	f, err := newFetcher(address, options)
	if err != nil {
		return nil, err
	}
	metadata, _, failed := f.document(ctx)
	if failed != nil {
		return nil, failed
	}
	if err := f.fetchKeys(ctx, metadata.keys); err != nil {
		return nil, err
	}
	return metadata, nil
}

// fetcher fetches one server's document.
type fetcher struct {
	client   *client
	options  Options
	location location
}

func newFetcher(address string, options Options) (*fetcher, error) {
	if err := options.Policy.validate(); err != nil {
		return nil, err
	}
	found, err := locate(address, options)
	if err != nil {
		return nil, err
	}
	return &fetcher{newClient(options), options, found}, nil
}

// document fetches the document and returns how long it may be kept. Its keys are
// still to be fetched.
func (f *fetcher) document(ctx context.Context) (*Metadata, time.Duration, error) {
	var answer httpcall.Answer
	var address string
	var err error
	for _, address = range f.location.documents {
		answer, err = f.client.get(ctx, address, "application/json")
		if err == nil || answer.StatusCode != http.StatusNotFound {
			break
		}
	}
	if err != nil {
		return nil, 0, f.withOthers(err, address)
	}
	metadata, err := f.read(address, answer)
	if err != nil {
		return nil, 0, err
	}
	return metadata, lifetime(answer.Header, documentTTL), nil
}

// fetchKeys fetches the keys if they are wanted at once.
func (f *fetcher) fetchKeys(ctx context.Context, keys *Keys) error {
	if !f.options.FetchKeys || keys == nil {
		return nil
	}
	set, err := keys.Get(ctx)
	var described *Error
	switch {
	case err == nil && len(set.Keys) == 0:
		return &Error{Kind: KindMalformed, Address: keys.address, StatusCode: http.StatusOK, detail: "the key set has no usable key"}
	case err != nil && !errors.As(err, &described): // that of ctx
		return &Error{Kind: KindTransport, Address: keys.address, detail: err.Error(), cause: err}
	}
	return err
}

// withOthers names the addresses that were tried before.
func (f *fetcher) withOthers(err error, last string) error {
	var failed *Error
	if errors.As(err, &failed) {
		for _, address := range f.location.documents {
			if address == last {
				break
			}
			failed.detail += ", nor is one at " + withoutQuery(address)
		}
	}
	return err
}

func (f *fetcher) read(address string, answer httpcall.Answer) (*Metadata, error) {
	metadata, err := parseMetadata(answer.Body)
	if err != nil {
		return nil, newMalformed(address, answer, err)
	}
	if violations := f.options.Policy.check(metadata, f.location.issuers); len(violations) > 0 {
		return nil, &Error{
			Kind: KindPolicy, Address: address, StatusCode: answer.StatusCode,
			Violations: violations, detail: "the policy refuses the document:",
		}
	}
	if metadata.JWKSURI != "" {
		metadata.keys = newKeys(f.client, metadata.JWKSURI)
	}
	return metadata, nil
}

// client sends the requests of this package.
type client struct {
	caller *httpcall.Caller
	limits httpcall.Limits
}

func newClient(options Options) *client {
	limits := httpcall.Limits{
		Attempts: 3, MinWait: 200 * time.Millisecond, MaxWait: 5 * time.Second, MaxRetryAfter: 30 * time.Second,
		AttemptTime: 30 * time.Second, TotalTime: 60 * time.Second,
	}
	if options.MaxAttempts > 0 {
		limits.Attempts = options.MaxAttempts
	}
	return &client{httpcall.New(options.HTTPClient), limits}
}

// get returns the answer of a GET. Another status than 200 is an error, with the
// answer; so is a body that is certainly not JSON.
func (c *client) get(ctx context.Context, address, accept string) (httpcall.Answer, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return httpcall.Answer{}, &Error{Kind: KindAddress, detail: malformedURL}
	}
	answer, err := c.caller.Do(ctx, httpcall.Call{
		Method: http.MethodGet, URL: parsed, Class: httpcall.Repeatable, Limits: c.limits,
		Prepare: func(context.Context, int) (http.Header, []byte, error) {
			return http.Header{"Accept": {accept}, "User-Agent": {httpcall.UserAgent}}, nil, nil
		},
	})
	switch {
	case err != nil:
		return answer, newCallError(address, answer, err)
	case answer.StatusCode != http.StatusOK:
		return answer, &Error{Kind: KindHTTP, Address: address, StatusCode: answer.StatusCode, detail: "the server did not answer with a document"}
	}
	if kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); kind == "text/html" {
		return answer, newMalformed(address, answer, errors.New("the answer is text/html, not JSON"))
	}
	return answer, nil
}

func newMalformed(address string, answer httpcall.Answer, err error) *Error {
	return &Error{Kind: KindMalformed, Address: address, StatusCode: answer.StatusCode, detail: err.Error(), cause: err}
}
