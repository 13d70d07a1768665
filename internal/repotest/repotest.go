// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package repotest tests the repository itself, not the library: which package may
// import which, what is exported, that the README is made of compiled code, and the rules of the house.
//
// Each Check function reads a directory tree and returns what it found; none of them
// compiles anything, so they also speak while a package does not build.
// The tests plant one violation of each kind in a small tree, and then run every check on the repository.
//
//	go test ./internal/repotest            # check
//	go test ./internal/repotest -update    # rewrite testdata/api and the snippets of README.md
package repotest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ModulePath is the path of the module in the root of the repository.
const ModulePath = "github.com/seed-df263610/identitymodel"

// UpdateCommand rewrites what is generated: the exported surface and the snippets of the README.
const UpdateCommand = "go test ./internal/repotest -update"

// Finding is one violation of a rule of the repository.
type Finding struct {
	// Where is a path relative to the root, with a line if there is one.
	Where string
	// What says what is wrong and what to do about it.
	What string
}

// String returns the finding as "where: what".
func (f Finding) String() string { return f.Where + ": " + f.What }

// Root returns the nearest directory at or above dir whose go.mod is that of [ModulePath].
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("repotest: root of the repository: %w", err)
	}
	for {
		if path, err := modulePath(dir); err == nil && path == ModulePath {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("repotest: no go.mod of " + ModulePath + " here or above")
		}
		dir = parent
	}
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// modulePath returns the module path that dir/go.mod declares.
func modulePath(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("repotest: module path: %w", err)
	}
	match := moduleLine.FindSubmatch(data)
	if match == nil {
		return "", fmt.Errorf("repotest: %s has no module line", filepath.Join(dir, "go.mod"))
	}
	return string(match[1]), nil
}

// sorted returns the findings ordered by place, then text, each once.
func sorted(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(findings)
}
