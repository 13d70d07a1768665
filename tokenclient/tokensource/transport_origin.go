// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// origin is where a token may go (RFC 6454), in lower case and with its port.
type origin struct{ scheme, host, port string }

func parseOrigins(list []string, insecure bool) ([]origin, error) {
	if len(list) == 0 {
		return nil, errors.New("tokensource: Transport.Origins is empty")
	}
	origins := make([]origin, 0, len(list))
	for number, text := range list {
		one, problem := parseOrigin(text, insecure)
		if problem != "" {
			return nil, errors.New("tokensource: Transport.Origins[" + strconv.Itoa(number) + "] " + problem)
		}
		origins = append(origins, one)
	}
	return origins, nil
}

func parseOrigin(text string, insecure bool) (one origin, problem string) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Hostname() == "" || parsed.Scheme != "https" && parsed.Scheme != "http":
		return one, "is no origin: write scheme and host, such as https://api.example"
	case parsed.User != nil || strings.Trim(parsed.Path, "/") != "" || strings.ContainsAny(text, "?#"):
		return one, "is more than an origin: write scheme, host and port only"
	case !isASCII(parsed.Host):
		return one, "has a host that is not ASCII; write it in its xn-- form"
	case parsed.Scheme == "http" && !insecure && !isLoopback(parsed.Hostname()):
		return one, "must use https: plain http is for loopback hosts only"
	}
	return origin{parsed.Scheme, strings.ToLower(parsed.Hostname()), portOf(parsed)}, ""
}

// lists reports whether a request goes to one of the origins.
func (s *transport) lists(target *url.URL) bool {
	if !isASCII(target.Host) { // letters that look the same, or fold to ASCII
		return false
	}
	host, port := target.Hostname(), portOf(target)
	for i := range s.origins {
		one := &s.origins[i]
		if port == one.port && strings.EqualFold(target.Scheme, one.scheme) && strings.EqualFold(host, one.host) {
			return true
		}
	}
	return false
}

func portOf(target *url.URL) string {
	port := target.Port()
	switch {
	case port != "":
		return port
	case strings.EqualFold(target.Scheme, "http"):
		return "80"
	}
	return "443"
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] > '~' {
			return false
		}
	}
	return true
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// originError is [ErrOtherOrigin] with the name of the origin, and no more of the
// URL.
type originError struct{ scheme, host string }

func (e *originError) Error() string {
	return ErrOtherOrigin.Error() + ": " + e.scheme + "://" + e.host
}

func (e *originError) Unwrap() error { return ErrOtherOrigin }
