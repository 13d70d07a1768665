// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// The two lines that every Go file begins with.
const (
	copyrightLine = "// Copyright 2026 The identitymodel Authors"
	licenseLine   = "// SPDX-License-Identifier: Apache-2.0"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 70
)

// topFolders are the folders in the root, besides those whose names begin with a dot.
func topFolders() []string {
	return []string{"tokenclient", "discovery", "internal", "examples", "testdata"}
}

// topFiles are the files in the root, besides those whose names begin with a dot.
func topFiles() []string {
	return []string{
		"go.mod", "go.sum", "go.work", "go.work.sum", "README.md", "CHANGELOG.md", "LICENSE", "Makefile",
		// the usual community files
		"CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "SUPPORT.md", "GOVERNANCE.md", "MAINTAINERS.md", "AUTHORS", "NOTICE",
	}
}

// CheckGoFiles finds Go files, of all modules, without the two header lines, over 400 lines,
// or with a function over 70 lines (tests may have longer ones).
func CheckGoFiles(root string) ([]Finding, error) {
	files, err := goFiles(root, true)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, file := range files {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			return nil, fmt.Errorf("repotest: read Go file: %w", err)
		}
		if !bytes.HasPrefix(source, []byte(copyrightLine+"\n"+licenseLine+"\n")) {
			findings = append(findings, Finding{file + ":1", "must begin with the two lines\n" + copyrightLine + "\n" + licenseLine})
		}
		if count := bytes.Count(source, []byte("\n")); count > maxFileLines {
			findings = append(findings, Finding{file, fmt.Sprintf("has %d lines, more than %d: split it by topic", count, maxFileLines)})
		}
		if !isTest(file) {
			findings = append(findings, longFunctions(file, source)...)
		}
	}
	return sorted(findings), nil
}

// longFunctions finds declared functions, and literals outside of them, over 70 lines.
func longFunctions(file string, source []byte) []Finding {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, source, parser.SkipObjectResolution)
	if err != nil {
		return []Finding{{file, "does not parse: " + err.Error()}}
	}
	var findings []Finding
	ast.Inspect(tree, func(node ast.Node) bool {
		name := "a function literal"
		switch node := node.(type) {
		case *ast.FuncDecl:
			name = node.Name.Name
		case *ast.FuncLit:
		default:
			return true
		}
		start, end := fset.Position(node.Pos()).Line, fset.Position(node.End()).Line
		if count := end - start + 1; count > maxFunctionLines {
			findings = append(findings, Finding{
				fmt.Sprintf("%s:%d", file, start),
				fmt.Sprintf("%s has %d lines, more than %d", name, count, maxFunctionLines),
			})
		}
		return false
	})
	return findings
}

// CheckTop finds files and folders in the root that architecture.md does not have.
// Names that begin with a dot, and those that .gitignore has by a pattern without a slash, may be there.
func CheckTop(root string) ([]Finding, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("repotest: read the root: %w", err)
	}
	ignore, _ := os.ReadFile(filepath.Join(root, ".gitignore")) // none: nothing is ignored
	ignored := strings.Fields(string(ignore))
	var findings []Finding
	for _, entry := range entries {
		name, allowed := entry.Name(), topFiles()
		if entry.IsDir() {
			allowed = topFolders()
		}
		matches := func(pattern string) bool { ok, err := path.Match(pattern, name); return ok && err == nil }
		if !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) && !slices.ContainsFunc(ignored, matches) {
			findings = append(findings, Finding{name, "is not a top-level entry that architecture.md allows"})
		}
	}
	return sorted(findings), nil
}

var changelogHeading = regexp.MustCompile(`(?m)^## .*$`)

// CheckChangelog finds a CHANGELOG.md whose first version is not "Unreleased".
func CheckChangelog(root string) ([]Finding, error) {
	data, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return []Finding{{"CHANGELOG.md", "cannot be read: " + err.Error()}}, nil
	}
	if first := changelogHeading.FindString(string(data)); first != "## [Unreleased]" {
		return []Finding{{"CHANGELOG.md", fmt.Sprintf("the first heading must be %q, not %q", "## [Unreleased]", first)}}, nil
	}
	return nil, nil
}

var (
	findsModules = regexp.MustCompile(`find \. .*-name '?go\.mod'?`)
	workspaceUse = regexp.MustCompile(`(?m)^\s*(?:use\s+)?(\.\S*)\s*$`)
)

// CheckModules finds modules that nobody would test: a Makefile or .ci/run that does not look for
// go.mod files, and a go.work that lacks a module (internal/interop and internal/bench stay out of it).
func CheckModules(root string) ([]Finding, error) {
	var findings []Finding
	for _, file := range []string{"Makefile", ".ci/run"} {
		if data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file))); err != nil || !findsModules.Match(data) {
			findings = append(findings, Finding{file, "must find the modules by itself: find . … -name go.mod"})
		}
	}
	work, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil {
		return nil, fmt.Errorf("repotest: read go.work: %w", err)
	}
	var used []string
	for _, match := range workspaceUse.FindAllStringSubmatch(string(work), -1) {
		used = append(used, path.Clean(match[1]))
	}
	dirs, err := moduleDirs(root)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		outside := dir == "internal/interop" || dir == "internal/bench"
		switch {
		case outside && slices.Contains(used, dir):
			findings = append(findings, Finding{"go.work", dir + " must stay out of it: it needs more than Go"})
		case !outside && !slices.Contains(used, dir):
			findings = append(findings, Finding{"go.work", "lacks " + dir + ", so go test work does not test it"})
		}
	}
	for _, dir := range used {
		if !slices.Contains(dirs, dir) {
			findings = append(findings, Finding{"go.work", "uses " + dir + ", which has no go.mod"})
		}
	}
	return sorted(findings), nil
}
