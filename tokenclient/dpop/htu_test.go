// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

func TestHTU(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"https://as.example.com/token":                   "https://as.example.com/token",
		"https://AS.Example.COM:443/token?x=1#f":         "https://as.example.com/token",
		"https://as.example.com":                         "https://as.example.com/",
		"https://as.example.com/":                        "https://as.example.com/",
		"https://as.example.com?x=1":                     "https://as.example.com/",
		"https://as.example.com#f":                       "https://as.example.com/",
		"https://as.example.com/token?":                  "https://as.example.com/token",
		"https://as.example.com/token#":                  "https://as.example.com/token",
		"https://as.example.com/token?p=b2c_1_signin":    "https://as.example.com/token",
		"https://as.example.com/token?a=https://b/?c#d":  "https://as.example.com/token",
		"HTTPS://as.example.com/Token":                   "https://as.example.com/Token",
		"https://as.example.com:443":                     "https://as.example.com/",
		"https://as.example.com:/token":                  "https://as.example.com/token",
		"https://as.example.com:80/token":                "https://as.example.com:80/token",
		"https://as.example.com:8443/token":              "https://as.example.com:8443/token",
		"https://as.example.com:4430/token":              "https://as.example.com:4430/token",
		"https://as.example.com:1443/token":              "https://as.example.com:1443/token",
		"http://as.example.com:80/token":                 "http://as.example.com/token",
		"http://as.example.com:443/token":                "http://as.example.com:443/token",
		"http://localhost:8080":                          "http://localhost:8080/",
		"https://127.0.0.1:443/t":                        "https://127.0.0.1/t",
		"https://[::1]:8443/t":                           "https://[::1]:8443/t",
		"https://[::1]:443/t":                            "https://[::1]/t",
		"https://[::1]/t":                                "https://[::1]/t",
		"http://[2001:DB8::80]:80/t":                     "http://[2001:db8::80]/t",
		"http://[2001:db8::80]/t":                        "http://[2001:db8::80]/t",
		"https://h/a%2Fb/token":                          "https://h/a%2Fb/token",
		"https://h/a%2fb/token":                          "https://h/a%2fb/token",
		"https://h/a%20b":                                "https://h/a%20b",
		"https://h/a b":                                  "https://h/a%20b",
		"https://h/a+b":                                  "https://h/a+b",
		"https://h/%7Euser/~user":                        "https://h/%7Euser/~user",
		"https://h/%3F%23":                               "https://h/%3F%23",
		"https://h/%25":                                  "https://h/%25",
		"https://h/ü/%C3%BC":                             "https://h/%C3%BC/%C3%BC",
		"https://h/a;v=1/b,c/@d:e!$&'()*":                "https://h/a;v=1/b,c/@d:e!$&'()*",
		"https://h/a/./b/../c":                           "https://h/a/./b/../c",
		"https://h//a//b/":                               "https://h//a//b/",
		"https://h/token/":                               "https://h/token/",
		"https://h/*":                                    "https://h/*",
		`https://h/"quoted"\`:                            "https://h/%22quoted%22%5C",
		"https://as.example.com./token":                  "https://as.example.com./token",
		"https://user:password@as.example.com/t":         "https://as.example.com/t",
		"https://xn--bcher-kva.example/t":                "https://xn--bcher-kva.example/t",
		"https://under_score.example/t":                  "https://under_score.example/t",
		"https://as.example.com/tenants/{id}/oauth/v1.0": "https://as.example.com/tenants/%7Bid%7D/oauth/v1.0",
	} {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			parsed, err := url.Parse(target)
			require.NoError(t, err)
			before := *parsed
			got, err := dpop.HTU(parsed)
			require.NoError(t, err)
			assert.Equal(t, want, got)
			assert.Equal(t, before, *parsed, "the URL is the caller's")
		})
	}
}

// TestHTUOfParts has a URL that nobody has parsed.
func TestHTUOfParts(t *testing.T) {
	t.Parallel()
	got, err := dpop.HTU(&url.URL{Scheme: "HTTPS", Host: "H:443", Path: "/a/ü b?", RawPath: "/wrong", RawQuery: "q", Fragment: "f"})
	require.NoError(t, err)
	assert.Equal(t, "https://h/a/%C3%BC%20b%3F", got)
}

func TestHTURefuses(t *testing.T) {
	t.Parallel()
	const notTarget = "dpop: the URL is not an absolute http or https URL"
	const notHost = "dpop: the host of the URL is not ASCII"
	parse := func(target string) *url.URL {
		parsed, err := url.Parse(target)
		require.NoError(t, err, target)
		return parsed
	}
	tests := map[string]struct {
		target *url.URL
		want   string
	}{
		"nil":                 {nil, notTarget},
		"zero":                {&url.URL{}, notTarget},
		"empty":               {parse(""), notTarget},
		"relative":            {parse("/token"), notTarget},
		"without a scheme":    {parse("//as.example/token"), notTarget},
		"without a host":      {parse("https:///token"), notTarget},
		"port alone":          {parse("https://:443/token"), notTarget},
		"opaque":              {parse("https:as.example/token"), notTarget},
		"opaque and host":     {&url.URL{Scheme: "https", Host: "h", Opaque: "//other/token"}, notTarget},
		"another scheme":      {parse("ftp://as.example/token"), notTarget},
		"mail":                {parse("mailto:a@as.example"), notTarget},
		"path without slash":  {&url.URL{Scheme: "https", Host: "as.example", Path: ".evil.example"}, notTarget},
		"path is an asterisk": {&url.URL{Scheme: "https", Host: "as.example", Path: "*"}, notTarget},
		"no brackets":         {&url.URL{Scheme: "https", Host: "::1"}, notTarget},
		"two ports":           {&url.URL{Scheme: "https", Host: "h:80:443"}, notTarget},
		"non-ASCII":           {parse("https://bücher.example/t"), notHost},
		"non-ASCII, escaped":  {parse("https://b%C3%BCcher.example/t"), notHost},
		"non-ASCII capital":   {parse("https://\u212a.example/t"), notHost}, // the sign for Kelvin is k in lower case
		"full-width dot":      {parse("https://as。example/t"), notHost},
		"not UTF-8":           {&url.URL{Scheme: "https", Host: "a\xff"}, notHost},
		"control character":   {&url.URL{Scheme: "https", Host: "a\nb"}, notHost},
		"delete":              {&url.URL{Scheme: "https", Host: "a\x7fb"}, notHost},
		"space":               {&url.URL{Scheme: "https", Host: "a b"}, notHost},
		"zone":                {parse("https://[fe80::1%25eth0]/t"), notHost},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := dpop.HTU(test.target)
			require.ErrorContains(t, err, test.want)
			require.Empty(t, got)
		})
	}
}

// FuzzHTU has what must hold for every htu: it is a URL without query and fragment,
// in ASCII, and is its own htu.
func FuzzHTU(f *testing.F) {
	for _, target := range []string{
		"https://AS.Example.COM:443/token?x=1#f", "http://[::1]:80", "https://h/a%2Fb/../;c", "https://bücher.example/ü",
		"https:opaque", "https://u:p@h:/", "https://[fe80::1%25eth0]/", "https://h%25/", `https://h/"\`, "//h", "", "http://::80",
	} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		parsed, err := url.Parse(target)
		if err != nil {
			return
		}
		htu, err := dpop.HTU(parsed)
		if err != nil {
			require.Empty(t, htu)
			return
		}
		again, err := url.Parse(htu)
		require.NoError(t, err)
		require.NotContains(t, htu, "?")
		require.NotContains(t, htu, "#")
		require.False(t, strings.ContainsFunc(htu, func(r rune) bool { return r <= ' ' || r > '~' }), htu)
		require.NotEqual(t, "443", map[string]string{"https": again.Port()}[again.Scheme])
		require.NotEqual(t, "80", map[string]string{"http": again.Port()}[again.Scheme])
		require.True(t, strings.EqualFold(parsed.Hostname(), again.Hostname()))
		same, err := dpop.HTU(again)
		require.NoError(t, err)
		require.Equal(t, htu, same)
	})
}
