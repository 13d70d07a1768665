// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"testing"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

const documentedSource = `// Package leaf is a fixture.
package leaf

// T is documented.
type T struct {
	// A and B are documented.
	A, B int
	C int // C too.
	embedded
	hidden int
}

type embedded struct{ hidden int }

// M is documented.
func (T) M() {}

func (embedded) hide() {}

const (
	// One is documented.
	One = 1
	Two = 2 // Two too.
)

// Three is documented.
const Three = 3

type local struct{ Field int }

func (local) Method() {}
`

const bareSource = `package bare

type T struct {
	A, B int
	Inner struct {
		C int
	}
	base
}

type base struct{ D int }

func (*base) Reach() {}

type I interface {
	Do(a struct{ E int })
}

func (T) M() {}

func F() {}

// The group is documented, which is not enough.
const (
	One = 1
	two = 2
)

//go:fix inline
var V, w int

type (
	G int
)
`

func TestCheckDocs(t *testing.T) {
	t.Parallel()

	root := plant(t, map[string]string{
		"leaf/a.go":          documentedSource,
		"leaf/a_test.go":     "package leaf\n\nfunc Helper() {}\n",
		"internal/deep/a.go": "package deep\n\nfunc Deep() {}\n",
	})
	findings, err := repotest.CheckDocs(root)
	requireFindings(t, findings, err)

	findings, err = repotest.CheckDocs(plant(t, map[string]string{"bare/a.go": bareSource}))
	requireFindings(t, findings, err,
		"bare/a.go:11: base.D has no doc comment",
		"bare/a.go:13: method base.Reach",
		"bare/a.go:15: type I",
		"bare/a.go:16: I.Do",
		"bare/a.go:19: method T.M",
		"bare/a.go:21: func F",
		"bare/a.go:25: const One",
		"bare/a.go:30: var V",
		"bare/a.go:33: type G",
		"bare/a.go:3: type T",
		"bare/a.go:4: T.A",
		"bare/a.go:4: T.B",
		"bare/a.go:5: T.Inner",
		"bare/a.go:6: T.C",
		"bare: package bare has no package comment",
	)
}
