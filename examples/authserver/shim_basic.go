// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// decodeBasic is a shim: it undoes the form encoding of Basic credentials that
// RFC 6749 §2.3.1 requires, for go-oidc compares the raw form.
//
// A client ID with a colon cannot be written in the raw form at all. go-oidc
// knows such a client as one that authenticates in the body, and the decoded
// credentials go there; if the request itself has them in the body, it is
// refused.
func decodeBasic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			next.ServeHTTP(w, r)
			return
		}
		r = withForm(r)
		rawID, rawSecret, ok := r.BasicAuth()
		if !ok {
			if c, known := findClient(r.PostForm.Get("client_id")); known && needsBody(c) {
				writeError(w, http.StatusUnauthorized, string(goidc.ErrorCodeInvalidClient), "invalid client")
				return
			}
			next.ServeHTTP(w, r)
			return
		}

		id, errID := url.QueryUnescape(rawID)
		secret, errSecret := url.QueryUnescape(rawSecret)
		if errID != nil || errSecret != nil {
			writeError(w, http.StatusUnauthorized, string(goidc.ErrorCodeInvalidClient), "credentials are not form-encoded")
			return
		}
		if c, known := findClient(id); known && needsBody(c) {
			r.Header.Del("Authorization")
			r.PostForm.Set("client_id", id)
			r.PostForm.Set("client_secret", secret)
		} else {
			r.SetBasicAuth(id, secret)
		}
		next.ServeHTTP(w, r)
	})
}

// needsBody reports whether go-oidc can take the client's credentials only
// from the body.
func needsBody(c Client) bool {
	return c.AuthMethod == string(goidc.AuthnMethodSecretBasic) && strings.Contains(c.ID, ":")
}

// withForm returns a copy of the request whose header and PostForm a shim may
// change. go-oidc reads nothing else of the body.
func withForm(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	if r.PostForm == nil {
		// What cannot be parsed is missing, as in go-oidc.
		_ = r.ParseForm()
	}
	return r
}
