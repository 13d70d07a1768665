// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the part of README.md that tells what was verified")

// printed is the matrix, for TestMain: what a test logs comes before the list of
// its subtests.
var printed strings.Builder

func TestMain(m *testing.M) {
	flag.Parse()
	// Cells wait for the clock more than for a processor; by default there would be
	// one for each processor.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	fmt.Print(printed.String())
	os.Exit(code)
}

// row is one capability.
type row struct {
	group, name string

	// check fails the test if the server and the client do not get on. It may run
	// at the same time as all the others.
	check func(t *testing.T, s *server)

	// alone makes it run before the others, which would disturb it.
	alone bool

	// without says why a server, by its key, cannot be asked. All other servers
	// are.
	without map[string]string

	// added says that a server, by its key, has this only through code of ours.
	added map[string]string
}

func rows() []row {
	return slices.Concat(
		discoveryRows(), keyRows(), authenticationRows(), credentialsRefusedRows(), passwordRows(),
		codeRows(), codeRefusedRows(), authorizeRows(), pushedRows(), refreshRows(), deviceRows(),
		backchannelRows(), exchangeRows(), customRows(), introspectionRows(), revocationRows(),
		userInfoRows(), registrationRows(), logoutRows(),
		assertionRows(), tlsRows(), dpopRows(), fapiRows(), transportRows(),
	)
}

// outcome is what a cell can be. The zero value is that of a cell that never ran.
type outcome int

const (
	notRun outcome = iota
	passed
	failed
	notApplicable
)

func (o outcome) String() string {
	return [...]string{"FAILED: not run", "passed", "FAILED", "n/a"}[o]
}

// matrix is what came out. The rows of a run are added at its start, so that a
// cell that never ran is there as well.
type matrix struct {
	columns []*server
	rows    []row

	mu    sync.Mutex
	cells map[string]outcome // by cellName
}

func cellName(r row, column *server) string { return r.group + "/" + r.name + "/" + column.key }

func (m *matrix) set(r row, column *server, o outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cells[cellName(r, column)] = o
}

func (m *matrix) cell(r row, column *server) outcome {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cells[cellName(r, column)]
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	m := &matrix{columns: startAll(t), rows: rows(), cells: map[string]outcome{}}
	checkDefinition(t, m)

	for _, alone := range []bool{true, false} {
		t.Run(map[bool]string{true: "alone", false: "together"}[alone], func(t *testing.T) {
			for _, r := range m.rows {
				if r.alone == alone {
					m.run(t, r)
				}
			}
		})
	}

	printed.WriteString("\n" + m.text() + "\n")
	if bad := m.count(failed) + m.count(notRun); bad > 0 {
		t.Errorf("%d cells failed: see the matrix", bad)
		return
	}
	checkReadme(t, m)
}

// checkDefinition finds rows that would hide each other, and exceptions for
// servers that do not exist.
func checkDefinition(t *testing.T, m *matrix) {
	t.Helper()
	known, names := map[string]bool{}, map[string]bool{}
	for _, column := range m.columns {
		known[column.key] = true
	}
	for _, r := range m.rows {
		if name := r.group + "/" + r.name; names[name] {
			t.Errorf("two rows are named %s", name)
		}
		names[r.group+"/"+r.name] = true
		for _, exceptions := range []map[string]string{r.without, r.added} {
			for key, reason := range exceptions {
				if !known[key] || reason == "" {
					t.Errorf("%s: an exception needs a server and a reason: %q: %q", r.name, key, reason)
				}
			}
		}
		if len(r.without) == len(m.columns) {
			t.Errorf("%s: no server has it", r.name)
		}
	}
}

// run fills the cells of a row.
func (m *matrix) run(t *testing.T, r row) {
	t.Helper()
	for _, column := range m.columns {
		if r.without[column.key] != "" {
			m.set(r, column, notApplicable)
			continue
		}
		t.Run(r.group+": "+r.name+"/"+column.key, func(t *testing.T) {
			if !r.alone {
				t.Parallel()
			}
			t.Cleanup(func() {
				if t.Skipped() {
					t.Error("a cell may not be skipped: name a reason in the row")
				}
				if t.Failed() {
					m.set(r, column, failed)
					return
				}
				m.set(r, column, passed)
			})
			defer func() {
				if cause := recover(); cause != nil { // the other cells count as well
					t.Errorf("panic: %v\n%s", cause, debug.Stack())
				}
			}()
			r.check(t, column)
		})
	}
}

func (m *matrix) count(o outcome) int {
	count := 0
	for _, r := range m.rows {
		for _, column := range m.columns {
			if m.cell(r, column) == o {
				count++
			}
		}
	}
	return count
}
