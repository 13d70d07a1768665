// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"io"
	"net/http"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// CallAPI sends a request with a token to an API, and returns the status and the
// beginning of the body. When the API refuses the proof for want of its nonce, it
// has sent one along: the request is sent once more, with a new proof.
func CallAPI(ctx context.Context, address string, token tokenclient.Token, prover *dpop.Prover) (status string, body []byte, err error) {
	for range 2 {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return "", nil, err
		}
		known := prover.Nonce(request.URL)
		if err := token.Authorize(request, prover); err != nil {
			return "", nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return "", nil, err
		}
		body, err = io.ReadAll(io.LimitReader(response.Body, 64<<10))
		_ = response.Body.Close() // it has been read
		if err != nil {
			return "", nil, err
		}
		status = response.Status
		prover.Remember(request.URL, response.Header)
		if response.StatusCode != http.StatusUnauthorized || prover.Nonce(request.URL) == known {
			break
		}
	}
	return status, body, nil
}
