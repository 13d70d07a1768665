// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// surfaceDir holds one file per public package, relative to the root.
const surfaceDir = "testdata/api"

// Surface returns what the root module exports: for each public package the name of its file in
// testdata/api and its text, one line per feature, sorted, in the manner of the api/*.txt files of Go.
// Names of parameters are left out, since changing them breaks nobody.
func Surface(root string) (map[string]string, []Finding, error) {
	packages, findings, err := publicPackages(root)
	if err != nil {
		return nil, nil, err
	}
	surface := map[string]string{}
	for _, pkg := range packages {
		name := strings.ReplaceAll(pkg.dir, "/", "-") + ".txt"
		surface[name] = strings.Join(features(pkg), "\n") + "\n"
	}
	return surface, findings, nil
}

// CheckSurface compares what is exported with testdata/api.
func CheckSurface(root string) ([]Finding, error) {
	got, findings, err := Surface(root)
	if err != nil {
		return nil, err
	}
	want, err := readSurface(root)
	if err != nil {
		return nil, err
	}
	for name, text := range got {
		if _, ok := want[name]; !ok {
			findings = append(findings, Finding{surfaceDir + "/" + name, "is missing; run " + UpdateCommand})
		} else if diff := lineDiff(want[name], text); diff != "" {
			findings = append(findings, Finding{
				surfaceDir + "/" + name,
				"the exported surface changed:\n" + diff + "if that is meant, run " + UpdateCommand,
			})
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			findings = append(findings, Finding{surfaceDir + "/" + name, "belongs to no package; run " + UpdateCommand})
		}
	}
	return sorted(findings), nil
}

// UpdateSurface rewrites testdata/api, and removes files there that belong to no package.
// It changes nothing if a package does not parse.
func UpdateSurface(root string) error {
	got, findings, err := Surface(root)
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return fmt.Errorf("repotest: update the surface: %s", findings[0])
	}
	old, err := readSurface(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, filepath.FromSlash(surfaceDir))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("repotest: update the surface: %w", err)
	}
	for name, text := range got {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("repotest: update the surface: %w", err)
		}
		delete(old, name)
	}
	for name := range old {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("repotest: update the surface: %w", err)
		}
	}
	return nil
}

// readSurface returns the files of testdata/api by name.
func readSurface(root string) (map[string]string, error) {
	dir := filepath.Join(root, filepath.FromSlash(surfaceDir))
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("repotest: read the surface: %w", err)
	}
	surface := map[string]string{}
	for _, entry := range entries {
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".txt") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("repotest: read the surface: %w", err)
		}
		surface[entry.Name()] = string(data)
	}
	return surface, nil
}

// lineDiff returns the lines that only one of two texts has: "- " those of want, "+ " those of got.
// Texts that have the same lines in another order differ too, and say so.
func lineDiff(want, got string) string {
	if want == got {
		return ""
	}
	wanted, gotten := strings.Split(want, "\n"), strings.Split(got, "\n")
	var diff strings.Builder
	for _, line := range wanted {
		if !slices.Contains(gotten, line) {
			diff.WriteString("- " + line + "\n")
		}
	}
	for _, line := range gotten {
		if !slices.Contains(wanted, line) {
			diff.WriteString("+ " + line + "\n")
		}
	}
	if diff.Len() == 0 {
		return "the lines are the same, but not their order or number\n"
	}
	return diff.String()
}
