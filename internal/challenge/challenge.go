// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package challenge reads the response headers with which a server says what
// to do next: WWW-Authenticate and Retry-After.
package challenge

import "strings"

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110 section
// 11.6.1).
type Challenge struct {
	Scheme     string            // as sent; compare without regard to case
	Token68    string            // the single value of schemes such as Negotiate
	Parameters map[string]string // by lower-case name; nil when there are none
}

// Parse returns the challenges of all the values of a WWW-Authenticate header.
// A value that does not follow the grammar contributes none.
func Parse(values []string) []Challenge {
	var all []Challenge
	for _, value := range values {
		if list, ok := parseList(value); ok {
			all = append(all, list...)
		}
	}
	return all
}

// Parameter returns the first parameter of that lower-case name among the challenges of
// one of the schemes, or of any scheme when none is named.
func Parameter(challenges []Challenge, name string, schemes ...string) string {
	for _, challenge := range challenges {
		if value := challenge.Parameters[name]; value != "" && matches(challenge.Scheme, schemes) {
			return value
		}
	}
	return ""
}

func matches(scheme string, schemes []string) bool {
	for _, wanted := range schemes {
		if strings.EqualFold(scheme, wanted) {
			return true
		}
	}
	return len(schemes) == 0
}

func parseList(value string) ([]Challenge, bool) {
	var list []Challenge
	s := scanner{rest: value}
	for {
		s.skipCommas()
		if s.rest == "" {
			return list, len(list) > 0
		}
		scheme := s.token()
		if scheme == "" {
			return nil, false
		}
		challenge := Challenge{Scheme: scheme}
		if s.rest != "" && s.rest[0] != ',' {
			if !s.isSpace() {
				return nil, false
			}
			s.skipSpace()
			if !s.details(&challenge) {
				return nil, false
			}
		}
		list = append(list, challenge)
	}
}

// scanner walks through one header value; rest is what is still unread.
type scanner struct{ rest string }

func (s *scanner) isSpace() bool {
	return s.rest != "" && (s.rest[0] == ' ' || s.rest[0] == '\t')
}

func (s *scanner) skipSpace() { s.rest = strings.TrimLeft(s.rest, " \t") }

func (s *scanner) skipCommas() { s.rest = strings.TrimLeft(s.rest, " \t,") }

func (s *scanner) take(allowed func(byte) bool) string {
	n := 0
	for n < len(s.rest) && allowed(s.rest[n]) {
		n++
	}
	taken := s.rest[:n]
	s.rest = s.rest[n:]
	return taken
}

func (s *scanner) token() string { return s.take(isTokenByte) }

// details reads what follows a scheme: one token68 or a list of parameters.
func (s *scanner) details(c *Challenge) bool {
	if token68, ok := s.token68(); ok {
		c.Token68 = token68
		return true
	}
	for {
		before := s.rest
		s.skipCommas()
		name, ok := s.parameterName()
		if !ok { // the next challenge, or the end
			s.rest = before
			s.skipSpace()
			return s.rest == "" || s.rest[0] == ','
		}
		value, ok := s.parameterValue()
		if !ok || !c.add(name, value) {
			return false
		}
		s.skipSpace()
		if s.rest != "" && s.rest[0] != ',' {
			return false
		}
	}
}

// token68 reads a token68 when nothing but a comma or the end follows it;
// otherwise nothing is read.
func (s *scanner) token68() (string, bool) {
	ahead := *s
	text := ahead.take(isToken68Byte)
	text += ahead.take(func(b byte) bool { return b == '=' })
	ahead.skipSpace()
	if text == "" || ahead.rest != "" && ahead.rest[0] != ',' {
		return "", false
	}
	*s = ahead
	return text, true
}

// parameterName reads a name with its equals sign; when there is none, nothing
// is read.
func (s *scanner) parameterName() (string, bool) {
	ahead := *s
	name := ahead.token()
	ahead.skipSpace()
	if name == "" || ahead.rest == "" || ahead.rest[0] != '=' {
		return "", false
	}
	ahead.rest = ahead.rest[1:]
	ahead.skipSpace()
	*s = ahead
	return strings.ToLower(name), true
}

func (s *scanner) parameterValue() (string, bool) {
	if s.rest == "" || s.rest[0] != '"' {
		value := s.token()
		return value, value != ""
	}
	var value strings.Builder
	for i := 1; i < len(s.rest); i++ {
		if s.rest[i] == '"' {
			s.rest = s.rest[i+1:]
			return value.String(), true
		}
		if s.rest[i] == '\\' {
			i++
		}
		if i == len(s.rest) || isControl(s.rest[i]) {
			return "", false
		}
		value.WriteByte(s.rest[i])
	}
	return "", false
}

// add keeps a parameter; a second one of the same name is refused.
func (c *Challenge) add(name, value string) bool {
	if _, duplicate := c.Parameters[name]; duplicate {
		return false
	}
	if c.Parameters == nil {
		c.Parameters = make(map[string]string)
	}
	c.Parameters[name] = value
	return true
}

func isAlphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func isControl(b byte) bool { return b < ' ' && b != '\t' || b == 0x7f }

func isTokenByte(b byte) bool {
	return isAlphanumeric(b) || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

func isToken68Byte(b byte) bool {
	return isAlphanumeric(b) || strings.IndexByte("-._~+/", b) >= 0
}
