// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/seed-df263610/identitymodel/discovery"
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
	// BackchannelAuthentication is where CIBA requests go (CIBA Core section 7).
	// Optional.
	BackchannelAuthentication string
	// PushedAuthorization is where authorization requests are pushed (RFC 9126
	// section 2). Optional.
	PushedAuthorization string
	// Introspection is the introspection endpoint (RFC 7662 section 2). Optional.
	Introspection string
	// Revocation is the revocation endpoint (RFC 7009 section 2). Optional.
	Revocation string
	// UserInfo is the UserInfo endpoint (OpenID Connect Core section 5.3). Optional.
	UserInfo string
	// Registration is the client registration endpoint (RFC 7591 section 3).
	// Optional.
	Registration string
	// EndSession is where a user's browser is sent to log out (OpenID Connect
	// RP-Initiated Logout section 2). Optional.
	EndSession string
}

// fromMetadata returns what the endpoints are with a server's metadata: what was
// set by hand stays. Clients with a certificate go to the aliases for them (RFC
// 8705 section 5).
func (e Endpoints) fromMetadata(m *discovery.Metadata, withCertificate bool) Endpoints {
	var aliases discovery.MTLSEndpointAliases
	if withCertificate {
		aliases = m.MTLSEndpointAliases
	}
	return Endpoints{
		Token:               cmp.Or(e.Token, aliases.TokenEndpoint, m.TokenEndpoint),
		Authorization:       cmp.Or(e.Authorization, m.AuthorizationEndpoint),
		DeviceAuthorization: cmp.Or(e.DeviceAuthorization, aliases.DeviceAuthorizationEndpoint, m.DeviceAuthorizationEndpoint),
		BackchannelAuthentication: cmp.Or(e.BackchannelAuthentication,
			aliases.BackchannelAuthenticationEndpoint, m.BackchannelAuthenticationEndpoint),
		PushedAuthorization: cmp.Or(e.PushedAuthorization,
			aliases.PushedAuthorizationRequestEndpoint, m.PushedAuthorizationRequestEndpoint),
		Introspection: cmp.Or(e.Introspection, aliases.IntrospectionEndpoint, m.IntrospectionEndpoint),
		Revocation:    cmp.Or(e.Revocation, aliases.RevocationEndpoint, m.RevocationEndpoint),
		UserInfo:      cmp.Or(e.UserInfo, aliases.UserInfoEndpoint, m.UserInfoEndpoint),
		Registration:  cmp.Or(e.Registration, aliases.RegistrationEndpoint, m.RegistrationEndpoint),
		EndSession:    cmp.Or(e.EndSession, m.EndSessionEndpoint),
	}
}

// endpoint is one address, checked.
type endpoint struct {
	field   string   // in Endpoints
	url     *url.URL // nil when it is not configured, or refused
	address string   // the URL as text
	label   string   // for errors: without the query
	problem string   // why it was refused
}

func newEndpoint(field, address string) endpoint {
	e := endpoint{field: field}
	if address == "" {
		return e
	}
	parsed, err := parseEndpoint(address)
	if err != nil {
		e.problem = err.Error()
		return e
	}
	e.url, e.address = parsed, parsed.String()
	e.label = (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path, RawPath: parsed.RawPath}).String()
	return e
}

// check reports a call to an endpoint that there is not.
func (e endpoint) check(operation string) *Error {
	if e.url != nil {
		return nil
	}
	return invalid(operation, "Config.Endpoints."+e.field, cmp.Or(e.problem, "is not configured"))
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
