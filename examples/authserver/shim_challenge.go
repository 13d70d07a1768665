// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"net/http"
	"strings"
)

// challenge is a shim: it adds the WWW-Authenticate that RFC 9110 §11.6.1
// requires with status 401.
func challenge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme := `Basic realm="authserver"`
		if r.URL.Path == userInfoPath || strings.HasPrefix(r.URL.Path, registrationPath) {
			scheme = `Bearer realm="authserver", error="invalid_token"`
			if r.Header.Get("DPoP") != "" {
				scheme = `DPoP realm="authserver", error="invalid_token"`
			}
		}
		next.ServeHTTP(&headerHook{ResponseWriter: w, hook: func(status int) {
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", scheme)
			}
		}}, r)
	})
}
