// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"encoding/json"
	"net/url"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// customGrant is the shim for [GrantCustom], an extension grant (RFC 6749
// §4.5) whose token is for alice.
func customGrant(form url.Values) *bridge {
	b := &bridge{grantType: GrantCustom, subject: Alice, member: form.Get(CustomParameter)}
	if b.member == "" {
		b.refusal = goidc.NewError(goidc.ErrorCodeInvalidRequest, CustomParameter+" is required")
	}
	return b
}

// addCustomMember adds [CustomMember] to a token answer.
func addCustomMember(a *answer, value string) {
	a.change(func(members map[string]json.RawMessage) {
		members[CustomMember] = jsonValue(value)
	})
}
