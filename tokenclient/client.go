// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// Config describes one client of one authorization server. Every field is
// optional, but at least one endpoint is needed, from Metadata or from Endpoints. A
// Config prints as [redacted].
type Config struct {
	confidential

	// Metadata is what the server publishes about itself, from package discovery:
	// its endpoints, its issuer and what it requires. A Client keeps the metadata
	// it was given. Optional.
	Metadata *discovery.Metadata

	// Endpoints are the addresses of the server. What is set here counts instead of
	// what is in Metadata. A method whose endpoint is missing returns an error that
	// names it.
	Endpoints Endpoints

	// Issuer is the issuer identifier of the server (RFC 8414 section 2). When it
	// is known, ParseAuthorizeResponse compares the parameter iss with it (RFC
	// 9207), and it is offered to client authentication as the audience of
	// assertions. Default: the one in Metadata.
	Issuer string

	// Keys are the keys of the server, with which signed answers are verified: those
	// of introspection and of UserInfo. They are fetched when the first signed answer
	// comes. Without keys a signed answer is an error. Default: the keys of Metadata.
	Keys *discovery.Keys

	// ClientID is the identifier of the client. Required with every Auth but
	// [clientauth.None].
	ClientID string

	// Auth is how the client proves who it is. Default: [clientauth.None], a
	// public client.
	Auth clientauth.Method

	// DPoP proves, with every request for a token, that the client has a key, and so
	// binds the tokens to it (RFC 9449): at the token endpoint, with pushed
	// authorization, device and CIBA requests, and at UserInfo. Optional.
	DPoP *dpop.Prover

	// AllowBearer accepts a token that is not bound to the key of DPoP. Whoever
	// steals it can use it. By default such a token is an error.
	AllowBearer bool

	// HTTPClient sends the requests. Its Transport and its Timeout (of one
	// attempt) are used; its Jar and CheckRedirect are not, because credentials
	// follow no redirect. It is not changed. Default: a client with limits on
	// connections, headers and times, that honours the usual proxy variables, and
	// sends what works once on a connection of its own. A transport that keeps
	// connections can meet one that the server has given up, and then nobody knows
	// what became of the credential.
	//
	// net/http itself logs what a broken server sends unasked after an answer over
	// HTTP/1.1, whatever that holds ("Unsolicited response received on idle HTTP
	// channel"). It does so on connections that are kept: with the default client
	// those of requests that can be repeated. What works once has a connection of its
	// own there, and of that only what a server says before it is asked can be logged,
	// such as the greeting of another protocol. Only a transport that keeps no
	// connections prevents it (DisableKeepAlives). The lines go to the standard logger:
	// log.SetOutput sends it elsewhere, slog.SetDefault to a handler.
	HTTPClient *http.Client

	// Parameters are sent with every request to the token endpoint, unless the
	// request has a value of the same name. They may not hold grant_type and the
	// parameters of client authentication. Optional.
	Parameters url.Values

	// Header is sent with every request. It may not hold the headers that the
	// protocol or HTTP itself uses. Optional.
	Header http.Header

	// Retry bounds repetitions and times.
	Retry Retry
}

// Client sends requests to one authorization server on behalf of one client. It
// is safe for concurrent use by multiple goroutines, starts none and need not be
// closed. [New] makes one; the zero Client is of no use. Making many is cheap: they share connections.
type Client struct {
	settings func() *settings // a func: fmt follows pointers where a verb does not fit
}

// settings are a checked copy of a Config.
type settings struct {
	endpoints

	metadata discovery.Metadata // zero when there is none
	keys     *discovery.Keys    // nil when there are none
	issuer   string
	clientID string
	auth     clientauth.Method
	dpop     proofs
	caller   *httpcall.Caller
	// withoutCertificate is for what is not an endpoint of the configuration. nil
	// when caller presents none.
	withoutCertificate *httpcall.Caller
	parameters         url.Values
	header             http.Header
	retry              Retry
}

const operationNew = "new client"

// New returns a Client. The Config is copied; changing it later has no effect.
// An error is an [*Error] of [KindRequest] that names the field.
func New(config Config) (*Client, error) {
	s, err := newSettings(config)
	if err != nil {
		return nil, err
	}
	return &Client{func() *settings { return s }}, nil
}

