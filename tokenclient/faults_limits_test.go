// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	faultPolls    = 2                // that meet the fault; then the server works
	faultLifetime = 4 * time.Second  // of a device code that expires: less than slow_down adds to the interval
	faultTime     = 30 * time.Second // of an attempt that needs no limit
)

// limits are those of an attempt, for one try after the other.
func (c *faultCell) limits() []time.Duration {
	if c.fault.Slow {
		return []time.Duration{time.Second, 5 * time.Second, 15 * time.Second}
	}
	if c.timed() {
		return []time.Duration{faultTime, faultTime, faultTime}
	}
	return []time.Duration{faultTime}
}

// timed reports whether the cell lasts until a time is over.
func (c *faultCell) timed() bool { return c.fault.Slow || c.expires() }

// expires reports whether the device code does before the server works again.
func (c *faultCell) expires() bool {
	return c.column == 3 && strings.HasSuffix(c.row.cells[3], string(tokenclient.ErrExpiredToken))
}

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
