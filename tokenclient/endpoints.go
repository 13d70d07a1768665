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
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// Endpoints are the addresses of an authorization server. Each is an absolute
// https URL in ASCII, without user information and fragment; a query is kept.
// Plain http is accepted on the loopback interface only: localhost, 127.0.0.0/8
// and ::1. The host is sent in lower case, without the default port.
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

// endpoints are the addresses of a server, checked.
type endpoints struct {
	token, authorization, deviceAuthorization, backchannelAuthentication, pushedAuthorization endpoint
	introspection, revocation, userInfo, registration, endSession                             endpoint
}

// setEndpoints takes the endpoints: those set by hand, and otherwise those in the
// metadata. Clients with a certificate go to the aliases for them (RFC 8705 section
// 5). One that was set by hand and is wrong is an error now; one from the metadata
// is an error when it is used.
func (s *settings) setEndpoints(own Endpoints) *Error {
	m, alias := &s.metadata, discovery.MTLSEndpointAliases{}
	if usesCertificate(s.auth) {
		alias = m.MTLSEndpointAliases
	}
	none := true
	for _, one := range []struct {
		target                      *endpoint
		field, own, alias, ordinary string
	}{
		{&s.token, "Token", own.Token, alias.TokenEndpoint, m.TokenEndpoint},
		{&s.authorization, "Authorization", own.Authorization, "", m.AuthorizationEndpoint},
		{
			&s.deviceAuthorization, "DeviceAuthorization",
			own.DeviceAuthorization, alias.DeviceAuthorizationEndpoint, m.DeviceAuthorizationEndpoint,
		},
		{
			&s.backchannelAuthentication, "BackchannelAuthentication",
			own.BackchannelAuthentication, alias.BackchannelAuthenticationEndpoint, m.BackchannelAuthenticationEndpoint,
		},
		{
			&s.pushedAuthorization, "PushedAuthorization",
			own.PushedAuthorization, alias.PushedAuthorizationRequestEndpoint, m.PushedAuthorizationRequestEndpoint,
		},
		{&s.introspection, "Introspection", own.Introspection, alias.IntrospectionEndpoint, m.IntrospectionEndpoint},
		{&s.revocation, "Revocation", own.Revocation, alias.RevocationEndpoint, m.RevocationEndpoint},
		{&s.userInfo, "UserInfo", own.UserInfo, alias.UserInfoEndpoint, m.UserInfoEndpoint},
		{&s.registration, "Registration", own.Registration, alias.RegistrationEndpoint, m.RegistrationEndpoint},
		{&s.endSession, "EndSession", own.EndSession, "", m.EndSessionEndpoint},
	} {
		address := cmp.Or(one.own, one.alias, one.ordinary)
		none = none && address == ""
		*one.target = newEndpoint(one.field, address)
		if one.own != "" && one.target.problem != "" {
			return one.target.check(operationNew)
		}
	}
	if none {
		return invalid(operationNew, "Config.Endpoints", "has no endpoint at all")
	}
	return nil
}

// usesCertificate reports whether a method proves who the client is by its TLS
// certificate (RFC 8705 section 2).
func usesCertificate(method clientauth.Method) bool {
	switch method.Name() {
	case "tls_client_auth", "self_signed_tls_client_auth":
		return true
	}
	return false
}

// endpoint is one address, checked.
type endpoint struct {
	field   string   // in Endpoints
	url     *url.URL // nil when it is not configured, or refused
	address string   // as it was configured: what the server calls itself
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
	e.address = parsed.String()
	parsed.Host = sentHost(parsed)
	e.url = parsed
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
	case strings.Contains(parsed.Hostname(), ":") && parsed.Host[0] != '[':
		return nil, errors.New("has two ports")
	case parsed.User != nil:
		return nil, errors.New("must not hold a user name or password; client authentication is Config.Auth")
	case parsed.Fragment != "" || strings.Contains(address, "#"):
		return nil, errors.New("must not have a fragment")
	case strings.ContainsFunc(parsed.Host, isNotASCII):
		return nil, errors.New("has a host that is not ASCII; write it in its xn-- form")
	case strings.ContainsFunc(address, isNotVisibleASCII):
		return nil, errors.New("has a space or what is not ASCII; write it percent-encoded")
	case parsed.Scheme == "http" && !isLoopback(parsed.Hostname()):
		return nil, errors.New("must use https: plain http is for loopback hosts only")
	}
	return parsed, nil
}

// sentHost returns host and port in the one spelling that proofs have (RFC 9449
// section 4.3), so that a request and its proof say the same: in lower case, without
// the port that the scheme has by default.
func sentHost(address *url.URL) string {
	host, defaultPort := strings.ToLower(address.Host), ":443"
	if address.Scheme == "http" {
		defaultPort = ":80"
	}
	if strings.Contains(host, "%") { // the zone of an IPv6 address is the name of an interface
		host = address.Host
	}
	return strings.TrimSuffix(strings.TrimSuffix(host, defaultPort), ":")
}

func isNotASCII(r rune) bool { return r > '~' }

func isNotVisibleASCII(r rune) bool { return r <= ' ' || r > '~' }

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
