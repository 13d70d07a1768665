// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// addedMark is put after a cell whose server has the capability only through
// code of ours.
const addedMark = "*"

// text returns the matrix as a table for a terminal, with its total and its
// notes.
func (m *matrix) text() string {
	lines := [][]string{{"capability"}}
	for _, column := range m.columns {
		lines[0] = append(lines[0], column.title())
	}
	for _, r := range m.rows {
		line := []string{r.group + ": " + r.name}
		for _, column := range m.columns {
			line = append(line, m.cellText(r, column))
		}
		lines = append(lines, line)
	}
	text := align(lines) + fmt.Sprintf("%d capabilities, %d servers: %d passed, %d failed, %d n/a\n",
		len(m.rows), len(m.columns), m.count(passed), m.count(failed)+m.count(notRun), m.count(notApplicable))
	for _, column := range m.columns {
		if added := m.added(column); added != "" {
			text += addedMark + " " + column.name + " has it through code of ours: " + added + "\n"
		}
	}
	return text
}

// added lists what a server has only through code of ours, in the order of the
// rows.
func (m *matrix) added(column *server) string {
	var list []string
	for _, r := range m.rows {
		if what := r.added[column.key]; what != "" && !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	return strings.Join(list, "; ")
}

func (m *matrix) cellText(r row, column *server) string {
	text := m.cell(r, column).String()
	if reason := r.without[column.key]; reason != "" {
		return text + ": " + reason
	}
	if r.added[column.key] != "" {
		text += addedMark
	}
	return text
}

// align pads the cells to the width of their column, and rules off the head and
// the total.
func align(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	var text strings.Builder
	for _, line := range slices.Concat(lines[:1], [][]string{rule}, lines[1:], [][]string{rule}) {
		padded := ""
		for i, cell := range line {
			padded += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
		}
		text.WriteString(strings.TrimRight(padded, " ") + "\n")
	}
	return text.String()
}
