// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jsonfield

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// Longest is the longest duration that Seconds returns: ten years.
const Longest = 10 * 365 * 24 * time.Hour

// Absent reports whether a member is missing or null, which mean the same for
// an optional member.
func Absent(value gjson.Result) bool { return !value.Exists() || value.Type == gjson.Null }

// String returns the text of a member that is a JSON string. Anything else,
// null included, is not ok.
func String(value gjson.Result) (text string, ok bool) {
	return value.Str, value.Type == gjson.String
}

// Words returns a space-separated list given as a JSON string, or as an array of
// strings, which some servers send for scope. Anything else is not ok.
func Words(value gjson.Result) (text string, ok bool) {
	if !value.IsArray() {
		return String(value)
	}
	words, ok := Texts(value)
	return strings.Join(words, " "), ok
}

// Texts returns an array of strings; nil for an empty one. Anything else is not
// ok.
func Texts(value gjson.Result) (list []string, ok bool) {
	if !value.IsArray() {
		return nil, false
	}
	ok = true
	value.ForEach(func(_, element gjson.Result) bool {
		ok = element.Type == gjson.String
		list = append(list, element.Str)
		return ok
	})
	if !ok {
		return nil, false
	}
	return list, true
}

// Seconds returns a number of seconds, given as a JSON number of any form or as
// a string that holds one. It is clamped to [Longest]. A negative number and
// anything else are not ok.
func Seconds(value gjson.Result) (duration time.Duration, ok bool) {
	if value.Type == gjson.String {
		// the first check is for the second one's sake: gjson recurses
		if strings.Trim(value.Str, "0123456789+-.eE \t\r\n") != "" || !gjson.Valid(value.Str) {
			return 0, false
		}
		value = gjson.Parse(value.Str)
	}
	if value.Type != gjson.Number || value.Num < 0 {
		return 0, false
	}
	if value.Num >= Longest.Seconds() {
		return Longest, true
	}
	return time.Duration(value.Num * float64(time.Second)), true
}
