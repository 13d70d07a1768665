// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package jsonfield_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// member returns the member of an object that holds one JSON value.
func member(t *testing.T, value string) gjson.Result {
	t.Helper()
	body := `{"a":` + value + `}`
	require.NoError(t, jsonfield.Check(body))
	return jsonfield.Find(body, "a")
}

func TestAbsent(t *testing.T) {
	t.Parallel()
	assert.True(t, jsonfield.Absent(jsonfield.Find(`{"a":1}`, "b")))
	assert.True(t, jsonfield.Absent(member(t, `null`)))
	for _, value := range []string{`""`, `0`, `false`, `{}`, `[]`, `"null"`} {
		assert.False(t, jsonfield.Absent(member(t, value)), value)
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  string
		ok    bool
	}{
		"text":           {`"text"`, "text", true},
		"empty":          {`""`, "", true},
		"escapes":        {`"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, "a\"\\/\b\f\n\r\té😀", true},
		"looks like one": {`"{\"a\":1}"`, `{"a":1}`, true},
		"null":           {`null`, "", false},
		"number":         {`12`, "", false},
		"true":           {`true`, "", false},
		"false":          {`false`, "", false},
		"object":         {`{"b":"c"}`, "", false},
		"array":          {`["b"]`, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := jsonfield.String(member(t, test.value))
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
	_, ok := jsonfield.String(jsonfield.Find(`{}`, "a"))
	assert.False(t, ok)
}

func TestWords(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  string
		ok    bool
	}{
		"string":         {`"api1 api2"`, "api1 api2", true},
		"empty string":   {`""`, "", true},
		"array":          {`["api1","api2"]`, "api1 api2", true},
		"array of one":   {`["api1"]`, "api1", true},
		"array of none":  {`[]`, "", true},
		"escaped":        {`["\u0061pi1"]`, "api1", true},
		"number first":   {`[1,"api1"]`, "", false},
		"number last":    {`["api1",1]`, "", false},
		"null in array":  {`["api1",null]`, "", false},
		"array in array": {`[["api1"]]`, "", false},
		"null":           {`null`, "", false},
		"number":         {`1`, "", false},
		"object":         {`{"a":"b"}`, "", false},
		"true":           {`true`, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := jsonfield.Words(member(t, test.value))
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  []string
		ok    bool
	}{
		"array":          {`["api1","a b"]`, []string{"api1", "a b"}, true},
		"array of none":  {`[]`, nil, true},
		"number first":   {`[1,"api1"]`, nil, false},
		"null in array":  {`["api1",null]`, nil, false},
		"array in array": {`[["api1"]]`, nil, false},
		"string":         {`"api1"`, nil, false},
		"object":         {`{"a":"api1"}`, nil, false},
		"null":           {`null`, nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := jsonfield.Texts(member(t, test.value))
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value string
		want  time.Duration
		ok    bool
	}{
		"integer":               {`3600`, time.Hour, true},
		"string":                {`"3600"`, time.Hour, true},
		"decimal":               {`3600.0`, time.Hour, true},
		"string with decimal":   {`"3600.0"`, time.Hour, true},
		"exponent":              {`3.6e3`, time.Hour, true},
		"capital exponent":      {`36E+2`, time.Hour, true},
		"string with exponent":  {`"3.6e3"`, time.Hour, true},
		"escaped string":        {`"\u0033600"`, time.Hour, true},
		"zero":                  {`0`, 0, true},
		"minus zero":            {`-0`, 0, true},
		"half":                  {`0.5`, 500 * time.Millisecond, true},
		"string with spaces":    {`" 5 "`, 5 * time.Second, true},
		"just below the limit":  {`315359999`, jsonfield.Longest - time.Second, true},
		"the limit":             {`315360000`, jsonfield.Longest, true},
		"beyond a Duration":     {`9223372037`, jsonfield.Longest, true},
		"beyond an int64":       {`92233720368547758080`, jsonfield.Longest, true},
		"beyond a float":        {`1e400`, jsonfield.Longest, true},
		"string beyond a float": {`"1e400"`, jsonfield.Longest, true},
		"below a float":         {`1e-400`, 0, true},
		"negative":              {`-1`, 0, false},
		"negative string":       {`"-1"`, 0, false},
		"a little negative":     {`-0.001`, 0, false},
		"negative huge":         {`-1e400`, 0, false},
		"true":                  {`true`, 0, false},
		"null":                  {`null`, 0, false},
		"object":                {`{}`, 0, false},
		"array":                 {`[3600]`, 0, false},
		"empty string":          {`""`, 0, false},
		"blank string":          {`" "`, 0, false},
		"word":                  {`"abc"`, 0, false},
		"number and word":       {`"3600s"`, 0, false},
		"two numbers":           {`"1 2"`, 0, false},
		"hexadecimal":           {`"0x10"`, 0, false},
		"underscore":            {`"3_600"`, 0, false},
		"plus":                  {`"+5"`, 0, false},
		"leading zero":          {`"05"`, 0, false},
		"NaN":                   {`"NaN"`, 0, false},
		"Inf":                   {`"Inf"`, 0, false},
		"Infinity":              {`"Infinity"`, 0, false},
		"string with true":      {`"true"`, 0, false},
		"string with null":      {`"null"`, 0, false},
		"string with a string":  {`"\"3600\""`, 0, false},
		"string with an array":  {`"[3600]"`, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := jsonfield.Seconds(member(t, test.value))
			assert.Equal(t, test.ok, ok)
			assert.Equal(t, test.want, got)
		})
	}
	_, ok := jsonfield.Seconds(jsonfield.Find(`{}`, "a"))
	assert.False(t, ok)
}
