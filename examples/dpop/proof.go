// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// printProof shows a proof that nobody gets: a proof is no secret, and works once.
func printProof(prover *dpop.Prover, address, accessToken string) error {
	target, err := url.Parse(address)
	if err != nil {
		return err
	}
	proof, err := prover.Proof(http.MethodGet, target, accessToken)
	if err != nil {
		return err
	}
	fmt.Printf("A proof of the key %s, signed with %s:\n", prover.Thumbprint(), prover.Algorithm())
	for _, part := range strings.Split(proof, ".")[:2] {
		text, _ := base64.RawURLEncoding.DecodeString(part) // it was encoded right here
		fmt.Printf("  %s\n", text)
	}
	return nil
}
