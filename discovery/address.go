// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"net/url"
	"strings"
)

// Form is where a server keeps its document.
type Form int

// The forms of the address of a document.
const (
	// AnyForm tries OpenIDForm and, when that is 404, OAuthForm.
	AnyForm Form = iota
	// OpenIDForm appends /.well-known/openid-configuration to the issuer (OpenID
	// Connect Discovery section 4).
	OpenIDForm
	// OAuthForm inserts /.well-known/oauth-authorization-server between the host
	// and the path of the issuer (RFC 8414 section 3.1).
	OAuthForm
)

const (
	wellKnown         = "/.well-known/"
	openIDSuffix      = wellKnown + "openid-configuration"
	oauthInfix        = wellKnown + "oauth-authorization-server"
	resourceInfix     = wellKnown + "oauth-protected-resource"
	malformedURL      = "the address is not an absolute http or https URL"
	httpsRequired     = "HTTPS required"
	addressWithSecret = "the address must not hold a user name or password"
)

// location is where documents may be, and whose they are.
type location struct {
	documents []string // to try in order
	issuers   []string // acceptable ones, the one that was asked for first
}

// locate takes an issuer or the full address of a document.
func locate(address string, options Options) (location, *Error) {
	parsed, err := parseAddress(address, &options.Policy)
	if err != nil {
		return location{}, err
	}
	path := parsed.EscapedPath()
	var found location
	switch {
	case options.Path != "":
		found = location{[]string{withPath(parsed, withoutSlash(path)+"/"+strings.TrimPrefix(options.Path, "/"))}, []string{withoutQuery(address)}}
	case strings.HasSuffix(path, openIDSuffix):
		found = location{[]string{parsed.String()}, bothSlashes(parsed, strings.TrimSuffix(path, openIDSuffix))}
	case strings.HasSuffix(path, oauthInfix): // not in the RFC, but some have it there
		found = location{[]string{parsed.String()}, bothSlashes(parsed, strings.TrimSuffix(path, oauthInfix))}
	case strings.HasPrefix(path, oauthInfix+"/"), strings.HasPrefix(path, openIDSuffix+"/"):
		rest := strings.TrimPrefix(strings.TrimPrefix(path, oauthInfix), openIDSuffix)
		found = location{[]string{parsed.String()}, bothSlashes(parsed, rest)}
	default:
		found = location{issuers: []string{withoutQuery(address)}}
		if options.Form != OAuthForm {
			found.documents = append(found.documents, withPath(parsed, withoutSlash(path)+openIDSuffix))
		}
		if options.Form != OpenIDForm {
			found.documents = append(found.documents, withPath(parsed, oauthInfix+withoutSlash(path)))
		}
	}
	if options.Policy.Issuer != "" {
		found.issuers = []string{options.Policy.Issuer}
	}
	return found, nil
}

func parseAddress(address string, policy *Policy) (*url.URL, *Error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil || parsed.Hostname() == "" || parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, &Error{Kind: KindAddress, detail: malformedURL}
	case parsed.User != nil:
		return nil, &Error{Kind: KindAddress, detail: addressWithSecret}
	case parsed.Fragment != "" || strings.Contains(address, "#"):
		return nil, &Error{Kind: KindAddress, Address: address, detail: "the address must not have a fragment"}
	case !isASCII(parsed.Host):
		return nil, &Error{Kind: KindAddress, Address: address, detail: "the host is not ASCII; write it in its xn-- form"}
	case !policy.isSecure(parsed):
		return nil, &Error{Kind: KindPolicy, Address: address, detail: httpsRequired}
	}
	return parsed, nil
}

// withoutQuery returns an address as it was written, but for its query. Of one that
// has no well-known part that is the issuer: some providers need a query to find the
// document, and it does not belong to the issuer.
func withoutQuery(address string) string {
	rest, _, _ := strings.Cut(address, "?")
	return rest
}

// issuerOf returns the issuer with that escaped path on the host of an address.
func issuerOf(address *url.URL, path string) string {
	issuer := *address
	issuer.RawQuery, issuer.ForceQuery = "", false
	issuer.Path, issuer.RawPath = unescaped(path)
	return issuer.String()
}

// bothSlashes returns the issuers whose document is at an address: the well-known
// form of an issuer is the same with and without a slash at the end.
func bothSlashes(address *url.URL, path string) []string {
	issuer := issuerOf(address, withoutSlash(path))
	return []string{issuer, issuer + "/"}
}

func withPath(address *url.URL, path string) string {
	document := *address
	document.Path, document.RawPath = unescaped(path)
	return document.String()
}

// unescaped splits an escaped path into the two that a URL has.
func unescaped(escaped string) (path, raw string) {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return escaped, ""
	}
	return path, escaped
}
