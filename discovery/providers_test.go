// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

var update = flag.Bool("update", false, "rewrite the table of providers in README.md")

const fixtures = "../testdata/discovery"

// provider is one published document, and what is expected of it.
type provider struct {
	name     string
	address  string   // what Fetch or FetchResource is called with
	document string   // where the provider has it; empty: at the OpenID address
	resource bool     // it is about an API
	refused  []string // by the default policy: rule: members
	policy   discovery.Policy
}

// tell says which rules an error is about, with the members that break each.
func tell(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	found := failure(t, err)
	require.NotEmpty(t, found.Violations, err.Error())
	var list []string
	for _, violation := range found.Violations {
		rule := string(violation.Rule)
		at := slices.IndexFunc(list, func(line string) bool { return strings.HasPrefix(line, rule+": ") })
		if at < 0 {
			list = append(list, rule+": "+violation.Member)
		} else {
			list[at] += " " + violation.Member
		}
	}
	return list
}

// fetch returns the error, or none, of the provider's document at its address.
func (p provider) fetch(t *testing.T, file string, policy discovery.Policy) error {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(fixtures, file))
	require.NoError(t, err)
	at := p.document
	if at == "" {
		at = strings.TrimSuffix(p.address, "/") + openIDPath
	}
	network := &fake{documents: map[string]string{at: string(body)}}
	options := discovery.Options{HTTPClient: network.client(), Policy: policy}
	if p.resource {
		_, err = discovery.FetchResource(t.Context(), p.address, options)
		return err
	}
	got, err := discovery.Fetch(t.Context(), p.address, options)
	if err == nil {
		assert.Equal(t, string(body), got.Raw())
		assert.Empty(t, got.Ignored)
	}
	return err
}

func TestProviders(t *testing.T) {
	t.Parallel()
	table := providers()
	for file, p := range table {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, p.refused, tell(t, p.fetch(t, file, discovery.Policy{})))
			require.NoError(t, p.fetch(t, file, p.policy), "with the relaxations")
			for name, less := range p.lessRelaxed() {
				assert.Error(t, p.fetch(t, file, less), "usable without %s", name)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(fixtures, "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		assert.Contains(t, table, filepath.Base(file), "a document that nothing is expected of")
	}
}

// lessRelaxed returns the policy without each of its relaxations: none is there
// for nothing.
func (p provider) lessRelaxed() map[string]discovery.Policy {
	less := map[string]discovery.Policy{}
	add := func(name string, set bool, change func(*discovery.Policy)) {
		if set {
			policy := p.policy
			change(&policy)
			less[name] = policy
		}
	}
	add("Issuer", p.policy.Issuer != "", func(p *discovery.Policy) { p.Issuer = "" })
	add("ExpectedIssuer", p.policy.ExpectedIssuer != nil, func(p *discovery.Policy) { p.ExpectedIssuer = nil })
	add("IgnoreTrailingSlash", p.policy.IgnoreTrailingSlash, func(p *discovery.Policy) { p.IgnoreTrailingSlash = false })
	add("AllowHTTP", p.policy.AllowHTTP, func(p *discovery.Policy) { p.AllowHTTP = false })
	add("AllowNoKeySet", p.policy.AllowNoKeySet, func(p *discovery.Policy) { p.AllowNoKeySet = false })
	for i, base := range p.policy.AdditionalBaseAddresses {
		add(base, true, func(p *discovery.Policy) {
			p.AdditionalBaseAddresses = slices.Delete(slices.Clone(p.AdditionalBaseAddresses), i, i+1)
		})
	}
	for i, member := range p.policy.Exclude {
		add(member, true, func(p *discovery.Policy) { p.Exclude = slices.Delete(slices.Clone(p.Exclude), i, i+1) })
	}
	return less
}

const (
	tableBegin = "<!-- providers: begin -->\n"
	tableEnd   = "<!-- providers: end -->"
)

// TestProvidersInREADME compares the table there with the one here; -update
// rewrites it.
func TestProvidersInREADME(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(readme), tableBegin)
	require.True(t, ok, "the markers")
	old, after, ok := strings.Cut(rest, tableEnd)
	require.True(t, ok, "the markers")
	var table strings.Builder
	table.WriteString("| provider | default policy | usable with |\n|---|---|---|\n")
	all := providers()
	for _, file := range sortedByName(all) {
		p := all[file]
		fmt.Fprintf(&table, "| %s | %s | %s |\n", p.name, p.verdict(), p.remedy())
	}
	if *update {
		require.NoError(t, os.WriteFile("../README.md", []byte(before+tableBegin+table.String()+tableEnd+after), 0o600))
		return
	}
	assert.Equal(t, table.String(), old, "run go test ./discovery -update")
}

func sortedByName(all map[string]provider) []string {
	var files []string
	for file := range all {
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b string) int {
		return strings.Compare(strings.ToLower(all[a].name)+a, strings.ToLower(all[b].name)+b)
	})
	return files
}

// verdict is what the default policy says, in short.
func (p provider) verdict() string {
	var list []string
	for _, line := range p.refused {
		rule, members, _ := strings.Cut(line, ": ")
		names := strings.Fields(members)
		switch discovery.Rule(rule) {
		case discovery.RuleIssuerMissing:
			list = append(list, "no issuer")
		case discovery.RuleIssuerMismatch:
			list = append(list, "another issuer")
		case discovery.RuleKeySetMissing:
			list = append(list, "no `jwks_uri`")
		case discovery.RuleEndpointHost:
			list = append(list, short(names)+" on another host")
		case discovery.RuleEndpointBase:
			list = append(list, short(names)+" not under the issuer")
		case discovery.RuleEndpointNotHTTPS:
			list = append(list, short(names)+" without https")
		case discovery.RuleEndpointMalformed:
			list = append(list, short(names)+" malformed")
		}
	}
	if len(list) == 0 {
		return "ok"
	}
	return strings.Join(list, "; ")
}

// short names members, or counts them when they are many.
func short(members []string) string {
	if len(members) > 2 {
		return fmt.Sprint(len(members), " endpoints")
	}
	return "`" + strings.Join(members, "`, `") + "`"
}

// remedy is what makes the document usable, as code.
func (p provider) remedy() string {
	var list []string
	add := func(set bool, text string) {
		if set {
			list = append(list, text)
		}
	}
	quoted := func(field string, texts []string) string {
		return "`" + field + `: {"` + strings.Join(texts, `", "`) + "\"}`"
	}
	add(p.policy.Issuer != "", fmt.Sprintf("`Issuer: %q`", p.policy.Issuer))
	add(p.policy.ExpectedIssuer != nil, "`ExpectedIssuer`")
	add(p.policy.IgnoreTrailingSlash, "`IgnoreTrailingSlash`")
	add(p.policy.AllowHTTP, "`AllowHTTP`")
	add(p.policy.AllowNoKeySet, "`AllowNoKeySet`")
	add(len(p.policy.AdditionalBaseAddresses) > 0, quoted("AdditionalBaseAddresses", p.policy.AdditionalBaseAddresses))
	add(len(p.policy.Exclude) > 0, quoted("Exclude", p.policy.Exclude))
	add(strings.HasSuffix(p.address, "/"), "address with the slash at the end")
	add(strings.Contains(p.address, "?"), "address with the query")
	if len(list) == 0 {
		return "–"
	}
	return strings.Join(list, ", ")
}
