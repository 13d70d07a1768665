// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
)

// flags defines and reads the flags.
func flags() (options discovery.Options, resource bool, err error) {
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), "usage: go run -C examples ./discovery [flags] [address]\n\n"+
			"The address is an issuer, or the full address of a document. Without one it\n"+
			"is the embedded server. A list is separated by commas.\n\n")
		flag.PrintDefaults()
	}
	policy := &options.Policy
	flag.BoolVar(&resource, "resource", false, "the address is that of an API (RFC 9728), not of a server")
	flag.BoolVar(&policy.IgnoreTrailingSlash, "ignore-trailing-slash", false, "accept an issuer that differs by a slash at the end")
	flag.BoolVar(&policy.AllowNoKeySet, "allow-no-key-set", false, "accept a document without jwks_uri")
	flag.Func("additional-base", "more `addresses` under which endpoints may be", list(&policy.AdditionalBaseAddresses))
	flag.Func("exclude", "`members` that are not checked at all", list(&policy.Exclude))
	form := flag.String("form", "any", "where the document is: openid, oauth or any of the two")
	flag.Parse()

	forms := map[string]discovery.Form{"any": discovery.AnyForm, "openid": discovery.OpenIDForm, "oauth": discovery.OAuthForm}
	var known bool
	if options.Form, known = forms[*form]; !known {
		err = fmt.Errorf("-form must be openid, oauth or any, not %q", *form)
	}
	return options, resource, err
}

// list reads a list; the flag may repeat.
func list(all *[]string) func(string) error {
	return func(value string) error {
		for entry := range strings.SplitSeq(value, ",") {
			if entry = strings.TrimSpace(entry); entry != "" {
				*all = append(*all, entry)
			}
		}
		return nil
	}
}

// policyName names a policy by its relaxations.
func policyName(policy discovery.Policy) string {
	var relaxed []string
	for name, set := range map[string]bool{
		"IgnoreTrailingSlash":     policy.IgnoreTrailingSlash,
		"AllowNoKeySet":           policy.AllowNoKeySet,
		"AdditionalBaseAddresses": len(policy.AdditionalBaseAddresses) > 0,
		"Exclude":                 len(policy.Exclude) > 0,
	} {
		if set {
			relaxed = append(relaxed, name)
		}
	}
	if len(relaxed) == 0 {
		return "Default policy"
	}
	slices.Sort(relaxed)
	return "Policy with " + strings.Join(relaxed, ", ")
}

// members are the names of all that breaks a rule.
func members(refused *discovery.Error) []string {
	var names []string
	for _, violation := range refused.Violations {
		names = append(names, violation.Member)
	}
	return names
}

// printViolations prints each violation, and what would accept it.
func printViolations(w io.Writer, address, policy string, violations []discovery.Violation) {
	fmt.Fprintf(w, "%s: refused\n", policy)
	for _, violation := range violations {
		fmt.Fprintf(w, "\n  %s\n", demo.Printable(violation.Member))
		demo.PrintFields(w, [][2]string{
			{"value", cmp.Or(violation.Value, "-")},
			{"rule", string(violation.Rule)},
			{"accept by", remedy(address, violation)},
		})
	}
	fmt.Fprintln(w, "\nAccept only what you know to be the server's: what is sent there is a credential.")
}

// remedy says which field of a Policy would accept a violation, and its flag.
func remedy(address string, violation discovery.Violation) string {
	switch violation.Rule {
	case discovery.RuleIssuerMismatch:
		if strings.TrimSuffix(violation.Value, "/") == strings.TrimSuffix(address, "/") {
			return "Policy.IgnoreTrailingSlash (-ignore-trailing-slash), or the address with the slash as it is here"
		}
		return "the address of that issuer; or Policy.Issuer or ExpectedIssuer (no flag), if it may have another"
	case discovery.RuleIssuerMissing:
		return "Policy.AllowAnyIssuer (no flag: anybody could be the server)"
	case discovery.RuleEndpointHost, discovery.RuleEndpointBase:
		return "Policy.AdditionalBaseAddresses (-additional-base) with " + origin(violation.Value)
	case discovery.RuleKeySetMissing:
		return "Policy.AllowNoKeySet (-allow-no-key-set)"
	default: // malformed, or plain http
		return "Policy.Exclude (-exclude), if the program does without it"
	}
}

// origin is an address without its path.
func origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "its address"
	}
	return parsed.Scheme + "://" + parsed.Host
}
