// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// TestZeroProver has Provers that NewProver has not made: of no use, and no reason
// to panic.
func TestZeroProver(t *testing.T) {
	t.Parallel()
	target := &url.URL{Scheme: "https", Host: "api.example"}
	for _, prover := range []*dpop.Prover{nil, {}} {
		_, err := prover.Proof(http.MethodGet, target, "")
		require.ErrorContains(t, err, "NewProver")
		_, err = prover.ProofWithNonce(http.MethodGet, target, "", "n")
		require.ErrorContains(t, err, "NewProver")
		assert.Empty(t, prover.Remember(target, http.Header{"Dpop-Nonce": {"n"}}))
		assert.Empty(t, prover.Nonce(target))
		assert.Empty(t, prover.Thumbprint())
		assert.Empty(t, prover.Algorithm())
	}
	request := &http.Request{URL: target}
	err := tokenclient.NewToken("t", tokenclient.TokenTypeDPoP, time.Time{}).Authorize(request, &dpop.Prover{})
	require.ErrorContains(t, err, "NewProver")
	assert.Empty(t, request.Header)
}

func TestNewProverRefusesZeroKeys(t *testing.T) {
	t.Parallel()
	_, err := dpop.NewProver(dpop.Config{Key: &ecdsa.PrivateKey{}})
	require.ErrorContains(t, err, "dpop: the key is malformed")
	_, err = dpop.NewProver(dpop.Config{Key: &rsa.PrivateKey{}})
	require.ErrorContains(t, err, "dpop: the key is malformed")
}
