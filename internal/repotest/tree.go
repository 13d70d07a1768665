// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// skippedDir tells directories that hold nothing of ours: tools, fixtures, other people's code.
func skippedDir(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		name == "node_modules" || name == "vendor" || name == "testdata"
}

// walk calls visit with the slash-separated path, relative to root, of each file that is ours.
// It stays out of nested modules unless nested is set.
func walk(root string, nested bool, visit func(rel string)) error {
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if file == root {
			return err
		}
		if errors.Is(err, fs.ErrNotExist) { // another test removed its folder meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skippedDir(entry.Name()) {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(file, "go.mod")); err == nil && !nested {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		return fmt.Errorf("repotest: read the tree: %w", err)
	}
	return nil
}

// goFiles returns the Go files under root: of the root module, or of all modules if nested is set.
func goFiles(root string, nested bool) ([]string, error) {
	var files []string
	err := walk(root, nested, func(rel string) {
		if strings.HasSuffix(rel, ".go") {
			files = append(files, rel)
		}
	})
	return files, err
}

// moduleDirs returns the directories under root that have a go.mod, the root as ".".
func moduleDirs(root string) ([]string, error) {
	var dirs []string
	err := walk(root, true, func(rel string) {
		if path.Base(rel) == "go.mod" {
			dirs = append(dirs, path.Dir(rel))
		}
	})
	return dirs, err
}

// isTest tells files that only tests compile.
func isTest(file string) bool { return strings.HasSuffix(file, "_test.go") }

// isPublic tells packages, by directory, that others can import.
func isPublic(dir string) bool { return !slices.Contains(strings.Split(dir, "/"), "internal") }

// parsed is one package of the root module: its files without tests, whatever their build tags.
type parsed struct {
	dir   string
	name  string
	fset  *token.FileSet
	files []*ast.File
}

// where returns "file:line" for a position in the package.
func (p *parsed) where(pos token.Pos) string {
	position := p.fset.Position(pos)
	return fmt.Sprintf("%s:%d", position.Filename, position.Line)
}

// publicPackages parses the packages of the root module that others can import.
// A file that does not parse is a finding, and the rest of its package is still read.
func publicPackages(root string) ([]*parsed, []Finding, error) {
	files, err := goFiles(root, false)
	if err != nil {
		return nil, nil, err
	}
	var findings []Finding
	packages := map[string]*parsed{}
	for _, file := range files {
		dir := path.Dir(file)
		if isTest(file) || !isPublic(dir) {
			continue
		}
		pkg := packages[dir]
		if pkg == nil {
			pkg = &parsed{dir: dir, fset: token.NewFileSet()}
			packages[dir] = pkg
		}
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			return nil, nil, fmt.Errorf("repotest: read package: %w", err)
		}
		tree, err := parser.ParseFile(pkg.fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			findings = append(findings, Finding{file, "does not parse: " + err.Error()})
			continue
		}
		pkg.name = tree.Name.Name
		pkg.files = append(pkg.files, tree)
	}
	var list []*parsed
	for _, pkg := range packages {
		if pkg.name != "" && pkg.name != "main" {
			list = append(list, pkg)
		}
	}
	slices.SortFunc(list, func(a, b *parsed) int { return strings.Compare(a.dir, b.dir) })
	return list, findings, nil
}
