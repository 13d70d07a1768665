// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

const surfaceSource = `// Package leaf is a fixture.
package leaf

import (
	"context"
	"io"
	"net/url"
	"time"

	"golang.org/x/absent"
)

type Kind int

const (
	First Kind = iota
	Second
	hidden
)

const (
	Name           = "a \"name\""
	Limit    int64 = 1 << 20
	Interval       = 5 * time.Second
)

type Code string

const ErrBad Code = "bad"

func (c Code) Error() string { return string(c) }

var Default, other = Kind(1), 2

type base struct {
	Shared string
	secret string
}

func (b *base) Reach() bool { return b.secret != "" }

type Config struct {
	base
	*url.URL
	Clock, Timer func(now time.Time, _ ...int) (then time.Time, err error)
	Auth         struct{ ID string }
	Trace        map[string][]*Kind ` + "`json:\"trace\"`" + `
	private      int
}

type Store interface {
	io.Closer
	Load(ctx context.Context, key string) (value []byte, err error)
	seal()
}

type List[K comparable, V any] struct{ Items map[K]V }

func (l *List[K, V]) Get(key K) (V, bool) { v, ok := l.Items[key]; return v, ok }

type Alias = absent.Thing

func New(ctx context.Context, config Config) (*List[string, Kind], error) { return nil, nil }

func Map[T, U any](in []T, f func(T) U) []U { return nil }

type unreachable struct{ Field int }

func (unreachable) Method() {}

func helper() {}
`

const surfaceText = `pkg top/leaf, const ErrBad Code = "bad"
pkg top/leaf, const First Kind = 0
pkg top/leaf, const Interval = 5 * time.Second
pkg top/leaf, const Limit int64 = 1048576
pkg top/leaf, const Name string = "a \"name\""
pkg top/leaf, const Second Kind = 1
pkg top/leaf, func Map[T any, U any]([]T, func(T) U) []U
pkg top/leaf, func New(context.Context, Config) (*List[string, Kind], error)
pkg top/leaf, method (*List[K, V]) Get(K) (V, bool)
pkg top/leaf, method (*base) Reach() bool
pkg top/leaf, method (Code) Error() string
pkg top/leaf, type Alias = absent.Thing
pkg top/leaf, type Code string
pkg top/leaf, type Config struct
pkg top/leaf, type Config struct, Auth struct{ID string}
pkg top/leaf, type Config struct, Clock func(time.Time, ...int) (time.Time, error)
pkg top/leaf, type Config struct, Timer func(time.Time, ...int) (time.Time, error)
pkg top/leaf, type Config struct, Trace map[string][]*Kind
pkg top/leaf, type Config struct, embedded *url.URL
pkg top/leaf, type Config struct, embedded base
pkg top/leaf, type Kind int
pkg top/leaf, type List[K comparable, V any] struct
pkg top/leaf, type List[K comparable, V any] struct, Items map[K]V
pkg top/leaf, type Store interface
pkg top/leaf, type Store interface, Load(context.Context, string) ([]byte, error)
pkg top/leaf, type Store interface, embedded io.Closer
pkg top/leaf, type Store interface, unexported methods
pkg top/leaf, type base struct
pkg top/leaf, type base struct, Shared string
pkg top/leaf, var Default Kind = Kind(1)
`

func TestSurface(t *testing.T) {
	t.Parallel()

	root := plant(t, map[string]string{
		"top/leaf/a.go":       surfaceSource,
		"top/leaf/a_test.go":  "package leaf\n\nfunc TestOnly() {}\n",
		"internal/hid/a.go":   "package hid\n\nfunc Hidden() {}\n",
		"top/internal/h/a.go": "package h\n\nfunc Hidden() {}\n",
		"cmd/a.go":            "package main\n\nfunc Exported() {}\n",
		"nested/go.mod":       "module example.com/m/nested\n",
		"nested/a.go":         "package nested\n\nfunc Nested() {}\n",
	})
	surface, findings, err := repotest.Surface(root)
	requireFindings(t, findings, err)
	require.Len(t, surface, 1)
	assert.Equal(t, surfaceText, surface["top-leaf.txt"])
}

func TestCheckSurface(t *testing.T) {
	t.Parallel()

	root := plant(t, map[string]string{"leaf/a.go": "package leaf\n\nfunc Old(a int) {}\n\nfunc Same() {}\n"})
	findings, err := repotest.CheckSurface(root)
	requireFindings(t, findings, err, "testdata/api/leaf.txt: is missing; run "+repotest.UpdateCommand)

	require.NoError(t, repotest.UpdateSurface(root))
	assert.Equal(t, "pkg leaf, func Old(int)\npkg leaf, func Same()\n", read(t, root, "testdata/api/leaf.txt"))
	findings, err = repotest.CheckSurface(root)
	requireFindings(t, findings, err)

	write(t, root, "leaf/a.go", "package leaf\n\nfunc Old(a string) {}\n\nfunc Same() {}\n")
	findings, err = repotest.CheckSurface(root)
	requireFindings(t, findings, err, "testdata/api/leaf.txt: the exported surface changed:\n"+
		"- pkg leaf, func Old(int)\n+ pkg leaf, func Old(string)\nif that is meant, run "+repotest.UpdateCommand)

	write(t, root, "leaf/a.go", "package leaf\n\nfunc Old(\n")
	assert.ErrorContains(t, repotest.UpdateSurface(root), "does not parse")
	findings, err = repotest.CheckSurface(root)
	requireFindings(t, findings, err,
		"leaf/a.go: does not parse", "testdata/api/leaf.txt: belongs to no package")

	write(t, root, "leaf/a.go", "package leaf\n")
	write(t, root, "testdata/api/gone.txt", "pkg gone, func Gone()\n")
	require.NoError(t, repotest.UpdateSurface(root))
	assert.NoFileExists(t, root+"/testdata/api/gone.txt")
}
