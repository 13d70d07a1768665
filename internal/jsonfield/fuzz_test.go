// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jsonfield_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// FuzzMembers compares with encoding/json, which takes more: what it refuses is
// refused, and what is accepted has the same names and texts.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, mark + `{"a":1}`, mark + mark + `{}`, `null`, `[1]`, `{"a":1}{"b":2}`, `{"a":1,"\u0061":2}`,
		`{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":["a","b"],"x":{"y":[null,true,-1.5e3]}}`,
		`{"a":"\ud83d\ude00","b":"\ud83d"}`, "{\"a\":\"\xff\"}", nested(65, "[", "]"), members(30, `"name-000003":1`),
		`{"a":"\"[[[[","b\\":1}`, `{"expires_in":"3600"}`, `{"expires_in":1e400}`, `{"a":01}`, `{"a":1.}`, `{"a":-}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var names []string
		texts := map[string]string{}
		err := jsonfield.Members(body, func(name string, value gjson.Result) {
			names = append(names, name)
			if text, ok := jsonfield.String(value); ok {
				texts[name] = text
			}
			_, _ = jsonfield.Words(value)
			wait, ok := jsonfield.Seconds(value)
			assert.True(t, wait >= 0 && wait <= jsonfield.Longest && (ok || wait == 0))
		})
		body = strings.TrimPrefix(body, mark)
		if err != nil {
			assert.Empty(t, names, "a refused body was visited")
			judgeRefusal(t, body, err)
			return
		}
		var reference map[string]any
		decoder := json.NewDecoder(strings.NewReader(body))
		decoder.UseNumber() // a float64 refuses 1e400
		require.NoError(t, decoder.Decode(&reference))
		require.True(t, json.Valid([]byte(body))) // the whole of it
		require.Len(t, reference, len(names))
		for _, name := range names {
			value, ok := reference[name]
			require.True(t, ok, "a name that encoding/json does not know")
			if want, isText := value.(string); isText {
				assert.Equal(t, want, texts[name])
			}
		}
	})
}

// judgeRefusal checks that a body is not refused without need.
func judgeRefusal(t *testing.T, body string, err error) {
	t.Helper()
	valid := json.Valid([]byte(body))
	switch {
	case errors.Is(err, jsonfield.ErrEmpty):
		assert.Empty(t, strings.TrimSpace(body))
	case errors.Is(err, jsonfield.ErrSyntax):
		assert.False(t, valid, "encoding/json accepts it")
	case errors.Is(err, jsonfield.ErrNotObject):
		assert.True(t, valid, "encoding/json refuses it")
		assert.NotEqual(t, byte('{'), strings.TrimSpace(body)[0])
	case errors.Is(err, jsonfield.ErrDuplicate):
		assert.True(t, valid, "encoding/json refuses it")
	default:
		assert.True(t, errors.Is(err, jsonfield.ErrEncoding) || errors.Is(err, jsonfield.ErrDepth), "an error of another kind")
	}
}
