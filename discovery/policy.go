// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// Policy says what a document must be like before it is trusted. The zero value
// is the strictest: https everywhere but on the loopback interface (localhost,
// 127.0.0.0/8, ::1); the issuer equal, code point by code point, to the one that
// was asked for (RFC 8414 section 3.3); every endpoint on the host of the issuer
// and under its path; a jwks_uri. Endpoints are all top-level members with a name
// that ends in "endpoint", jwks_uri, check_session_iframe, and the members of
// mtls_endpoint_aliases. A member that is null counts as missing.
//
// A Policy is never written to; one can serve any number of servers.
type Policy struct {
	// Issuer is the issuer to expect instead of the address. Optional.
	Issuer string
	// ExpectedIssuer decides about the issuer instead of a comparison, for
	// providers with many tenants, such as Entra's
	// https://login.microsoftonline.com/{tenantid}/v2.0. It replaces Issuer and
	// IgnoreTrailingSlash. Optional.
	ExpectedIssuer func(issuer string) bool
	// IgnoreTrailingSlash accepts an issuer that differs from the expected one by
	// a slash at the end.
	IgnoreTrailingSlash bool
	// AllowAnyIssuer accepts whatever the issuer is, also none. Whoever can answer
	// for the address can then pose as any server.
	AllowAnyIssuer bool

	// AllowHTTP accepts plain http everywhere. Whoever is on the way can then read
	// and change everything, secrets included; package tokenclient does not use such
	// endpoints.
	AllowHTTP bool
	// RequireHTTPSOnLoopback asks for https on the loopback interface too.
	RequireHTTPSOnLoopback bool

	// AdditionalBaseAddresses are further addresses, as absolute URLs, under which
	// endpoints may be.
	AdditionalBaseAddresses []string
	// AllowAnyBaseAddress accepts endpoints on any host. What is sent to them may
	// then go to somebody else.
	AllowAnyBaseAddress bool
	// Exclude names members that are not checked, such as registration_endpoint or
	// mtls_endpoint_aliases.token_endpoint. The keys at jwks_uri, which all
	// signatures are trusted by, come by https all the same.
	Exclude []string

	// AllowNoKeySet accepts a document without jwks_uri, as OAuth servers that sign
	// nothing have.
	AllowNoKeySet bool
}

// validate reports an option that makes no sense.
func (p *Policy) validate() *Error {
	for _, base := range p.AdditionalBaseAddresses {
		if parsed, err := url.Parse(base); err != nil || parsed.Scheme == "" || parsed.Host == "" {
			return &Error{Kind: KindAddress, detail: "Policy.AdditionalBaseAddresses has an entry that is not an absolute URL"}
		}
	}
	return nil
}

// check returns all that a document breaks. issuers are the acceptable ones, the
// first of which is the base address of the endpoints.
func (p *Policy) check(m *Metadata, issuers []string) []Violation {
	violations := p.checkIssuer(m.Issuer, issuers)
	bases := p.bases(m.Issuer, issuers)
	endpoints(m.raw, func(member string, value gjson.Result) {
		rule := p.checkEndpoint(value, bases)
		if slices.Contains(p.Exclude, member) && (member != "jwks_uri" || rule != RuleEndpointNotHTTPS) {
			return
		}
		if rule != "" {
			violations = append(violations, newViolation(member, value, rule))
		}
	})
	if strings.TrimSpace(m.JWKSURI) == "" && !p.AllowNoKeySet && !slices.Contains(p.Exclude, "jwks_uri") {
		violations = append(violations, Violation{Member: "jwks_uri", Rule: RuleKeySetMissing})
	}
	return violations
}

func (p *Policy) checkIssuer(issuer string, issuers []string) []Violation {
	switch {
	case p.AllowAnyIssuer:
		return nil
	case strings.TrimSpace(issuer) == "":
		return []Violation{{Member: "issuer", Rule: RuleIssuerMissing}}
	case p.ExpectedIssuer != nil:
		if p.ExpectedIssuer(issuer) {
			return nil
		}
	case slices.Contains(issuers, issuer):
		return nil
	case p.IgnoreTrailingSlash:
		if slices.ContainsFunc(issuers, func(expected string) bool { return withoutSlash(expected) == withoutSlash(issuer) }) {
			return nil
		}
	}
	return []Violation{{Member: "issuer", Value: shortened(issuer), Rule: RuleIssuerMismatch}}
}

