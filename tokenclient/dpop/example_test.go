// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// ExampleNewProver makes a proof with a key of its own, which lives as long as the
// Prover.
func ExampleNewProver() {
	prover, err := dpop.NewProver(dpop.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(prover.Algorithm(), len(prover.Thumbprint()))
	// Output: ES256 43
}

// ExampleProver_Proof calls an API by hand, with an access token that is bound to
// the key, and remembers the nonce that the API answers with.
func ExampleProver_Proof() {
	prover, err := dpop.NewProver(dpop.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	orders := &url.URL{Scheme: "https", Host: "api.example", Path: "/orders", RawQuery: "page=1"}
	answer := http.Header{"Dpop-Nonce": {"eyJ7S_zG"}} // of a response to the first request
	prover.Remember(orders, answer)
	fmt.Println("the nonce of the API:", prover.Nonce(orders))

	proof, err := prover.Proof(http.MethodGet, orders, "access token")
	if err != nil {
		fmt.Println(err)
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(proof, ".")[1])
	if err != nil {
		fmt.Println(err)
		return
	}
	var claims struct{ HTM, HTU, ATH, Nonce string }
	if err := json.Unmarshal(payload, &claims); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(claims.HTM, claims.HTU)
	fmt.Println(claims.ATH, claims.Nonce)
	// Output:
	// the nonce of the API: eyJ7S_zG
	// GET https://api.example/orders
	// DD1GlGu_mcghPdf2xkDtZDO9wFalto5-gPVSUxGwyhE eyJ7S_zG
}
