// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package challenge_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/challenge"
)

// FuzzParse writes what was read, and reads it again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`, `Negotiate abc==`, `Negotiate`,
		`DPoP error="use_dpop_nonce"`, `X a = b ,, c="\\\"", Y`, `"`, `X a="\`, `a=`, `, ,`, `X a=b, A=c`, "X a=\"\xff\x00\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		found := challenge.Parse([]string{value})
		if strings.Trim(value, " \t,") == "" {
			require.Empty(t, found)
		}
		for _, one := range found {
			require.NotEmpty(t, one.Scheme)
			require.Contains(t, value, one.Scheme)
			require.NotContains(t, one.Scheme, ",")
			require.False(t, one.Token68 != "" && one.Parameters != nil, "both forms")
			for name := range one.Parameters {
				require.Equal(t, strings.ToLower(name), name)
			}
		}
		assert.Equal(t, found, challenge.Parse([]string{write(found)}))
		assert.Equal(t, append(slices.Clone(found), found...), challenge.Parse([]string{value, value}))
	})
}

func write(challenges []challenge.Challenge) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var all []string
	for _, one := range challenges {
		text := one.Scheme
		if one.Token68 != "" {
			text += " " + one.Token68
		}
		var list []string
		for _, name := range slices.Sorted(maps.Keys(one.Parameters)) {
			list = append(list, name+`="`+escape.Replace(one.Parameters[name])+`"`)
		}
		if list != nil {
			text += " " + strings.Join(list, ",")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{
		"", "0", "120", "-1", "9223372037", "10000000000", "99999999999999999999", "1.5", " 5 ", "soon",
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT",
	} {
		f.Add(seed, int64(784111777))
	}
	f.Add("Mon, 01 Jan 0001 00:00:00 GMT", int64(1<<62))
	f.Fuzz(func(t *testing.T, value string, unix int64) {
		header := http.Header{"Retry-After": {value}}
		wait, ok := challenge.RetryAfter(header, time.Unix(unix, 0))
		assert.GreaterOrEqual(t, wait, time.Duration(0))
		assert.True(t, ok || wait == 0, "a wait that is not ok")
		if text := strings.TrimSpace(value); text != "" && strings.Trim(text, "0123456789") == "" {
			assert.True(t, ok)
			later, _ := challenge.RetryAfter(http.Header{"Retry-After": {"1" + text}}, time.Unix(unix, 0))
			assert.GreaterOrEqual(t, later, wait, "a larger number is a shorter wait")
		}
	})
}
