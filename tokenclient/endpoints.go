// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// Endpoints are the addresses of an authorization server. Each is an absolute
// https URL in ASCII, without user information and fragment; a query is kept.
// Plain http is accepted on the loopback interface only: localhost, 127.0.0.0/8
// and ::1.
type Endpoints struct {
	// Token is the token endpoint (RFC 6749 section 3.2). Optional.
	Token string
	// Authorization is the authorization endpoint, where a user's browser is sent
	// (RFC 6749 section 3.1). Optional.
	Authorization string
	// DeviceAuthorization is the device authorization endpoint (RFC 8628 section
	// 3.1). Optional.
	DeviceAuthorization string
}

// endpoint is one address, checked.
type endpoint struct {
	field   string   // in Endpoints
	url     *url.URL // nil when it is not configured
	address string   // the URL as text
	label   string   // for errors: without the query
}

func newEndpoint(field, address string) (endpoint, *Error) {
	e := endpoint{field: field}
	if address == "" {
		return e, nil
	}
	parsed, err := parseEndpoint(address)
	if err != nil {
		return e, invalid(operationNew, "Config.Endpoints."+field, err.Error())
	}
	e.url, e.address = parsed, parsed.String()
	e.label = (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path, RawPath: parsed.RawPath}).String()
	return e, nil
}

// check reports a call to an endpoint that is not configured.
func (e endpoint) check(operation string) *Error {
	if e.url != nil {
		return nil
	}
	return invalid(operation, "Config.Endpoints."+e.field, "is not configured")
}

// parseEndpoint returns the URL of an endpoint. Its errors do not quote the
// address, which may hold a password.
func parseEndpoint(address string) (*url.URL, error) {
	parsed, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case parsed.Scheme == "" || parsed.Host == "" && parsed.Opaque == "":
		return nil, errors.New("is not an absolute URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, errors.New("has a scheme that is neither https nor http")
	case parsed.Hostname() == "":
		return nil, errors.New("has no host")
	case parsed.User != nil:
		return nil, errors.New("must not hold a user name or password; client authentication is Config.Auth")
	case parsed.Fragment != "" || strings.Contains(address, "#"):
		return nil, errors.New("must not have a fragment")
	case strings.ContainsFunc(parsed.Host, isNotASCII):
		return nil, errors.New("has a host that is not ASCII; write it in its xn-- form")
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, errors.New("must use https: plain http is for loopback hosts only")
	}
	return parsed, nil
}

func isNotASCII(r rune) bool { return r > '~' }

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
