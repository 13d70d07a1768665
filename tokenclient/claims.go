// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// Claim is one statement of a server about a user or a token, as text. What a
// member of the JSON object really is, a boolean for example, Response.Field tells.
type Claim struct {
	// Type is the name of the member.
	Type string
	// Value is the text of a string, and the JSON of anything else.
	Value string
}

// flatten returns the claims of an object as .NET IdentityModel does: one for each
// member, and one for each element of an array.
func flatten(object, except string) []Claim {
	var claims []Claim
	_ = jsonfield.Members(object, func(name string, value gjson.Result) { // has been read before
		switch {
		case name == except:
		case value.IsArray():
			value.ForEach(func(_, element gjson.Result) bool {
				claims = append(claims, Claim{name, claimText(element)})
				return true
			})
		default:
			claims = append(claims, Claim{name, claimText(value)})
		}
	})
	return claims
}

func claimText(value gjson.Result) string {
	if text, ok := jsonfield.String(value); ok {
		return text
	}
	return value.Raw
}

// audience returns the strings of a member that is one string or an array of them
// (RFC 7519 section 4.1.3).
func audience(value gjson.Result) (list []string, ok bool) {
	if text, ok := jsonfield.String(value); ok {
		return []string{text}, true
	}
	return jsonfield.Texts(value)
}

// latestTime is the end of the year 9999, which time's text forms end with.
const latestTime = 253402300799

// numericDate returns a time that is given in seconds since 1970 (RFC 7519 section
// 2), as a JSON number of any form or as a string of digits. What is later than the
// year 9999 is clamped. A negative number and anything else are not ok.
func numericDate(value gjson.Result) (date time.Time, ok bool) {
	seconds, ok := value.Num, value.Type == gjson.Number
	if digits, isText := jsonfield.String(value); isText && digits != "" && strings.Trim(digits, "0123456789") == "" {
		seconds, _ = strconv.ParseFloat(digits, 64) // what is out of range is infinite
		ok = true
	}
	if !ok || seconds < 0 {
		return time.Time{}, false
	}
	return time.Unix(int64(min(seconds, latestTime)), 0).UTC(), true
}
