// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leftovers counts goroutines and descriptors.
type leftovers struct{ goroutines, descriptors int }

// countLeftovers has the runtime open what it needs for any listener first.
func countLeftovers(t *testing.T) leftovers {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return leftovers{runtime.NumGoroutine(), countDescriptors()}
}

func (l leftovers) check(t *testing.T) {
	t.Helper()
	assert.True(t, eventually(func() bool {
		return runtime.NumGoroutine() <= l.goroutines && countDescriptors() <= l.descriptors
	}), "more than %d goroutines and %d descriptors are left", l.goroutines, l.descriptors)
}
