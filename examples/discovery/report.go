// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/examples/internal/demo"
)

// printMetadata prints what a server offers. What it does not say is a dash; a
// default of the specifications is named as such.
func printMetadata(w io.Writer, m *discovery.Metadata) {
	printSection(w, "Server", [][2]string{{"issuer", m.Issuer}, {"documentation", m.ServiceDocumentation}})
	printSection(w, "Endpoints", endpoints(m))
	printSection(w, "Offers", [][2]string{
		{"grants", orDefault(m.GrantTypesSupported, m.GrantTypes())},
		{"client authentication", orDefault(m.TokenEndpointAuthMethodsSupported, m.TokenEndpointAuthMethods())},
		{"scopes", join(m.ScopesSupported)},
		{"response types", join(m.ResponseTypesSupported)},
		{"PKCE", join(m.CodeChallengeMethodsSupported)},
		{"iss in the response", yesNo(m.AuthorizationResponseIssParameterSupported)},
		{"pushed requests", pushed(m)},
		{"signed requests", required(m.RequireSignedRequestObject, yesNo(m.RequestParameterSupported))},
		{"DPoP", join(m.DPoPSigningAlgValuesSupported)},
		{"mTLS-bound tokens", yesNo(m.TLSClientCertificateBoundAccessTokens)},
		{"CIBA", join(m.BackchannelTokenDeliveryModesSupported)},
	})
	printSection(w, "Algorithms", [][2]string{
		{"ID tokens", join(m.IDTokenSigningAlgValuesSupported)},
		{"UserInfo", join(m.UserInfoSigningAlgValuesSupported)},
		{"introspection", join(m.IntrospectionSigningAlgValuesSupported)},
		{"client assertions", join(m.TokenEndpointAuthSigningAlgValuesSupported)},
		{"request objects", join(m.RequestObjectSigningAlgValuesSupported)},
	})
	if len(m.Ignored) > 0 {
		printSection(w, "Unreadable, so ignored", [][2]string{{"members", join(m.Ignored)}})
	}
}

// endpoints are all that a server has, those for clients with a certificate as well.
func endpoints(m *discovery.Metadata) [][2]string {
	aliases := m.MTLSEndpointAliases
	return present([][2]string{
		{"authorization", m.AuthorizationEndpoint},
		{"token", m.TokenEndpoint},
		{"device authorization", m.DeviceAuthorizationEndpoint},
		{"backchannel authentication", m.BackchannelAuthenticationEndpoint},
		{"pushed authorization", m.PushedAuthorizationRequestEndpoint},
		{"introspection", m.IntrospectionEndpoint},
		{"revocation", m.RevocationEndpoint},
		{"UserInfo", m.UserInfoEndpoint},
		{"registration", m.RegistrationEndpoint},
		{"end session", m.EndSessionEndpoint},
		{"keys", m.JWKSURI},
		{"token, mTLS", aliases.TokenEndpoint},
		{"device authorization, mTLS", aliases.DeviceAuthorizationEndpoint},
		{"backchannel authentication, mTLS", aliases.BackchannelAuthenticationEndpoint},
		{"pushed authorization, mTLS", aliases.PushedAuthorizationRequestEndpoint},
		{"introspection, mTLS", aliases.IntrospectionEndpoint},
		{"revocation, mTLS", aliases.RevocationEndpoint},
		{"UserInfo, mTLS", aliases.UserInfoEndpoint},
		{"registration, mTLS", aliases.RegistrationEndpoint},
	})
}

// printKeys fetches the keys of a server and prints what they are for.
func printKeys(ctx context.Context, w io.Writer, keys *discovery.Keys) {
	if keys == nil {
		fmt.Fprint(w, "Keys: the server publishes none\n\n")
		return
	}
	set, err := keys.Get(ctx)
	if err != nil {
		fmt.Fprintf(w, "Keys: %s\n\n", demo.Printable(err.Error()))
		return
	}
	fmt.Fprintf(w, "Keys: %d usable, %d skipped\n", len(set.Keys), set.Skipped)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(set.Keys) > 0 {
		fmt.Fprintln(table, "  kid\ttype\tbits\tuse\talgorithm")
	}
	for _, key := range set.Keys {
		fmt.Fprintf(table, "  %s\t%s\t%d\t%s\t%s\n", orDash(key.ID), key.Type, key.Bits, orDash(key.Use), orDash(key.Algorithm))
	}
	_ = table.Flush() // a result that cannot be shown has nobody to be told
	fmt.Fprintln(w)
}

// printResource prints what an API says about itself.
func printResource(w io.Writer, r *discovery.ResourceMetadata) {
	printSection(w, "API", [][2]string{
		{"resource", r.Resource},
		{"name", r.ResourceName},
		{"documentation", r.ResourceDocumentation},
		{"authorization servers", join(r.AuthorizationServers)},
		{"scopes", join(r.ScopesSupported)},
		{"ways to send a token", join(r.BearerMethodsSupported)},
		{"keys", r.JWKSURI},
		{"DPoP", required(&r.DPoPBoundAccessTokensRequired, join(r.DPoPSigningAlgValuesSupported))},
		{"mTLS-bound tokens", yesNo(&r.TLSClientCertificateBoundAccessTokens)},
	})
	fmt.Fprintln(w, "The API chose these servers; look at each before you trust it: go run -C examples ./discovery ADDRESS")
}

// printSection prints a title and fields, and a line below them.
func printSection(w io.Writer, title string, fields [][2]string) {
	for i := range fields {
		fields[i][1] = orDash(fields[i][1])
	}
	fmt.Fprintln(w, title)
	demo.PrintFields(w, fields)
	fmt.Fprintln(w)
}

// present leaves out the fields without a value.
func present(fields [][2]string) [][2]string {
	var some [][2]string
	for _, field := range fields {
		if field[1] != "" {
			some = append(some, field)
		}
	}
	return some
}

// pushed says whether authorization requests can or have to be pushed (RFC 9126).
func pushed(m *discovery.Metadata) string {
	supported := "no"
	if m.PushedAuthorizationRequestEndpoint != "" {
		supported = "yes"
	}
	return required(m.RequirePushedAuthorizationRequests, supported)
}

// required adds to what is supported that it is required.
func required(required *bool, supported string) string {
	if required != nil && *required {
		return strings.TrimPrefix(supported+", ", ", ") + "required"
	}
	return supported
}

func yesNo(value *bool) string {
	switch {
	case value == nil:
		return "-"
	case *value:
		return "yes"
	default:
		return "no"
	}
}

// orDefault is a list, or what its absence means.
func orDefault(supported, meaning []string) string {
	if supported == nil {
		return join(meaning) + " (by default)"
	}
	return join(supported)
}

func join(list []string) string { return strings.Join(list, ", ") }

func orDash(text string) string { return cmp.Or(demo.Printable(text), "-") }
