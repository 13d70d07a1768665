// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package challenge_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/internal/challenge"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(1994, time.November, 6, 8, 49, 0, 0, time.UTC)
	const ages = time.Duration(math.MaxInt64)
	tests := map[string]struct {
		values []string
		want   time.Duration
		ok     bool
	}{
		"seconds":               {[]string{"120"}, 2 * time.Minute, true},
		"zero":                  {[]string{"0"}, 0, true},
		"leading zeros":         {[]string{"007"}, 7 * time.Second, true},
		"spaces":                {[]string{" \t30 "}, 30 * time.Second, true},
		"a day":                 {[]string{"86400"}, 24 * time.Hour, true},
		"longest":               {[]string{"9223372036"}, 9223372036 * time.Second, true},
		"beyond a Duration":     {[]string{"9223372037"}, ages, true},
		"negative as Duration":  {[]string{"10000000000"}, ages, true},
		"wraps to a little":     {[]string{"18446744074"}, ages, true},
		"longest int64":         {[]string{"9223372036854775807"}, ages, true},
		"beyond an int64":       {[]string{"99999999999999999999999999"}, ages, true},
		"IMF-fixdate":           {[]string{"Sun, 06 Nov 1994 08:49:37 GMT"}, 37 * time.Second, true},
		"RFC 850":               {[]string{"Sunday, 06-Nov-94 08:49:37 GMT"}, 37 * time.Second, true},
		"asctime":               {[]string{"Sun Nov  6 08:49:37 1994"}, 37 * time.Second, true},
		"date with spaces":      {[]string{"  Sun, 06 Nov 1994 08:49:37 GMT "}, 37 * time.Second, true},
		"now":                   {[]string{"Sun, 06 Nov 1994 08:49:00 GMT"}, 0, true},
		"past":                  {[]string{"Sun, 06 Nov 1994 08:48:59 GMT"}, 0, true},
		"long past":             {[]string{"Mon, 01 Jan 0001 00:00:00 GMT"}, 0, true},
		"far future":            {[]string{"Fri, 31 Dec 9999 23:59:59 GMT"}, ages, true},
		"first of two":          {[]string{"5", "10"}, 5 * time.Second, true},
		"missing":               {nil, 0, false},
		"empty":                 {[]string{""}, 0, false},
		"blank":                 {[]string{" "}, 0, false},
		"negative":              {[]string{"-1"}, 0, false},
		"plus":                  {[]string{"+1"}, 0, false},
		"decimal":               {[]string{"1.5"}, 0, false},
		"exponent":              {[]string{"1e3"}, 0, false},
		"hexadecimal":           {[]string{"0x10"}, 0, false},
		"unit":                  {[]string{"5s"}, 0, false},
		"digits of another set": {[]string{"٣"}, 0, false},
		"two numbers":           {[]string{"5 10"}, 0, false},
		"list":                  {[]string{"5, 10"}, 0, false},
		"word":                  {[]string{"soon"}, 0, false},
		"ISO 8601":              {[]string{"1994-11-06T08:49:37Z"}, 0, false},
		"date of another zone":  {[]string{"Sun, 06 Nov 1994 08:49:37 PST"}, 0, false},
		"no such day":           {[]string{"Sun, 32 Nov 1994 08:49:37 GMT"}, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wait, ok := challenge.RetryAfter(http.Header{"Retry-After": test.values}, now)
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, wait)
		})
	}
	_, ok := challenge.RetryAfter(nil, now)
	assert.False(t, ok)
}
