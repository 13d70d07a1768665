// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package challenge_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/internal/challenge"
)

type (
	list   = []challenge.Challenge
	params = map[string]string
)

func TestParse(t *testing.T) {
	t.Parallel()
	basic := challenge.Challenge{Scheme: "Basic", Parameters: params{"realm": "simple"}}
	apps := challenge.Challenge{Scheme: "Newauth", Parameters: params{"realm": "apps", "type": "1", "title": `Login to "apps"`}}
	tests := map[string]struct {
		values []string
		want   list
	}{
		"RFC 9110 in one header": {
			[]string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`}, list{basic, apps},
		},
		"RFC 9110 the other way round": {
			[]string{`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`}, list{apps, basic},
		},
		"several headers": {
			[]string{`Newauth realm="apps", type=1, title="Login to \"apps\""`, `Basic realm="simple"`}, list{apps, basic},
		},
		"RFC 6750": {
			[]string{`Bearer realm="example", error="invalid_token", error_description="The access token expired"`},
			list{{Scheme: "Bearer", Parameters: params{
				"realm": "example", "error": "invalid_token", "error_description": "The access token expired",
			}}},
		},
		"RFC 9449": {
			[]string{`DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"`},
			list{{Scheme: "DPoP", Parameters: params{
				"error": "use_dpop_nonce", "error_description": "Resource server requires nonce in DPoP proof",
			}}},
		},
		"scheme alone":           {[]string{`Negotiate`}, list{{Scheme: "Negotiate"}}},
		"scheme and a space":     {[]string{`Negotiate `}, list{{Scheme: "Negotiate"}}},
		"two schemes alone":      {[]string{`Negotiate, NTLM`}, list{{Scheme: "Negotiate"}, {Scheme: "NTLM"}}},
		"scheme, then another":   {[]string{`Negotiate ,Basic realm=simple`}, list{{Scheme: "Negotiate"}, basic}},
		"token68":                {[]string{`Negotiate abc==`}, list{{Scheme: "Negotiate", Token68: "abc=="}}},
		"token68 without equals": {[]string{`Negotiate abc`}, list{{Scheme: "Negotiate", Token68: "abc"}}},
		"token68 alphabet":       {[]string{`X aZ09-._~+/=`}, list{{Scheme: "X", Token68: "aZ09-._~+/="}}},
		"token68, then another":  {[]string{`Negotiate abc== , Basic realm="simple"`}, list{{Scheme: "Negotiate", Token68: "abc=="}, basic}},
		"another, then token68":  {[]string{`Basic realm="simple", Negotiate abc=`}, list{basic, {Scheme: "Negotiate", Token68: "abc="}}},
		"token68 twice":          {[]string{`A a, B b==`}, list{{Scheme: "A", Token68: "a"}, {Scheme: "B", Token68: "b=="}}},
		"name and equals":        {[]string{`X a=`}, list{{Scheme: "X", Token68: "a="}}},
		"commas in quotes":       {[]string{`X a="b, Basic c=d,", e=f`}, list{{Scheme: "X", Parameters: params{"a": "b, Basic c=d,", "e": "f"}}}},
		"escapes":                {[]string{`X a="\"\\\,\b"`}, list{{Scheme: "X", Parameters: params{"a": `"\,b`}}}},
		"escaped quote at end":   {[]string{`X a="b\""`}, list{{Scheme: "X", Parameters: params{"a": `b"`}}}},
		"empty quotes":           {[]string{`X a="", b=c`}, list{{Scheme: "X", Parameters: params{"a": "", "b": "c"}}}},
		"tab in quotes":          {[]string{"X a=\"b\tc\""}, list{{Scheme: "X", Parameters: params{"a": "b\tc"}}}},
		"UTF-8 in quotes":        {[]string{`X a="é"`}, list{{Scheme: "X", Parameters: params{"a": "é"}}}},
		"names in any case":      {[]string{`bEARER Realm=A, ERROR="b"`}, list{{Scheme: "bEARER", Parameters: params{"realm": "A", "error": "b"}}}},
		"every token byte":       {[]string{"!#$%&'*+-.^_`|~9zZ a!#$%&'*+-.^_`|~=b"}, list{{Scheme: "!#$%&'*+-.^_`|~9zZ", Parameters: params{"a!#$%&'*+-.^_`|~": "b"}}}},
		"space around equals":    {[]string{"X a = b ,\tc\t=\t\"d\"\t"}, list{{Scheme: "X", Parameters: params{"a": "b", "c": "d"}}}},
		"much space":             {[]string{"\t X  \t a=b  "}, list{{Scheme: "X", Parameters: params{"a": "b"}}}},
		"no space":               {[]string{`X a=b,c=d,Y e=f`}, list{{Scheme: "X", Parameters: params{"a": "b", "c": "d"}}, {Scheme: "Y", Parameters: params{"e": "f"}}}},
		"empty elements":         {[]string{`, ,,X a=b,, ,c=d, , Y e=f,,`}, list{{Scheme: "X", Parameters: params{"a": "b", "c": "d"}}, {Scheme: "Y", Parameters: params{"e": "f"}}}},
		"same name elsewhere":    {[]string{`X a=b, Y a=c`}, list{{Scheme: "X", Parameters: params{"a": "b"}}, {Scheme: "Y", Parameters: params{"a": "c"}}}},
		"same scheme twice":      {[]string{`X a=b, X a=c`}, list{{Scheme: "X", Parameters: params{"a": "b"}}, {Scheme: "X", Parameters: params{"a": "c"}}}},
		"garbage beside":         {[]string{`"`, `Basic realm="simple"`, `=`, ``}, list{basic}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, challenge.Parse(test.values))
		})
	}
}

