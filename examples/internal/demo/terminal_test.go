// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		inPlace bool
		want    string
	}{
		"on a terminal": {true, "\r\x1b[Kone\r\x1b[Ktwo?[2J\n"},
		"in a file":     {false, "one\ntwo?[2J\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			p := &Progress{w: &out, inPlace: test.inPlace}
			p.Show("one")
			p.Show("two\x1b[2J") // a server's text cannot change the terminal
			p.End()
			assert.Equal(t, test.want, out.String())
		})
	}
}

func TestQRCode(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	PrintQRCode(&out, "https://as.example/device?user_code=ABCD")
	assert.Greater(t, strings.Count(out.String(), "\n"), 10)
}
