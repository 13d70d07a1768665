// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements OAuth 2.0 Protected Resource Metadata (RFC 9728).

package discovery

import (
	"context"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// ResourceMetadata is what an API publishes about itself (RFC 9728 section 2).
type ResourceMetadata struct {
	// Resource is the resource identifier of the API. It is what to send as
	// resource (RFC 8707).
	Resource string
	// AuthorizationServers are the issuer identifiers of the servers that issue
	// tokens for the API. Each is to be fetched and checked by [Fetch].
	AuthorizationServers []string
	// JWKSURI is where the keys of the API are.
	JWKSURI string
	// ScopesSupported are scopes to ask for.
	ScopesSupported []string
	// BearerMethodsSupported are the ways to send a token: header, body, query.
	BearerMethodsSupported []string
	// ResourceSigningAlgValuesSupported are the algorithms that sign answers.
	ResourceSigningAlgValuesSupported []string
	// ResourceName is a name for people.
	ResourceName string
	// ResourceDocumentation is a page for developers.
	ResourceDocumentation string
	// ResourcePolicyURI is a page on how clients may use the API's data.
	ResourcePolicyURI string
	// ResourceTOSURI is a page with the API's terms of service.
	ResourceTOSURI string
	// TLSClientCertificateBoundAccessTokens tells whether tokens can be bound to a
	// client certificate (RFC 8705).
	TLSClientCertificateBoundAccessTokens bool
	// AuthorizationDetailsTypesSupported are types of authorization details (RFC
	// 9396).
	AuthorizationDetailsTypesSupported []string
	// DPoPSigningAlgValuesSupported are algorithms of DPoP proofs (RFC 9449).
	DPoPSigningAlgValuesSupported []string
	// DPoPBoundAccessTokensRequired tells whether only tokens bound by DPoP are
	// accepted.
	DPoPBoundAccessTokensRequired bool
	// SignedMetadata is the metadata as a signed JWT, which is not verified here.
	SignedMetadata string

	raw string
}

// Raw returns the document as it came.
func (r *ResourceMetadata) Raw() string { return r.raw }

// Field returns the top-level member of that literal name, or a Result that does
// not exist.
func (r *ResourceMetadata) Field(name string) gjson.Result { return jsonfield.Find(r.raw, name) }

// FetchResource returns what an API publishes about itself (RFC 9728 section 3).
// The address is the API's resource identifier, or the full address of the
// document. The resource in the document must be the one that was asked for
// (section 3.3). Of the Policy, the rules on https and on the issuer count; the
// latter are about the resource.
//
// When an API has named the address of the document in its challenge, set
// Policy.Issuer to the URL that was called: otherwise the API can name another
// one's document, and is then given the tokens for that one.
//
// The Options Form, Path and FetchKeys do not count. The error is an [*Error].
func FetchResource(ctx context.Context, address string, options Options) (*ResourceMetadata, error) {
	parsed, err := parseAddress(address, &options.Policy)
	if err != nil {
		return nil, err
	}
	document, resources := locateResource(parsed, address)
	if options.Policy.Issuer != "" {
		resources = []string{options.Policy.Issuer}
	}
	answer, failed := newClient(options).get(ctx, document, "application/json")
	if failed != nil {
		return nil, failed
	}
	r := &ResourceMetadata{raw: answer.Body}
	if err := jsonfield.Members(answer.Body, r.read); err != nil {
		return nil, newMalformed(document, answer, err)
	}
	if violations := options.Policy.checkIssuer(r.Resource, resources); len(violations) > 0 {
		violations[0].Member = "resource"
		return nil, &Error{
			Kind: KindPolicy, Address: document, StatusCode: answer.StatusCode,
			Violations: violations, detail: "the document is about another resource:",
		}
	}
	return r, nil
}

// locateResource inserts the well-known part between host and path (RFC 9728
// section 3.1); a query stays.
func locateResource(address *url.URL, written string) (document string, resources []string) {
	path := address.EscapedPath()
	if rest, ok := strings.CutPrefix(path, resourceInfix); ok && (rest == "" || rest[0] == '/') {
		resource := *address
		resource.Path, resource.RawPath = unescaped(withoutSlash(rest))
		return address.String(), []string{resource.String(), withPath(&resource, withoutSlash(rest)+"/")}
	}
	return withPath(address, resourceInfix+withoutSlash(path)), []string{written}
}

func (r *ResourceMetadata) read(name string, value gjson.Result) {
	switch name {
	case "resource":
		r.Resource, _ = jsonfield.String(value)
	case "authorization_servers":
		r.AuthorizationServers, _ = jsonfield.Texts(value)
	case "jwks_uri":
		r.JWKSURI, _ = jsonfield.String(value)
	case "scopes_supported":
		r.ScopesSupported, _ = jsonfield.Texts(value)
	case "bearer_methods_supported":
		r.BearerMethodsSupported, _ = jsonfield.Texts(value)
	case "resource_signing_alg_values_supported":
		r.ResourceSigningAlgValuesSupported, _ = jsonfield.Texts(value)
	case "resource_name":
		r.ResourceName, _ = jsonfield.String(value)
	case "resource_documentation":
		r.ResourceDocumentation, _ = jsonfield.String(value)
	case "resource_policy_uri":
		r.ResourcePolicyURI, _ = jsonfield.String(value)
	case "resource_tos_uri":
		r.ResourceTOSURI, _ = jsonfield.String(value)
	case "authorization_details_types_supported":
		r.AuthorizationDetailsTypesSupported, _ = jsonfield.Texts(value)
	case "dpop_signing_alg_values_supported":
		r.DPoPSigningAlgValuesSupported, _ = jsonfield.Texts(value)
	case "signed_metadata":
		r.SignedMetadata, _ = jsonfield.String(value)
	default:
		r.readSwitch(name, value)
	}
}

func (r *ResourceMetadata) readSwitch(name string, value gjson.Result) {
	set, ok := truth(value)
	switch {
	case !ok:
	case name == "tls_client_certificate_bound_access_tokens":
		r.TLSClientCertificateBoundAccessTokens = *set
	case name == "dpop_bound_access_tokens_required":
		r.DPoPBoundAccessTokensRequired = *set
	}
}
