// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jsonfield_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

const mark = "\ufeff"

// nested returns an object that is depth levels deep, itself included.
func nested(depth int, opening, closing string) string {
	return `{"a":` + strings.Repeat(opening, depth-1) + "1" + strings.Repeat(closing, depth-1) + `}`
}

// members returns an object of count members with different names, and the
// members of extra behind them.
func members(count int, extra ...string) string {
	list := make([]string, 0, count+len(extra))
	for i := range count {
		list = append(list, fmt.Sprintf(`"name-%06d":%d`, i, i))
	}
	return "{" + strings.Join(append(list, extra...), ",") + "}"
}

func TestMembersRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want jsonfield.Problem
	}{
		"nothing":                        {"", jsonfield.ErrEmpty},
		"white space":                    {" \t\r\n", jsonfield.ErrEmpty},
		"only a mark":                    {mark, jsonfield.ErrEmpty},
		"a mark and white space":         {mark + "\n", jsonfield.ErrEmpty},
		"two marks":                      {mark + mark + `{"a":1}`, jsonfield.ErrSyntax},
		"a mark behind white space":      {" " + mark + `{"a":1}`, jsonfield.ErrSyntax},
		"a mark at the end":              {`{"a":1}` + mark, jsonfield.ErrSyntax},
		"UTF-16":                         {"\xff\xfe{\x00}\x00", jsonfield.ErrEncoding},
		"invalid UTF-8 in a value":       {"{\"a\":\"\xff\"}", jsonfield.ErrEncoding},
		"invalid UTF-8 in a name":        {"{\"\xc3\x28\":1}", jsonfield.ErrEncoding},
		"encoded surrogate":              {"{\"a\":\"\xed\xa0\x80\"}", jsonfield.ErrEncoding},
		"overlong":                       {"{\"a\":\"\xc0\xaf\"}", jsonfield.ErrEncoding},
		"null":                           {`null`, jsonfield.ErrNotObject},
		"array":                          {`[{"a":1}]`, jsonfield.ErrNotObject},
		"number":                         {`1`, jsonfield.ErrNotObject},
		"string":                         {`"{}"`, jsonfield.ErrNotObject},
		"true":                           {` true `, jsonfield.ErrNotObject},
		"no JSON":                        {`access_token=a&token_type=b`, jsonfield.ErrSyntax},
		"HTML":                           {`<html></html>`, jsonfield.ErrSyntax},
		"unfinished":                     {`{"access_token":"a"`, jsonfield.ErrSyntax},
		"unfinished string":              {`{"access_token":"a`, jsonfield.ErrSyntax},
		"unfinished escape":              {`{"access_token":"a\`, jsonfield.ErrSyntax},
		"unfinished code unit":           {`{"access_token":"a\u00`, jsonfield.ErrSyntax},
		"unknown escape":                 {`{"a":"\x41"}`, jsonfield.ErrSyntax},
		"code unit without digits":       {`{"a":"\uZZZZ"}`, jsonfield.ErrSyntax},
		"control character in a string":  {"{\"a\":\"\n\"}", jsonfield.ErrSyntax},
		"trailing word":                  {`{"a":1}x`, jsonfield.ErrSyntax},
		"trailing bracket":               {`{"a":1}}`, jsonfield.ErrSyntax},
		"trailing zero byte":             {"{\"a\":1}\x00", jsonfield.ErrSyntax},
		"two objects":                    {`{"a":1}{"b":2}`, jsonfield.ErrSyntax},
		"two objects on two lines":       {"{\"a\":1}\n{\"b\":2}", jsonfield.ErrSyntax},
		"trailing comma":                 {`{"a":1,}`, jsonfield.ErrSyntax},
		"single quotes":                  {`{'a':1}`, jsonfield.ErrSyntax},
		"bare name":                      {`{a:1}`, jsonfield.ErrSyntax},
		"comment":                        {`{"a":1/**/}`, jsonfield.ErrSyntax},
		"leading zero":                   {`{"a":01}`, jsonfield.ErrSyntax},
		"leading plus":                   {`{"a":+1}`, jsonfield.ErrSyntax},
		"NaN":                            {`{"a":NaN}`, jsonfield.ErrSyntax},
		"duplicate":                      {`{"a":1,"a":2}`, jsonfield.ErrDuplicate},
		"duplicate of equal value":       {`{"a":1,"b":2,"a":1}`, jsonfield.ErrDuplicate},
		"duplicate with an escape":       {`{"access_token":1,"\u0061ccess_token":2}`, jsonfield.ErrDuplicate},
		"duplicate, both with an escape": {`{"\u0061":1,"\u0061":2}`, jsonfield.ErrDuplicate},
		"duplicate with a slash":         {`{"a/b":1,"a\/b":2}`, jsonfield.ErrDuplicate},
		"duplicate pair of surrogates":   {`{"😀":1,"\ud83d\uDE00":2}`, jsonfield.ErrDuplicate},
		"duplicate empty name":           {`{"":1,"":2}`, jsonfield.ErrDuplicate},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := jsonfield.Members(test.body, func(string, gjson.Result) { t.Error("visited") })
			require.Equal(t, test.want, err)
			assert.Equal(t, test.want, jsonfield.Check(test.body))
			assert.False(t, jsonfield.Find(test.body, "a").Exists())
		})
	}
}

func TestMembersAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want []string // names
	}{
		"no members":            {`{}`, nil},
		"white space":           {" \t\r\n{ \"a\" : 1 }\r\n\t ", []string{"a"}},
		"one mark":              {mark + `{"a":1}`, []string{"a"}},
		"a mark in a string":    {`{"` + mark + `":"` + mark + `"}`, []string{mark}},
		"order":                 {`{"c":1,"a":2,"b":3}`, []string{"c", "a", "b"}},
		"case matters":          {`{"a":1,"A":2}`, []string{"a", "A"}},
		"folding does not":      {`{"access_token":1,"acce\u017f\u017f_token":2}`, []string{"access_token", "acceſſ_token"}},
		"nested duplicates":     {`{"a":{"b":1,"b":2},"c":[{"d":1,"d":2}]}`, []string{"a", "c"}},
		"nested same name":      {`{"a":{"a":{"a":1}},"b":[{"a":1}]}`, []string{"a", "b"}},
		"escaped quote":         {`{"a\"b":"\"","c":"\\"}`, []string{`a"b`, "c"}},
		"escaped zero":          {`{"\u0000":"\u0000"}`, []string{"\x00"}},
		"brackets in strings":   {`{"a":"` + strings.Repeat("[{", 1000) + `","` + strings.Repeat("[", 100) + `":1}`, []string{"a", strings.Repeat("[", 100)}},
		"brackets behind quote": {`{"a":"\"` + strings.Repeat("[", 1000) + `"}`, []string{"a"}},
		"64 arrays":             {nested(jsonfield.MaxDepth, "[", "]"), []string{"a"}},
		"64 objects":            {nested(jsonfield.MaxDepth, `{"b":`, "}"), []string{"a"}},
		"many shallow values":   {`{"a":[` + strings.Repeat("[],{},", 1000) + `[]]}`, []string{"a"}},
		"path characters":       {`{"a.b":1,"*":2,"@this":3,"#":4,"|":5,"a\\.b":6,"?":7}`, []string{"a.b", "*", "@this", "#", "|", `a\.b`, "?"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var names []string
			err := jsonfield.Members(test.body, func(name string, value gjson.Result) {
				assert.True(t, value.Exists())
				names = append(names, name)
			})
			require.NoError(t, err)
			assert.Equal(t, test.want, names)
			assert.NoError(t, jsonfield.Check(test.body))
		})
	}
}

func TestSurrogates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want string // empty: refused
	}{
		"pair":                         {`\ud83d\ude00`, "😀"},
		"pair in capitals":             {`\uD83D\uDE00`, "😀"},
		"lowest pair":                  {`\ud800\udc00`, "\U00010000"},
		"highest pair":                 {`\udbff\udfff`, "\U0010ffff"},
		"two pairs":                    {`\ud83d\ude00\ud83d\ude00`, "😀😀"},
		"pair inside text":             {`a\ud83d\ude00b`, "a😀b"},
		"below":                        {`\ud7ff`, "\ud7ff"},
		"above":                        {`\ue000`, "\ue000"},
		"escaped backslash before u":   {`\\ud800`, `\ud800`},
		"first half":                   {`\ud83d`, ""},
		"second half":                  {`\ude00`, ""},
		"first half at the start":      {`\ud83dabc`, ""},
		"first half in the middle":     {`a\ud83db`, ""},
		"first half at the end":        {`abc\ud83d`, ""},
		"second half at the end":       {`abc\udfff`, ""},
		"halves in the wrong order":    {`\ude00\ud83d`, ""},
		"two first halves":             {`\ud83d\ud83d`, ""},
		"two first halves and second":  {`\ud83d\ud83d\ude00`, ""},
		"half behind a pair":           {`\ud83d\ude00\ude00`, ""},
		"first half and another unit":  {`\ud83d\u0041`, ""},
		"first half and an escape":     {`\ud83d\n`, ""},
		"first half and a backslash":   {`\ud83d\\ude00`, ""},
		"half behind backslashes":      {`\\\ud83d`, ""},
		"first half and text ude00":    {`\ud83dude00`, ""},
		"lowest and highest first":     {`\udbff`, ""},
		"lowest second":                {`\udc00`, ""},
		"first half, a letter, second": {`\ud83dx\ude00`, ""},
	}
	places := map[string]string{
		"value": `{"a":"%s"}`, "name": `{"%s":1}`, "deep value": `{"a":[{"b":"%s"}]}`, "deep name": `{"a":[{"%s":1}]}`,
	}
	for name, test := range tests {
		for place, format := range places {
			t.Run(name+" in "+place, func(t *testing.T) {
				t.Parallel()
				body := fmt.Sprintf(format, test.text)
				if test.want == "" {
					assert.Equal(t, jsonfield.ErrEncoding, jsonfield.Check(body))
					return
				}
				require.NoError(t, jsonfield.Check(body))
				if place == "value" {
					assert.Equal(t, test.want, jsonfield.Find(body, "a").Str)
				}
				if place == "name" {
					assert.True(t, jsonfield.Find(body, test.want).Exists())
				}
			})
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"65 arrays":              nested(jsonfield.MaxDepth+1, "[", "]"),
		"65 objects":             nested(jsonfield.MaxDepth+1, `{"b":`, "}"),
		"65 mixed":               nested(jsonfield.MaxDepth+1, `[`, "]") + " ",
		"behind a string":        `{"x":"\"]]]]}}}}\\",` + nested(jsonfield.MaxDepth+1, "[", "]")[1:],
		"brackets closed inside": `{"x":"` + strings.Repeat("]", 100) + `",` + nested(jsonfield.MaxDepth+1, "[", "]")[1:],
		"only arrays":            strings.Repeat("[", jsonfield.MaxDepth+1),
		// no JSON: what says "too deep" has looked before the parser, which recurses
		"100,000 open arrays":  strings.Repeat("[", 100_000),
		"100,000 open objects": strings.Repeat(`{"a":`, 100_000),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, jsonfield.ErrDepth, jsonfield.Check(body))
		})
	}
}