func newSettings(config Config) (*settings, *Error) {
	s := &settings{
		issuer:     config.Issuer,
		keys:       config.Keys,
		clientID:   config.ClientID,
		auth:       config.Auth,
		dpop:       proofs{config.DPoP, config.AllowBearer},
		caller:     httpcall.New(config.HTTPClient),
		parameters: copyValues(config.Parameters),
		retry:      config.Retry,
	}
	if s.auth == nil {
		s.auth = clientauth.None()
	}
	if config.Metadata != nil {
		s.metadata = *config.Metadata
		s.issuer = cmp.Or(s.issuer, s.metadata.Issuer)
		s.keys = cmp.Or(s.keys, s.metadata.Keys())
	}
	s.header = newHeader(config.Header)
	for _, check := range []func() *Error{
		func() *Error { return s.setEndpoints(config.Endpoints) },
		s.checkAuth,
		s.setTransport,
		s.checkProver,
		func() *Error { return checkDefaults(config.Parameters) },
		func() *Error { return checkHeader(config.Header) },
		config.Retry.check,
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *settings) checkAuth() *Error {
	switch {
	case !utf8.ValidString(s.clientID):
		return invalid(operationNew, "Config.ClientID", "is not valid UTF-8")
	case s.clientID != "" && strings.TrimSpace(s.clientID) == "":
		return invalid(operationNew, "Config.ClientID", "is blank")
	case s.auth.Name() == clientauth.NameNone:
		return nil
	case strings.TrimSpace(s.clientID) == "":
		return invalid(operationNew, "Config.ClientID", "is required by the client authentication "+s.auth.Name())
	}
	if method, ok := s.auth.(interface{ Validate(clientID string) error }); ok {
		if err := method.Validate(s.clientID); err != nil {
			refused := invalid(operationNew, "Config.Auth", "is unusable: "+err.Error())
			refused.cause = err
			return refused
		}
	}
	return s.checkAlgorithm()
}

// checkAlgorithm compares the algorithm of signed assertions with what the server
// accepts, as far as its metadata says.
func (s *settings) checkAlgorithm() *Error {
	method, ok := s.auth.(interface{ Algorithm() string })
	accepted := s.metadata.TokenEndpointAuthSigningAlgValuesSupported
	if !ok || accepted == nil || slices.Contains(accepted, method.Algorithm()) {
		return nil
	}
	return invalid(operationNew, "Config.Auth", "signs with "+method.Algorithm()+", and the server accepts "+strings.Join(accepted, ", "))
}

// checkProver refuses a Prover without a key, or with one that the server does not
// take, as far as its metadata says.
func (s *settings) checkProver() *Error {
	if s.dpop.prover == nil {
		return nil
	}
	algorithm, accepted := s.dpop.prover.Algorithm(), s.metadata.DPoPSigningAlgValuesSupported
	switch {
	case algorithm == "":
		return invalid(operationNew, "Config.DPoP", "has no key; NewProver makes one that has")
	case accepted != nil && !slices.Contains(accepted, algorithm):
		return invalid(operationNew, "Config.DPoP", "signs with "+algorithm+", and the server accepts "+strings.Join(accepted, ", "))
	}
	return nil
}

// setTransport lets a method of client authentication present a certificate.
func (s *settings) setTransport() *Error {
	method, ok := s.auth.(interface {
		Transport(base http.RoundTripper) (http.RoundTripper, error)
	})
	if !ok {
		return nil
	}
	caller, err := s.caller.Over(method.Transport)
	if err != nil {
		refused := invalid(operationNew, "Config.HTTPClient", "cannot be used: "+err.Error())
		refused.cause = err
		return refused
	}
	s.withoutCertificate, s.caller = s.caller, caller
	return nil
}

// copyValues returns a deep copy.
func copyValues(values url.Values) url.Values {
	copied := make(url.Values, len(values))
	for name, list := range values {
		copied[name] = slices.Clone(list)
	}
	return copied
}

func checkDefaults(parameters url.Values) *Error {
	f := newForm(operationNew)
	f.parameters(parameters)
	return f.err
}

// isProtocolHeader reports whether a header is the library's or HTTP's own.
// Idempotency keys would make net/http send a request again by itself.
func isProtocolHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Proxy-Authorization", "Dpop", "Content-Type", "Content-Length", "Host", "Accept", "Accept-Encoding",
		"Connection", "Transfer-Encoding", "Trailer", "Te", "Upgrade", "Cookie", "Idempotency-Key", "X-Idempotency-Key":
		return true
	}
	return false
}

func checkHeader(header http.Header) *Error {
	for name, values := range header {
		switch {
		case isProtocolHeader(name):
			return invalid(operationNew, "Config.Header", "must not hold "+name)
		case name == "" || strings.ContainsFunc(name, isNotHeaderName):
			return invalid(operationNew, "Config.Header", "has a name that is no token")
		case slices.ContainsFunc(values, func(value string) bool { return strings.ContainsFunc(value, isControl) }):
			return invalid(operationNew, "Config.Header", "has a control character in "+name)
		}
	}
	return nil
}

func isNotHeaderName(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// newHeader returns the header that every request starts from.
func newHeader(own http.Header) http.Header {
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {httpcall.UserAgent}}
	for name, values := range own {
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	return header
}