// bases returns the addresses under which endpoints may be: the issuer's, once it
// is accepted, and the additional ones.
func (p *Policy) bases(issuer string, issuers []string) []*url.URL {
	addresses := slices.Concat(issuers, p.AdditionalBaseAddresses)
	if p.ExpectedIssuer != nil && p.ExpectedIssuer(issuer) {
		addresses = append(addresses, issuer)
	}
	var bases []*url.URL
	for _, address := range addresses {
		if base, err := url.Parse(address); err == nil && base.Host != "" {
			bases = append(bases, base)
		}
	}
	return bases
}

// checkEndpoint returns the rule that an endpoint breaks, or none.
func (p *Policy) checkEndpoint(value gjson.Result, bases []*url.URL) Rule {
	text, ok := jsonfield.String(value)
	endpoint, err := url.Parse(text)
	switch {
	case !ok || err != nil || endpoint.Hostname() == "" || endpoint.User != nil || endpoint.Scheme != "https" && endpoint.Scheme != "http":
		return RuleEndpointMalformed
	case !isASCII(endpoint.Host): // its xn-- form says what is meant
		return RuleEndpointMalformed
	case !p.isSecure(endpoint):
		return RuleEndpointNotHTTPS
	case p.AllowAnyBaseAddress:
		return ""
	}
	rule := RuleEndpointHost
	for _, base := range bases {
		if hostOf(endpoint) != hostOf(base) || endpoint.Scheme != base.Scheme {
			continue
		}
		if isUnder(endpoint.EscapedPath(), base.EscapedPath()) {
			return ""
		}
		rule = RuleEndpointBase
	}
	return rule
}

func (p *Policy) isSecure(address *url.URL) bool {
	return address.Scheme == "https" || p.AllowHTTP || !p.RequireHTTPSOnLoopback && isLoopback(address.Hostname())
}

func isASCII(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool { return r > '~' })
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// hostOf returns host and port, in lower case and with the port that the scheme
// has by default.
func hostOf(address *url.URL) string {
	port := address.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[address.Scheme]
	}
	return strings.ToLower(address.Hostname()) + ":" + port
}

// isUnder reports whether a path is a base path or below it, on a segment
// boundary: /tenant10 is not under /tenant1. A path with dot segments is under
// nothing but the root.
func isUnder(path, base string) bool {
	base = strings.TrimSuffix(base, "/")
	if base == "" {
		return true
	}
	return (path == base || strings.HasPrefix(path, base+"/")) && !hasDotSegment(path)
}

// hasDotSegment reports whether a server, however lax, may read a dot segment in
// an escaped path: some decode first, some take a backslash for a slash, and some
// cut parameters off.
func hasDotSegment(path string) bool {
	decoded, err := url.PathUnescape(path)
	segments := strings.FieldsFunc(decoded, func(r rune) bool { return r == '/' || r == '\\' })
	return err != nil || slices.ContainsFunc(segments, func(segment string) bool {
		name, _, _ := strings.Cut(segment, ";")
		return name == "." || name == ".."
	})
}

// endpoints visits the members that are addresses, null ones left out.
func endpoints(body string, visit func(member string, value gjson.Result)) {
	_ = jsonfield.Members(body, func(name string, value gjson.Result) { // it has been read before
		switch lower := strings.ToLower(name); {
		case jsonfield.Absent(value):
		case strings.HasSuffix(lower, "endpoint") || lower == "jwks_uri" || lower == "check_session_iframe":
			visit(name, value)
		case name == "mtls_endpoint_aliases" && !value.IsObject():
			visit(name, value)
		case name == "mtls_endpoint_aliases":
			value.ForEach(func(alias, address gjson.Result) bool {
				if !jsonfield.Absent(address) {
					visit(name+"."+alias.Str, address)
				}
				return true
			})
		}
	})
}

const maxValue = 256

func newViolation(member string, value gjson.Result, rule Rule) Violation {
	text, ok := jsonfield.String(value)
	if !ok {
		text = value.Raw
	}
	return Violation{Member: shortened(member), Value: shortened(text), Rule: rule}
}

func shortened(text string) string {
	if len(text) > maxValue {
		return strings.ToValidUTF8(text[:maxValue], "")
	}
	return text
}

func withoutSlash(text string) string { return strings.TrimSuffix(text, "/") }