func TestParseGarbage(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"nothing":                 ``,
		"space":                   " \t ",
		"commas":                  `, ,,`,
		"equals":                  `=`,
		"quote":                   `"`,
		"parameter":               `realm="simple"`,
		"quoted scheme":           `"Basic" realm="simple"`,
		"scheme with a slash":     `Ba/sic realm="simple"`,
		"scheme with a colon":     `Basic: realm="simple"`,
		"scheme with a byte":      "B\xffsic realm=x",
		"scheme with a control":   "Ba\x01sic realm=x",
		"no end of quotes":        `Basic realm="simple`,
		"escaped end of quotes":   `Basic realm="simple\"`,
		"backslash at the end":    `Basic realm="simple\`,
		"text behind quotes":      `Basic realm="simple"x`,
		"no comma":                `Basic realm="simple" error="x"`,
		"semicolon":               `Basic realm="simple"; error="x"`,
		"no name":                 `Basic ="simple"`,
		"no value":                `Basic realm="a", error=`,
		"no value, comma":         `Basic realm="a", error=, x=y`,
		"two equals":              `Basic a==b`,
		"value with a slash":      `Bearer realm=https://example.com`,
		"quoted name":             `Basic "realm"=simple`,
		"duplicate":               `Basic realm="a", realm="b"`,
		"duplicate in other case": `Basic realm="a", REALM="a"`,
		"duplicate of nothing":    `Basic realm="", realm="a"`,
		"second one is bad":       `Basic realm="a", Bearer realm="b`,
		"token68 and parameter":   `Negotiate abc== realm="a"`,
		"two token68":             `Negotiate abc== def==`,
		"equals in token68":       `Negotiate a=b=`,
		"new line":                "Basic realm=a\nb",
		"zero byte":               "\x00",
		"HTML":                    `<script>`,
	}
	for name, value := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, challenge.Parse([]string{value}))
		})
	}
	assert.Empty(t, challenge.Parse(nil))
	assert.Empty(t, challenge.Parse([]string{strings.Repeat("a=", 1<<16), strings.Repeat(`"\`, 1<<16)}))
}

func TestParameter(t *testing.T) {
	t.Parallel()
	all := challenge.Parse([]string{`Basic realm="a", Bearer realm="b", scope="c"`, `dpop error="use_dpop_nonce", empty=""`, `Other empty=d`})
	tests := map[string]struct {
		name    string
		schemes []string
		want    string
	}{
		"first of any scheme":    {"realm", nil, "a"},
		"of one scheme":          {"realm", []string{"Bearer"}, "b"},
		"scheme in another case": {"error", []string{"DPoP"}, "use_dpop_nonce"},
		"of two schemes":         {"error", []string{"Bearer", "DPoP"}, "use_dpop_nonce"},
		"not in that scheme":     {"error", []string{"Bearer"}, ""},
		"unknown scheme":         {"realm", []string{"Digest"}, ""},
		"unknown name":           {"nonce", nil, ""},
		"part of a scheme":       {"realm", []string{"Bear"}, ""},
		"an empty one is passed": {"empty", nil, "d"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.want, challenge.Parameter(all, test.name, test.schemes...))
		})
	}
	assert.Empty(t, challenge.Parameter(nil, "realm"))
	assert.Empty(t, challenge.Parameter(list{{Scheme: "X", Token68: "abc"}}, "realm", "X"))
}
