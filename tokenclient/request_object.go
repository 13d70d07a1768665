// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements authorization requests as JWTs, by value (RFC 9101). They are
// made by the caller.

package tokenclient

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// requestObject adds a request object, beside which nothing may be set but what
// the answer is compared with.
func (f *form) requestObject(request AuthorizeRequest, m *discovery.Metadata) {
	f.required("request", request.Request)
	if isTrue(m.RequireSignedRequestObject) {
		f.checkSigned("request", request.Request, m.RequestObjectSigningAlgValuesSupported)
	}
	f.remembered("state", request.State)
	f.remembered("redirect_uri", request.RedirectURI)
	inside := newForm(f.operation)
	inside.loginParameters(request, "")
	f.refuseBeside(inside, "response_type", "state", "redirect_uri", "nonce", "code_challenge", "code_challenge_method")
}

// checkSigned refuses a JWT that is certainly not signed as the server wants it. What
// is in an encrypted one is not seen.
func (f *form) checkSigned(name, jwt string, accepted []string) {
	parts := strings.Split(jwt, ".")
	if len(parts) == 5 {
		return
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	algorithm, _ := jsonfield.String(jsonfield.Find(string(header), "alg"))
	switch {
	case err != nil || len(parts) != 3 || parts[2] == "" || algorithm == "" || strings.EqualFold(algorithm, "none"):
		f.refuse(name, "is not a signed JWT, which the server wants (RFC 9101)")
	case accepted != nil && !slices.Contains(accepted, algorithm):
		f.refuse(name, "is signed with an algorithm that the server does not take; it accepts "+strings.Join(accepted, ", "))
	}
}

// refuseBeside refuses what another form has, but for some names, because a request
// object is sent instead.
func (f *form) refuseBeside(other *form, allowed ...string) {
	for _, field := range other.fields {
		if field.present && !slices.Contains(allowed, field.name) {
			f.refuse(field.name, besideRequestObject)
		}
	}
	if len(other.extra) > 0 {
		f.refuse("Parameters", besideRequestObject)
	}
}

const besideRequestObject = "cannot be set beside a request object, which has it"
