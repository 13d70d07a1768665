// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

const (
	headerLines = "// Copyright 2026 The identitymodel Authors\n// SPDX-License-Identifier: Apache-2.0\n"
	findLine    = "find . -name go.mod -not -path './.*'\n"
)

func TestCheckGoFiles(t *testing.T) {
	t.Parallel()

	lines := func(n int) string { return strings.Repeat("\n", n) }
	tests := map[string]struct {
		name, source string
		want         []string
	}{
		"good": {name: "a/a.go", source: headerLines + "\npackage a" + lines(396) + "func f() {}\n"},
		"no header": {
			name: "a/a.go", source: "package a\n",
			want: []string{"a/a.go:1: must begin with the two lines\n" + strings.TrimSpace(headerLines)},
		},
		"header not on top": {
			name: "a/a_test.go", source: "\n" + headerLines + "package a\n",
			want: []string{"a/a_test.go:1: must begin"},
		},
		"no header in a nested module": {name: "nested/a.go", source: "package a\n", want: []string{"nested/a.go:1: must begin"}},
		"too long": {
			name: "a/a_test.go", source: headerLines + "package a\n" + lines(398),
			want: []string{"a/a_test.go: has 401 lines, more than 400"},
		},
		"function of 70 lines": {name: "a/a.go", source: headerLines + "package a\nfunc f() {" + lines(69) + "}\n"},
		"function of 71 lines": {
			name: "a/a.go", source: headerLines + "package a\n\nfunc f() {" + lines(70) + "}\n",
			want: []string{"a/a.go:5: f has 71 lines, more than 70"},
		},
		"literal of 71 lines": {
			name: "a/a.go", source: headerLines + "package a\nvar f = func() {" + lines(70) + "}\n",
			want: []string{"a/a.go:4: a function literal has 71 lines"},
		},
		"function of a test": {name: "a/a_test.go", source: headerLines + "package a\nfunc f() {" + lines(70) + "}\n"},
		"not ours":           {name: ".tmp/a.go", source: "package a\n"},
		"does not parse":     {name: "a/a.go", source: headerLines + "package\n", want: []string{"a/a.go: does not parse"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			root := plant(t, map[string]string{test.name: test.source, "nested/go.mod": "module example.com/m/nested\n"})
			findings, err := repotest.CheckGoFiles(root)
			requireFindings(t, findings, err, test.want...)
		})
	}
}

func TestCheckTop(t *testing.T) {
	t.Parallel()

	root := plant(t, map[string]string{
		".gitignore": "*.test\n/.tmp/\n", ".ci/run": "", "README.md": "", "tokenclient/doc.go": "", "tokenclient.test": "",
		"util/a.go": "", "notes.txt": "", "discovery": "",
	})
	findings, err := repotest.CheckTop(root)
	requireFindings(t, findings, err, "discovery: is not a top-level entry", "notes.txt: is not", "util: is not")
}

func TestCheckChangelog(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		text string
		want []string
	}{
		"unreleased on top": {text: "# Changelog\n\n## [Unreleased]\n\n### Added\n\n## [1.0.0]\n"},
		"release on top":    {text: "# Changelog\n\n## [1.0.0]\n\n## [Unreleased]\n", want: []string{"CHANGELOG.md: the first heading"}},
		"no heading":        {text: "# Changelog\n", want: []string{"CHANGELOG.md: the first heading"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			findings, err := repotest.CheckChangelog(plant(t, map[string]string{"CHANGELOG.md": test.text}))
			requireFindings(t, findings, err, test.want...)
		})
	}
	findings, err := repotest.CheckChangelog(t.TempDir())
	requireFindings(t, findings, err, "CHANGELOG.md: cannot be read")
}

func TestCheckModules(t *testing.T) {
	t.Parallel()

	good := map[string]string{
		"Makefile": "MODULES := $(shell " + findLine + ")\n", ".ci/run": findLine,
		"go.work":         "go 1.25\n\nuse (\n\t.\n\t./examples\n)\n",
		"examples/go.mod": "module example.com/m/examples\n", "internal/interop/go.mod": "module example.com/m/internal/interop\n",
	}
	tests := map[string]struct {
		change map[string]string
		want   []string
	}{
		"good":              {},
		"list by hand":      {change: map[string]string{".ci/run": "cd examples\n"}, want: []string{".ci/run: must find the modules"}},
		"not in go.work":    {change: map[string]string{"a/b/go.mod": "module b\n"}, want: []string{"go.work: lacks a/b"}},
		"gone from disk":    {change: map[string]string{"go.work": "use .\nuse ./examples\nuse ./gone\n"}, want: []string{"go.work: uses gone"}},
		"interop in it":     {change: map[string]string{"go.work": "use .\nuse ./examples\nuse ./internal/interop\n"}, want: []string{"go.work: internal/interop must"}},
		"not ours: node":    {change: map[string]string{"internal/node_modules/x/go.mod": "module x\n"}},
		"root not in there": {change: map[string]string{"go.work": "use ./examples\n"}, want: []string{"go.work: lacks ."}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			root := plant(t, good)
			for file, text := range test.change {
				write(t, root, file, text)
			}
			findings, err := repotest.CheckModules(root)
			requireFindings(t, findings, err, test.want...)
		})
	}
	_, err := repotest.CheckModules(t.TempDir())
	assert.ErrorContains(t, err, "go.work")
}
