// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// TestEndedStream has what net/http sends again by itself over HTTP/2, up to six
// times: never what works once, and the rest once in an attempt.
func TestEndedStream(t *testing.T) {
	t.Parallel()
	want := map[string]map[httpcall.Class]int{
		"REFUSED_STREAM":          {httpcall.SingleUse: 1, httpcall.Repeatable: 6},
		"PROTOCOL_ERROR":          {httpcall.SingleUse: 1, httpcall.Repeatable: 6},
		"GOAWAY, stream disowned": {httpcall.SingleUse: 1, httpcall.Repeatable: 6},
		"INTERNAL_ERROR":          {httpcall.SingleUse: 1, httpcall.Repeatable: 3},
	}
	for _, fault := range faultserver.All() {
		for class, requests := range want[fault.Name] {
			t.Run(fault.Name, func(t *testing.T) {
				t.Parallel()
				server, err := faultserver.Start(fault, faultserver.Options{})
				require.NoError(t, err)
				t.Cleanup(server.Close)
				transport := httpcall.NewTransport()
				server.Apply(transport)
				t.Cleanup(transport.CloseIdleConnections)
				target, err := url.Parse(server.URL())
				require.NoError(t, err)
				_, err = httpcall.New(&http.Client{Transport: transport}).Do(t.Context(), newCall(target, class))
				failed := failure(t, err)
				assert.Equal(t, httpcall.Broken, failed.Reason)
				assert.False(t, failed.NotSent)
				assert.Len(t, server.Requests(), requests)
			})
		}
	}
}
