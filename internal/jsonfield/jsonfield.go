// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package jsonfield reads the members of one JSON object by their literal
// names, strictly. It is the only place that knows gjson's traps: gjson does
// not validate, recurses without limit, lets the first of two equal names win
// and treats names as a path language.
package jsonfield

import (
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// MaxDepth is how deep objects and arrays may be nested.
const MaxDepth = 64

// Problem says why a text was refused. It never quotes the text.
type Problem string

// Error implements the error interface.
func (p Problem) Error() string { return string(p) }

// The problems that Members reports.
const (
	ErrEmpty     Problem = "the body is empty"
	ErrEncoding  Problem = "the body is not valid UTF-8, or a string in it holds half of a surrogate pair"
	ErrDepth     Problem = "the JSON is nested too deeply"
	ErrSyntax    Problem = "the body is not valid JSON"
	ErrNotObject Problem = "the JSON is not an object"
	ErrDuplicate Problem = "the JSON object has two members of one name"
)

const byteOrderMark = "\ufeff"

// Members checks that body is exactly one JSON object (RFC 8259) and then calls
// visit for each of its members, in order, with the decoded name. One leading
// byte-order mark is ignored. When the body is refused, visit is never called.
func Members(body string, visit func(name string, value gjson.Result)) error {
	body = strings.TrimPrefix(body, byteOrderMark)
	if err := check(body); err != nil {
		return err
	}
	object := gjson.Parse(body)
	if err := refuseDuplicates(object); err != nil {
		return err
	}
	object.ForEach(func(name, value gjson.Result) bool {
		visit(name.Str, value)
		return true
	})
	return nil
}

// Check reports why Members would refuse body, or nil.
func Check(body string) error {
	return Members(body, func(string, gjson.Result) {})
}

// Parse returns body as gjson has it, or a Result that does not exist when Members
// would refuse it.
func Parse(body string) gjson.Result {
	if Check(body) != nil {
		return gjson.Result{}
	}
	return gjson.Parse(strings.TrimPrefix(body, byteOrderMark))
}

// Find returns the member of that literal name, or a Result that does not exist
// when there is none or body is not a JSON object.
func Find(body, name string) gjson.Result {
	var found gjson.Result
	err := Members(body, func(member string, value gjson.Result) {
		if member == name {
			found = value
		}
	})
	if err != nil {
		return gjson.Result{}
	}
	return found
}

func check(body string) error {
	if strings.Trim(body, " \t\r\n") == "" {
		return ErrEmpty
	}
	if !utf8.ValidString(body) {
		return ErrEncoding
	}
	if err := scan(body); err != nil { // before gjson, whose validation recurses
		return err
	}
	if !gjson.Valid(body) {
		return ErrSyntax
	}
	if strings.TrimLeft(body, " \t\r\n")[0] != '{' {
		return ErrNotObject
	}
	return nil
}

// scan bounds the nesting and checks the escapes of surrogates. What is no JSON
// at all is left to the validation that follows.
func scan(body string) error {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			if depth++; depth > MaxDepth {
				return ErrDepth
			}
		case '}', ']':
			depth--
		case '"':
			end, err := skipString(body, i+1)
			if err != nil {
				return err
			}
			i = end
		}
	}
	return nil
}

// skipString returns the index of the quote that ends the string which starts
// at i, or the length of body when there is none.
func skipString(body string, i int) (int, error) {
	for {
		quote := strings.IndexByte(body[i:], '"')
		if quote < 0 {
			return len(body), nil
		}
		escape := strings.IndexByte(body[i:i+quote], '\\')
		if escape < 0 {
			return i + quote, nil
		}
		i += escape
		width, err := escapeWidth(body[i:])
		if err != nil {
			return 0, err
		}
		if i += width; i > len(body) {
			return len(body), nil
		}
	}
}

// escapeWidth returns the length of the escape that text starts with; a pair of
// surrogates counts as one.
func escapeWidth(text string) (int, error) {
	first, ok := codeUnit(text)
	switch {
	case !ok:
		return 2, nil
	case first >= 0xDC00 && first <= 0xDFFF:
		return 0, ErrEncoding
	case first < 0xD800 || first > 0xDBFF:
		return 6, nil
	}
	second, ok := codeUnit(text[6:])
	if !ok || second < 0xDC00 || second > 0xDFFF {
		return 0, ErrEncoding
	}
	return 12, nil
}

// codeUnit reads an escape of the form \uXXXX.
func codeUnit(text string) (uint16, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var unit uint16
	for _, digit := range []byte(text[2:6]) {
		unit <<= 4
		switch {
		case digit >= '0' && digit <= '9':
			unit |= uint16(digit - '0')
		case digit >= 'a' && digit <= 'f':
			unit |= uint16(digit-'a') + 10
		case digit >= 'A' && digit <= 'F':
			unit |= uint16(digit-'A') + 10
		default:
			return 0, false
		}
	}
	return unit, true
}

// fewMembers is up to how many names are compared one by one; a map takes over
// beyond, so that a hostile object cannot make the comparison quadratic.
const fewMembers = 24

func refuseDuplicates(object gjson.Result) error {
	var buffer [fewMembers]string
	few := buffer[:0]
	var many map[string]struct{}
	duplicate := false
	object.ForEach(func(name, _ gjson.Result) bool {
		if many != nil {
			_, duplicate = many[name.Str]
			many[name.Str] = struct{}{}
			return !duplicate
		}
		for _, seen := range few {
			if seen == name.Str {
				duplicate = true
				return false
			}
		}
		if few = append(few, name.Str); len(few) == fewMembers {
			many = make(map[string]struct{}, 2*fewMembers)
			for _, seen := range few {
				many[seen] = struct{}{}
			}
		}
		return true
	})
	if duplicate {
		return ErrDuplicate
	}
	return nil
}
