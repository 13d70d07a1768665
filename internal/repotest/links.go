// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var (
	markdownLink  = regexp.MustCompile(`\]\(\s*([^)\s]+)[^)]*\)`)
	referenceLink = regexp.MustCompile(`^\s*\[[^\]]+\]:\s*(\S+)`)
	codeSpan      = regexp.MustCompile("`([^`]+)`")
	plainPath     = regexp.MustCompile(`^(\./)?[\w.-]+(/[\w.-]+)*/?$`)
	fileName      = regexp.MustCompile(`^([\w.-]+\.(go|md|mod|sum|work|txt|json|yml|yaml|sh|js|html)|Makefile|LICENSE)$`)
	notInAnchor   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// CheckLinks finds links of README.md, within the repository, that lead nowhere, and names of files
// and folders in `code` that do not exist. A name without a folder may be that of a file anywhere.
func CheckLinks(root string) ([]Finding, error) {
	lines, err := readmeLines(root)
	if err != nil {
		return nil, err
	}
	base := map[string]bool{}
	if err := walk(root, true, func(rel string) { base[path.Base(rel)] = true }); err != nil {
		return nil, err
	}
	lines = withoutBlocks(lines)
	anchors := headings(lines)
	var findings []Finding
	for i, line := range lines {
		where := fmt.Sprintf("README.md:%d", i+1)
		for _, target := range linkTargets(line) {
			if anchor, ok := strings.CutPrefix(target, "#"); ok && !slices.Contains(anchors, anchor) {
				findings = append(findings, Finding{where, "no heading has the anchor #" + anchor})
			} else if file, _, _ := strings.Cut(target, "#"); !ok && !exists(root, file) {
				findings = append(findings, Finding{where, "links to " + target + ", which does not exist"})
			}
		}
		for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
			if name := span[1]; isMention(name) && !exists(root, name) && !base[name] {
				findings = append(findings, Finding{where, "names " + name + ", which does not exist"})
			}
		}
	}
	return sorted(findings), nil
}

// withoutBlocks returns the lines with those of fenced blocks emptied.
func withoutBlocks(lines []string) []string {
	open := false
	kept := make([]string, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			open = !open
		} else if !open {
			kept[i] = line
		}
	}
	return kept
}

// linkTargets returns where the links of a line lead within the repository.
func linkTargets(line string) []string {
	var targets []string
	matches := append(markdownLink.FindAllStringSubmatch(line, -1), referenceLink.FindAllStringSubmatch(line, -1)...)
	for _, match := range matches {
		target := strings.Trim(match[1], "<>")
		if !strings.Contains(target, "://") && !strings.HasPrefix(target, "mailto:") {
			targets = append(targets, target)
		}
	}
	return targets
}

// headings returns the anchors of the headings, as GitHub makes them.
func headings(lines []string) []string {
	var anchors []string
	for _, line := range lines {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			anchor := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	return anchors
}

// isMention tells whether code in the README is the name of a file or folder of ours.
func isMention(code string) bool {
	if !plainPath.MatchString(code) {
		return false
	}
	first, _, deep := strings.Cut(strings.TrimPrefix(code, "./"), "/")
	if deep && slices.Contains(topFolders(), first) {
		return true
	}
	return fileName.MatchString(path.Base(code))
}

func exists(root, rel string) bool {
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(rel)))
	return err == nil
}
