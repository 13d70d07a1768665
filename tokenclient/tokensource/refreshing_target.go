// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Target says what an access token is for, of all that the user has granted. The
// zero Target asks for nothing in particular and gets what the server thinks
// right, which is what the login has brought. Two Targets are the same when they
// ask for the same scopes and resources, in any order, and the same parameters.
//
// A Target is stored with its token and printed: it is no place for secrets.
type Target struct {
	// Scope is what to ask for, separated by spaces: at most what was granted.
	// Optional.
	Scope string
	// Resource are the APIs that the token is for, as absolute URIs (RFC 8707).
	// Optional.
	Resource []string
	// Parameters are sent besides, for servers that have their own way to name an
	// API. Optional.
	Parameters url.Values
}

// normal returns a Target of its own with everything in its order.
func (t Target) normal() Target {
	n := Target{Scope: strings.Join(sortedSet(strings.Fields(t.Scope)), " "), Resource: sortedSet(t.Resource)}
	for name, values := range t.Parameters {
		if len(values) == 0 {
			continue
		}
		if n.Parameters == nil {
			n.Parameters = url.Values{}
		}
		n.Parameters[name] = slices.Clone(values)
	}
	return n
}

func sortedSet(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// key tells Targets apart. Quoted texts cannot run into each other.
func (t Target) key() string {
	if t.Scope == "" && len(t.Resource) == 0 && len(t.Parameters) == 0 {
		return ""
	}
	n := t.normal()
	key := strconv.AppendQuote(nil, n.Scope)
	for _, resource := range n.Resource {
		key = strconv.AppendQuote(append(key, " r"...), resource)
	}
	names := make([]string, 0, len(n.Parameters))
	for name := range n.Parameters {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key = strconv.AppendQuote(append(key, " p"...), name)
		for _, value := range n.Parameters[name] {
			key = strconv.AppendQuote(append(key, '='), value)
		}
	}
	if string(key) == `""` {
		return ""
	}
	return string(key)
}
