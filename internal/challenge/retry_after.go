// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package challenge

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the Retry-After header (RFC 9110 section 10.2.3), a number of
// seconds or a date in any of HTTP's three forms, as the time still to wait. A
// date that has passed is no wait. It is not ok when the header is missing or
// unreadable.
func RetryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if isDigits(value) {
		return seconds(value), true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

func isDigits(value string) bool {
	return strings.Trim(value, "0123456789") == ""
}

// seconds converts digits; what a Duration cannot hold becomes the longest one.
func seconds(digits string) time.Duration {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > int64(math.MaxInt64/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}
