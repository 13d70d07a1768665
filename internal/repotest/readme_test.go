// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package repotest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/repotest"
)

const exampleSource = `package leaf_test

// Output: not this one
func ExampleNew() {
	// Say what.
	for range 2 {
		fmt.Println("a")
	}

	// Output:
	// a
	// a
}

func ExampleOld() {
	fmt.Println(1)
	// Unordered output: 1
}
`

const (
	markerNew = "<!-- example: leaf/a_test.go ExampleNew -->\n"
	markerOld = "<!-- example: leaf/a_test.go ExampleOld -->\n"
	blockNew  = "```go\n// Say what.\nfor range 2 {\n\tfmt.Println(\"a\")\n}\n```\n"
	blockOld  = "```go\nfmt.Println(1)\n```\n"
	blockSh   = "```sh\ngo test work\n```\n"
)

func TestCheckSnippets(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		readme string
		want   []string
	}{
		"equal":           {readme: "# T\n\n" + markerNew + blockNew + blockSh + "\n" + markerOld + "\n" + blockOld},
		"no marker":       {readme: "# T\n\n" + blockOld, want: []string{"README.md:3: a ```go block needs its Example"}},
		"text in between": {readme: markerOld + "Text.\n" + blockOld, want: []string{"README.md:3: a ```go block needs its Example"}},
		"marker used up": {
			readme: markerOld + blockOld + blockOld,
			want:   []string{"README.md:5: a ```go block needs its Example"},
		},
		"differs": {
			readme: markerOld + "```go\nfmt.Println(2)\n```\n",
			want: []string{"README.md:2: differs from " + strings.TrimSpace(markerOld) +
				" (- the Example, + the README):\n- fmt.Println(1)\n+ fmt.Println(2)\nrun " + repotest.UpdateCommand},
		},
		"no such file": {
			readme: "<!-- example: gone_test.go ExampleNew -->\n" + blockNew,
			want:   []string{"README.md:2: no such file: gone_test.go"},
		},
		"no such example": {
			readme: "<!-- example: leaf/a_test.go ExampleGone -->\n" + blockNew,
			want:   []string{"README.md:2: a_test.go has no ExampleGone"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			root := plant(t, map[string]string{"README.md": test.readme, "leaf/a_test.go": exampleSource})
			findings, err := repotest.CheckSnippets(root)
			requireFindings(t, findings, err, test.want...)
		})
	}
}

func TestUpdateSnippets(t *testing.T) {
	t.Parallel()

	empty := "```go\n```\n"
	root := plant(t, map[string]string{
		"README.md":      "# T\n\n" + markerNew + empty + "\nText.\n" + blockSh + markerOld + "```go\nold()\nold()\n```\nEnd.\n",
		"leaf/a_test.go": exampleSource,
	})
	require.NoError(t, repotest.UpdateSnippets(root))
	assert.Equal(t, "# T\n\n"+markerNew+blockNew+"\nText.\n"+blockSh+markerOld+blockOld+"End.\n", read(t, root, "README.md"))

	findings, err := repotest.CheckSnippets(root)
	requireFindings(t, findings, err)

	write(t, root, "README.md", blockOld)
	assert.ErrorContains(t, repotest.UpdateSnippets(root), "README.md:1: a ```go block needs its Example")
}

func TestCheckLinks(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		readme string
		want   []string
	}{
		"all there": {readme: "# The `Top` page, v2\n\n[a](leaf/a_test.go) [b](leaf/#x 'title') [c](https://example.com/x) [d](#the-top-page-v2)\n" +
			"`tokenclient/x.go` `x.go` `application/json` `luikyv/go-oidc` `go test work` `resp.Field`\n\n[ref]: <leaf>\n```sh\n[x](gone)\n```\n"},
		"link":           {readme: "See\n[a](gone.md#part).\n", want: []string{"README.md:2: links to gone.md#part, which does not exist"}},
		"reference":      {readme: "[a]: docs/gone\n", want: []string{"README.md:1: links to docs/gone"}},
		"picture":        {readme: "![a](gone.png)\n", want: []string{"README.md:1: links to gone.png"}},
		"anchor":         {readme: "# Here\n[a](#there)\n", want: []string{"README.md:2: no heading has the anchor #there"}},
		"folder of ours": {readme: "`internal/gone`\n", want: []string{"README.md:1: names internal/gone, which does not exist"}},
		"file anywhere":  {readme: "`gone.go` and `some/gone.md`\n", want: []string{"README.md:1: names gone.go", "README.md:1: names some/gone.md"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			root := plant(t, map[string]string{"README.md": test.readme, "leaf/a_test.go": "", "tokenclient/x.go": ""})
			findings, err := repotest.CheckLinks(root)
			requireFindings(t, findings, err, test.want...)
		})
	}
}
