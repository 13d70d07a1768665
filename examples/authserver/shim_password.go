// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"net/url"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// passwordGrant is the shim for the password grant (RFC 6749 §4.3).
func passwordGrant(form url.Values) *bridge {
	b := &bridge{grantType: GrantPassword, subject: form.Get("username")}
	switch {
	case b.subject == "" || form.Get("password") == "":
		b.refusal = goidc.NewError(goidc.ErrorCodeInvalidRequest, "username and password are required")
	case !login(b.subject, form.Get("password")):
		b.refusal = goidc.NewError(goidc.ErrorCodeInvalidGrant, "wrong username or password")
	}
	return b
}
