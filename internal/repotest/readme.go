// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	exampleMarker = regexp.MustCompile(`^<!-- example: (\S+_test\.go) (Example\w*) -->$`)
	outputComment = regexp.MustCompile(`(?i)^//\s*(unordered )?output:`)
)

// snippet is one ```go block of a Markdown text; lines count from 0.
type snippet struct {
	marker     string // the text of the line before the block that is not empty
	start, end int    // the first line of the code, and the line of the closing fence
}

// CheckSnippets finds ```go blocks of README.md that are not the body of an Example.
// A block names its Example in a comment before it: <!-- example: path/to/file_test.go ExampleName -->.
func CheckSnippets(root string) ([]Finding, error) {
	lines, err := readmeLines(root)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, found := range snippets(lines) {
		where := fmt.Sprintf("README.md:%d", found.start)
		want, err := snippetSource(root, found)
		if err != nil {
			findings = append(findings, Finding{where, err.Error()})
			continue
		}
		got := strings.Join(lines[found.start:found.end], "\n")
		if diff := lineDiff(want, got); diff != "" {
			findings = append(findings, Finding{
				where,
				"differs from " + found.marker + " (- the Example, + the README):\n" + diff + "run " + UpdateCommand,
			})
		}
	}
	return sorted(findings), nil
}

// UpdateSnippets rewrites the ```go blocks of README.md from their Examples.
func UpdateSnippets(root string) error {
	lines, err := readmeLines(root)
	if err != nil {
		return err
	}
	var updated []string
	next := 0
	for _, found := range snippets(lines) {
		code, err := snippetSource(root, found)
		if err != nil {
			return fmt.Errorf("repotest: update README.md:%d: %w", found.start, err)
		}
		updated = append(append(updated, lines[next:found.start]...), code)
		next = found.end
	}
	text := strings.Join(append(updated, lines[next:]...), "\n")
	if text == strings.Join(lines, "\n") {
		return nil
	}
	if err := os.WriteFile(filepath.Join(root, "README.md"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("repotest: update README.md: %w", err)
	}
	return nil
}

func readmeLines(root string) ([]string, error) {
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return nil, fmt.Errorf("repotest: read README.md: %w", err)
	}
	return strings.Split(string(data), "\n"), nil
}

// snippets returns the ```go blocks in the lines.
func snippets(lines []string) []snippet {
	var list []snippet
	before, open, isGo := "", -1, false
	for i, line := range lines {
		text := strings.TrimSpace(line)
		fence := strings.HasPrefix(text, "```")
		switch {
		case fence && open < 0:
			open, isGo = i+1, text == "```go"
		case fence:
			if isGo {
				list = append(list, snippet{before, open, i})
			}
			open, before = -1, ""
		case open < 0 && text != "":
			before = text
		}
	}
	return list
}

// snippetSource returns the code that a block must hold.
func snippetSource(root string, found snippet) (string, error) {
	match := exampleMarker.FindStringSubmatch(found.marker)
	if match == nil {
		return "", errors.New("a ```go block needs its Example: <!-- example: path/to/file_test.go ExampleName --> on the line before")
	}
	return exampleBody(filepath.Join(root, filepath.FromSlash(match[1])), match[2])
}

// exampleBody returns the body of an Example: one tab less, and without the output comment at its end.
func exampleBody(file, name string) (string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("no such file: %s", filepath.Base(file))
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return "", fmt.Errorf("the file of %s does not parse: %w", name, err)
	}
	for _, decl := range tree.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok || function.Recv != nil || function.Name.Name != name || function.Body == nil {
			continue
		}
		end := function.Body.Rbrace
		for _, comment := range tree.Comments {
			inside := comment.Pos() > function.Body.Lbrace && comment.End() < function.Body.Rbrace
			if inside && outputComment.MatchString(comment.List[0].Text) {
				end = comment.Pos()
			}
		}
		body := string(source[fset.Position(function.Body.Lbrace).Offset+1 : fset.Position(end).Offset])
		return dedent(body), nil
	}
	return "", fmt.Errorf("%s has no %s", filepath.Base(file), name)
}

// dedent removes one tab from each line, and empty lines around the text.
func dedent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.TrimPrefix(line, "\t"), " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
