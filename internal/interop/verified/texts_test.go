// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMatrixTexts(t *testing.T) {
	t.Parallel()
	one, two := &server{key: "one", name: "One", version: "v1", home: "https://one.example"}, &server{key: "two", name: "Two", version: "2", home: "https://two.example"}
	m := &matrix{
		columns: []*server{one, two},
		rows: []row{
			{group: "a", name: "first"},
			{group: "a", name: "second", without: map[string]string{"two": "it cannot"}},
			{group: "a", name: "third", added: map[string]string{"one": "a shim"}},
			{group: "a", name: "fourth"},
			{group: "b", name: "never ran"},
		},
		cells: map[string]outcome{},
	}
	for i, r := range m.rows[:4] {
		for _, column := range m.columns {
			m.set(r, column, passed)
		}
		if i == 1 {
			m.set(r, two, notApplicable)
		}
	}
	m.set(m.rows[4], one, failed)

	assert.Equal(t, `capability    One v1   Two 2
------------  -------  ---------------
a: first      passed   passed
a: second     passed   n/a: it cannot
a: third      passed*  passed
a: fourth     passed   passed
b: never ran  FAILED   FAILED: not run
------------  -------  ---------------
5 capabilities, 2 servers: 7 passed, 2 failed, 1 n/a
* One has it through code of ours: a shim
`, m.text())
	assert.Equal(t, `| | | [One](https://one.example) v1 | [Two](https://two.example) 2 |
|---|---|---|---|
| a | first; fourth | passed | passed |
|  | second | passed | n/a: it cannot |
|  | third | passed\* | passed |
| b | never ran | FAILED | FAILED: not run |

\* One has it through code of ours: a shim.
`, m.markdown())
}
