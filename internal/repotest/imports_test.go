// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

func TestCheckImports(t *testing.T) {
	t.Parallel()

	const gjson = "github.com/tidwall/gjson"
	house := map[string]repotest.Edges{
		"top":           {Ours: []string{"leaf"}, Others: []string{gjson}},
		"leaf":          {},
		"internal/deep": {},
	}
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"allowed": {files: map[string]string{
			"top/a.go":       "package top\n\nimport (\n\t\"net/http\"\n\t_ \"example.com/m/leaf\"\n\t_ \"github.com/tidwall/gjson\"\n)\n",
			"leaf/a.go":      "package leaf\n",
			"leaf/a_test.go": "package leaf\n\nimport (\n\t_ \"example.com/m/top\"\n\t_ \"github.com/stretchr/testify/assert\"\n)\n",
		}},
		"edge that the table does not have": {
			files: map[string]string{"leaf/a.go": "package leaf\n\nimport \"example.com/m/top\"\n"},
			want:  []string{"leaf/a.go:3: leaf must not import top: the edge table"},
		},
		"edge behind a build tag": {
			files: map[string]string{"leaf/a_plan9.go": "//go:build plan9\n\npackage leaf\n\nimport _ \"example.com/m/top\"\n"},
			want:  []string{"leaf/a_plan9.go:5: leaf must not import top"},
		},
		"root of the module": {
			files: map[string]string{"top/a.go": "package top\n\nimport \"example.com/m\"\n"},
			want:  []string{"top/a.go:3: imports the root of the module"},
		},
		"package that the table does not know": {
			files: map[string]string{"fresh/a.go": "package fresh\n"},
			want:  []string{"fresh: is a package that the edge table does not know: add it to the table"},
		},
		"package in the root": {
			files: map[string]string{"a.go": "package m\n"},
			want:  []string{".: is a package that the edge table does not know"},
		},
		"module of another package": {
			files: map[string]string{"leaf/a.go": "package leaf\n\nimport \"github.com/tidwall/gjson\"\n"},
			want:  []string{"leaf/a.go:3: leaf must not import github.com/tidwall/gjson: it belongs to other packages, or to tests"},
		},
		"module of tests": {
			files: map[string]string{"leaf/a.go": "package leaf\n\nimport \"github.com/stretchr/testify/assert\"\n"},
			want:  []string{"leaf/a.go:3: leaf must not import github.com/stretchr/testify/assert: it belongs to other"},
		},
		"module of nobody, in a test": {
			files: map[string]string{"leaf/a_test.go": "package leaf\n\nimport \"golang.org/x/oauth2\"\n"},
			want:  []string{"leaf/a_test.go:3: leaf must not import golang.org/x/oauth2: not a dependency"},
		},
		"module whose name only begins alike": {
			files: map[string]string{"top/a.go": "package top\n\nimport \"github.com/tidwall/gjsonx\"\n"},
			want:  []string{"top/a.go:3: top must not import github.com/tidwall/gjsonx: not a dependency"},
		},
		"file that does not parse": {
			files: map[string]string{"leaf/a.go": "package\n"},
			want:  []string{"leaf/a.go: does not parse: "},
		},
		"not ours: nested modules, fixtures, tools": {files: map[string]string{
			"nested/go.mod":              "module example.com/m/nested\n",
			"nested/a.go":                "package nested\n\nimport \"golang.org/x/oauth2\"\n",
			"leaf/testdata/a.go":         "package bad\n\nimport \"golang.org/x/oauth2\"\n",
			".tmp/a.go":                  "package bad\n",
			"internal/node_modules/a.go": "package bad\n",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			findings, err := repotest.CheckImports(plant(t, test.files), house)
			requireFindings(t, findings, err, test.want...)
		})
	}
}

// TestHouse keeps the table honest: edges lead to packages that it has, and never to those for tests.
func TestHouse(t *testing.T) {
	t.Parallel()

	house := repotest.House()
	for name, edges := range house {
		for _, ours := range edges.Ours {
			assert.Contains(t, house, ours, name)
			assert.NotEqual(t, "internal/faultserver", ours, name)
			assert.NotEqual(t, "internal/repotest", ours, name)
			assert.NotContains(t, house[ours].Ours, name, "imports go one way")
		}
	}
}
