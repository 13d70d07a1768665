// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// requireNonce is a shim: it refuses DPoP proofs without the server's nonce (RFC
// 9449 §8 and §9), which go-oidc does not know. go-oidc checks the rest of the
// proof after that. One nonce is enough for a server that lives for one test.
func (s *Server) requireNonce(next http.Handler) http.Handler {
	if !s.opts.RequireDPoPNonce {
		return next
	}
	nonce := rand.Text()
	bound := []string{tokenPath, pushedAuthorizationPath, userInfoPath}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proof := r.Header.Get("DPoP")
		if proof == "" || !slices.Contains(bound, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("DPoP-Nonce", nonce)
		if subtle.ConstantTimeCompare([]byte(nonceOf(proof)), []byte(nonce)) == 1 {
			next.ServeHTTP(w, r)
			return
		}
		status := http.StatusBadRequest
		if r.URL.Path == userInfoPath {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `DPoP realm="authserver", error="use_dpop_nonce"`)
		}
		writeError(w, status, "use_dpop_nonce", "the proof needs the nonce of this server")
	})
}

// nonceOf returns the nonce in a proof, or "". Whether the proof is good, go-oidc
// says.
func nonceOf(proof string) string {
	parts := strings.Split(proof, ".")
	if len(parts) != 3 {
		return ""
	}
	var claims struct {
		Nonce string `json:"nonce"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Nonce
}
