// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// oauthDiscoveryPath is where RFC 8414 §3 puts the metadata.
const oauthDiscoveryPath = "/.well-known/oauth-authorization-server"

// describeShims is a shim: it serves go-oidc's discovery document at the path
// of RFC 8414 as well, and lists the grants that are shims in both.
func describeShims(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != openIDDiscoveryPath && r.URL.Path != oauthDiscoveryPath {
			next.ServeHTTP(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.URL = &url.URL{Path: openIDDiscoveryPath}
		a := ask(next, r)
		a.change(func(members map[string]json.RawMessage) {
			var grants []string
			if json.Unmarshal(members["grant_types_supported"], &grants) != nil {
				return
			}
			members["grant_types_supported"] = jsonValue(append(grants, GrantPassword, GrantCustom))
		})
		a.send(w)
	})
}
