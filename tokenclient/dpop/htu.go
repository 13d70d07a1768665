// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errTarget = errors.New("dpop: the URL is not an absolute http or https URL")
	errHost   = errors.New("dpop: the host of the URL is not ASCII, or has a zone; write its xn-- form, without a zone")
)

// HTU returns the htu of a URL: as it is sent, without query and fragment, scheme
// and host in lower case, the default port left out, an empty path as / (RFC 9449
// section 4.2, RFC 3986 section 6.2). Escapes stay as they are.
func HTU(target *url.URL) (string, error) {
	htu, _, err := normalize(target)
	return htu, err
}

// normalize returns the htu of a URL, and its beginning that is the origin, to which
// a nonce belongs.
func normalize(target *url.URL) (htu, origin string, err error) {
	if target == nil {
		return "", "", errTarget
	}
	scheme, name := strings.ToLower(target.Scheme), target.Hostname()
	if scheme != "https" && scheme != "http" || name == "" || target.Opaque != "" {
		return "", "", errTarget
	}
	if strings.Contains(name, ":") && target.Host[0] != '[' { // two ports, or an IPv6 address without brackets
		return "", "", errTarget
	}
	if strings.ContainsFunc(target.Host, func(r rune) bool { return r <= ' ' || r > '~' || r == '%' }) {
		return "", "", errHost
	}
	path := target.EscapedPath()
	switch {
	case path == "":
		path = "/"
	case path[0] != '/': // it would run into the host
		return "", "", errTarget
	}
	htu = scheme + "://" + host(target, scheme) + path
	return htu, htu[:len(htu)-len(path)], nil
}

// host returns host and port in lower case, without the port that the scheme has
// by default.
func host(target *url.URL, scheme string) string {
	host := strings.ToLower(target.Host)
	defaultPort := ":443"
	if scheme == "http" {
		defaultPort = ":80"
	}
	host = strings.TrimSuffix(host, defaultPort)
	return strings.TrimSuffix(host, ":")
}
