// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"os"
	"testing"
)

// New starts a server for a test and closes it when the test ends. The test
// fails if the server cannot start or dies. The log is kept if the test failed.
func New(tb testing.TB, options Options) *Server {
	tb.Helper()

	server, err := Start(tb.Context(), options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Close(); err != nil {
			tb.Error(err)
		}
		if tb.Failed() {
			tb.Log(logTail(server.Log()))
			return
		}
		if err := os.Remove(server.Log()); err != nil {
			tb.Error(err)
		}
	})
	return server
}
