// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Edges says what one package may import besides the standard library, in files that are not tests.
type Edges struct {
	// Ours are directories of this repository.
	Ours []string
	// Others are paths of modules, which stand for all their packages.
	Others []string
}

const (
	gjson         = "github.com/tidwall/gjson"
	goJose        = "github.com/go-jose/go-jose/v4"
	retryablehttp = "github.com/hashicorp/go-retryablehttp"
)

// House returns the import edges of the root module, package by package. It is the table of
// architecture.md ("The house") as data: change both together. A package that is not here fails.
func House() map[string]Edges {
	return map[string]Edges{
		"internal/challenge":   {},
		"internal/faultserver": {}, // for tests: no package below may import it
		"internal/repotest":    {}, // for tests: no package below may import it
		"internal/jsonfield":   {Others: []string{gjson}},
		"internal/jose":        {Others: []string{goJose}},
		"internal/httpcall":    {Ours: []string{"internal/challenge"}, Others: []string{retryablehttp}},

		"tokenclient/tokentest":  {},
		"tokenclient/clientauth": {Ours: []string{"internal/jose"}},
		"tokenclient/dpop":       {Ours: []string{"internal/jose"}},
		"discovery": {
			Ours:   []string{"internal/httpcall", "internal/jsonfield", "internal/jose"},
			Others: []string{gjson},
		},
		"tokenclient": {
			Ours: []string{
				"discovery", "tokenclient/clientauth", "tokenclient/dpop",
				"internal/challenge", "internal/httpcall", "internal/jose", "internal/jsonfield",
			},
			Others: []string{gjson}, // JSON and Field return gjson.Result
		},
		"tokenclient/tokensource":           {Ours: []string{"tokenclient", "tokenclient/dpop", "internal/challenge"}},
		"tokenclient/tokensource/storetest": {Ours: []string{"tokenclient", "tokenclient/tokensource"}},
	}
}

// TestModules returns the modules that files ending in _test.go may import beside those of their package.
func TestModules() []string {
	return []string{"github.com/stretchr/testify", "github.com/jarcoal/httpmock", gjson, goJose, retryablehttp}
}

// CheckImports finds imports in the root module at root that house does not allow.
// Tests may import any package of ours, but no module beyond [TestModules].
func CheckImports(root string, house map[string]Edges) ([]Finding, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	files, err := goFiles(root, false)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, file := range files {
		edges, known := house[path.Dir(file)]
		if !known && !isTest(file) {
			findings = append(findings, Finding{
				path.Dir(file),
				"is a package that the edge table does not know: add it to the table (internal/repotest/imports.go) and to architecture.md",
			})
			continue
		}
		bad, err := badImports(root, module, file, edges)
		if err != nil {
			findings = append(findings, Finding{file, "does not parse: " + err.Error()})
		}
		findings = append(findings, bad...)
	}
	return sorted(findings), nil
}

// badImports returns the imports of one file that edges do not allow.
func badImports(root, module, file string, edges Edges) ([]Finding, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, filepath.Join(root, filepath.FromSlash(file)), nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, spec := range tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if what := refusal(module, file, imported, edges); what != "" {
			where := file + ":" + strconv.Itoa(fset.Position(spec.Pos()).Line)
			findings = append(findings, Finding{where, what})
		}
	}
	return findings, nil
}

// refusal says why file must not import a package; the empty string allows it.
func refusal(module, file, imported string, edges Edges) string {
	pkg := path.Dir(file)
	first, _, _ := strings.Cut(imported, "/")
	switch ours, isOurs := strings.CutPrefix(imported, module+"/"); {
	case imported == module:
		return "imports the root of the module, which has no package"
	case isOurs && !isTest(file) && !slices.Contains(edges.Ours, ours):
		return pkg + " must not import " + ours + ": the edge table (internal/repotest/imports.go, architecture.md) does not have it"
	case isOurs || !strings.Contains(first, "."): // ours and allowed, or the standard library
		return ""
	case inModules(imported, edges.Others), isTest(file) && inModules(imported, TestModules()):
		return ""
	case inModules(imported, TestModules()):
		return pkg + " must not import " + imported + ": it belongs to other packages, or to tests"
	default:
		return pkg + " must not import " + imported + ": not a dependency of this module (a nested module may have it)"
	}
}

// inModules tells whether a package belongs to one of the modules.
func inModules(imported string, modules []string) bool {
	return slices.ContainsFunc(modules, func(module string) bool {
		return imported == module || strings.HasPrefix(imported, module+"/")
	})
}