// TestStack measures the stack before the garbage collector can take it back. A
// parser that recurses needs more than 100 bytes for each of a million brackets.
func TestStack(t *testing.T) {
	t.Parallel()
	brackets := strings.Repeat("[", 1_000_000)
	tests := map[string]func(){
		"Check":   func() { _ = jsonfield.Check(`{"a":` + brackets) },
		"Seconds": func() { _, _ = jsonfield.Seconds(jsonfield.Find(`{"a":"`+brackets+`"}`, "a")) },
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			run()
			runtime.ReadMemStats(&after)
			assert.Less(t, int64(after.StackInuse)-int64(before.StackInuse), int64(16<<20))
		})
	}
}

// TestDuplicatesAmongMany crosses the point where a map takes over.
func TestDuplicatesAmongMany(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 22, 23, 24, 25, 26, 1000, 100_000} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			seen := 0
			require.NoError(t, jsonfield.Members(members(count), func(string, gjson.Result) { seen++ }))
			assert.Equal(t, count, seen)

			first, last := `"name-000000":0`, fmt.Sprintf(`"\u006eame-%06d":0`, count-1)
			assert.Equal(t, jsonfield.ErrDuplicate, jsonfield.Check(members(count, first)))
			assert.Equal(t, jsonfield.ErrDuplicate, jsonfield.Check(members(count, last)))
			assert.Equal(t, jsonfield.ErrDuplicate, jsonfield.Check(members(count, `"x":1`, `"x":2`)))
			assert.Equal(t, jsonfield.ErrDuplicate, jsonfield.Check(members(count, `"x":1`, `"x":2`, `"y":3`)))
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	const body = `{"a":{"b":"nested"},"a.b":"dot","*":"star","@this":"this","#":"hash","a|b":"pipe","Access_Token":"no",` +
		`"access_token":"yes","":"empty","\u0065sc":"escape","n":null,"..":"dots","!":"bang"}`
	for name, want := range map[string]string{
		"a.b": "dot", "*": "star", "@this": "this", "#": "hash", "a|b": "pipe", "Access_Token": "no",
		"access_token": "yes", "": "empty", "esc": "escape", "..": "dots", "!": "bang",
	} {
		assert.Equal(t, want, jsonfield.Find(body, name).Str, name)
	}
	for _, name := range []string{"ACCESS_TOKEN", "acc*", "access_token ", "b", "@pretty", "a.b.c", "|", `a\.b`, "0", "a|@this", `\u0065sc`} {
		assert.False(t, jsonfield.Find(body, name).Exists(), name)
	}
	assert.True(t, jsonfield.Find(body, "n").Exists())
	assert.JSONEq(t, `{"b":"nested"}`, jsonfield.Find(body, "a").Raw)
}

func TestProblemsQuoteNothing(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"canary":"canary"`, `{"canary":1,"canary":2}`, `"canary"`, `{"a":"canary\ud800"}`, nested(100, `{"canary":`, "}"),
	} {
		err := jsonfield.Check(body)
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary")
	}
}
