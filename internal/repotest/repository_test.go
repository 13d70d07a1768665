// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

var update = flag.Bool("update", false, "rewrite testdata/api and the snippets of README.md")

// TestRepository runs every check on the repository itself.
func TestRepository(t *testing.T) {
	t.Parallel()

	root, err := repotest.Root(".")
	require.NoError(t, err)
	if *update {
		require.NoError(t, repotest.UpdateSurface(root))
		require.NoError(t, repotest.UpdateSnippets(root))
	}
	checks := map[string]func(root string) ([]repotest.Finding, error){
		"imports":   houseImports,
		"surface":   repotest.CheckSurface,
		"snippets":  repotest.CheckSnippets,
		"links":     repotest.CheckLinks,
		"go files":  repotest.CheckGoFiles,
		"top level": repotest.CheckTop,
		"changelog": repotest.CheckChangelog,
		"modules":   repotest.CheckModules,
		"docs":      repotest.CheckDocs,
	}
	for name, check := range checks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			findings, err := check(root)
			require.NoError(t, err)
			for _, finding := range findings {
				t.Error(finding.String())
			}
		})
	}
}

func houseImports(root string) ([]repotest.Finding, error) {
	return repotest.CheckImports(root, repotest.House())
}

func TestRoot(t *testing.T) {
	t.Parallel()

	dir := plant(t, map[string]string{
		"go.mod":     "module " + repotest.ModulePath + "\n\ngo 1.25\n",
		"sub/go.mod": "module " + repotest.ModulePath + "/sub\n",
		"sub/x.go":   "package x\n",
	})
	got, err := repotest.Root(filepath.Join(dir, "sub"))
	require.NoError(t, err)
	assert.Equal(t, dir, got)

	_, err = repotest.Root(filepath.Dir(dir))
	assert.ErrorContains(t, err, "no go.mod of "+repotest.ModulePath)
}

// plant writes files, by their slash-separated paths, to a new tree and returns its root.
// The tree is the module example.com/m unless the files say otherwise.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	if _, ok := files["go.mod"]; !ok {
		write(t, root, "go.mod", "module example.com/m\n\ngo 1.25\n")
	}
	for name, text := range files {
		write(t, root, name, text)
	}
	return root
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(data)
}

// requireFindings compares findings, as text, with what is expected: each begins with its line of want.
func requireFindings(t *testing.T, findings []repotest.Finding, err error, want ...string) {
	t.Helper()
	require.NoError(t, err)
	var got []string
	for _, finding := range findings {
		got = append(got, finding.String())
	}
	require.Len(t, got, len(want), "findings:\n%s", strings.Join(got, "\n"))
	for i := range want {
		assert.True(t, strings.HasPrefix(got[i], want[i]), "finding %d:\n%s\nmust begin with\n%s", i, got[i], want[i])
	}
}
