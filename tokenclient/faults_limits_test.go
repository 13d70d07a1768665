// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

const (
	faultPolls    = 2                // that meet the fault; then the server works
	faultLifetime = 4 * time.Second  // of a device code that expires: less than slow_down adds to the interval
	faultTime     = 30 * time.Second // of an attempt that needs no limit: what only this ends is left when eventually gives up
	faultSlack    = 15 * time.Second // what a loaded machine may add: less than faultTime
	slowSlack     = 5 * time.Second  // the same where the client waits for most of the time
)

// runFaults runs the cells: the quick ones, then those that wait for a time limit,
// more at once because they do little else.
func runFaults(ctx context.Context, cells []*faultCell) {
	for _, wave := range []struct {
		timed  bool
		places int
	}{{false, 4}, {true, 32}} {
		var group sync.WaitGroup
		places := make(chan struct{}, wave.places)
		for _, cell := range cells {
			if cell.timed() == wave.timed {
				places <- struct{}{}
				group.Go(func() {
					pprof.Do(ctx, cell.label(), cell.run)
					<-places
				})
			}
		}
		group.Wait()
	}
}

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

// bound is the time that the policy allows, and some for the machine. An attempt
// lasts as long as its limit where only that ends it, and else no time, so that
// even one that needs its limit takes too long. With the race detector, beside
// eight busy processes on two cores, cells needed a tenth of slowSlack and a fifth
// of faultSlack.
func (c *faultCell) bound() time.Duration {
	bound := faultSlack
	if c.timed() {
		bound = slowSlack
	}
	requests, attempts := 0, 0
	if read, _ := fmt.Sscanf(c.row.cells[c.column], "%d of %d", &requests, &attempts); read == 1 {
		attempts = requests
	}
	if c.fault.Slow {
		bound += time.Duration(attempts) * c.limit
	}
	if c.fault.Group == "Retry-After" { // which asks for a second at most, or for an hour
		bound += time.Duration(attempts-1) * time.Second
	}
	if c.expires() {
		bound += faultLifetime
	}
	return bound
}

// countOpen counts the connections that a call has left. The package's own
// transport keeps one for calls that can be repeated (a leak of that one shows in
// the other columns); transport, which only this call has used, keeps none: it is
// asked again and again, because it is slow to give up a stream.
func (c *faultCell) countOpen(server *faultserver.Server, transport *http.Transport) {
	kept := 0
	if c.ownTransports() && (c.column == 0 || c.fault.Warm) {
		kept = 1
	}
	eventually(func() bool {
		transport.CloseIdleConnections()
		c.open = max(0, server.Connections()-kept)
		return c.open == 0
	})
}

const faultLabel = "fault cell"

// label marks the goroutines of the cell, and all that they start.
func (c *faultCell) label() pprof.LabelSet {
	return pprof.Labels(faultLabel, strconv.Itoa(c.number))
}

var faultLabelled = regexp.MustCompile(`"` + faultLabel + `":"(\d+)"`)

// faultGoroutines returns the goroutines of the cells that do not end, by the
// number of the cell: how many there are, and where.
func faultGoroutines(t *testing.T) map[int]string {
	t.Helper()
	left := map[int]string{}
	eventually(func() bool {
		clear(left)
		var profile bytes.Buffer
		require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
		for stack := range strings.SplitSeq(profile.String(), "\n\n") {
			if label := faultLabelled.FindStringSubmatch(stack); label != nil {
				number, err := strconv.Atoi(label[1])
				require.NoError(t, err)
				left[number] += stack + "\n"
			}
		}
		return len(left) == 0
	})
	return left
}

// leftovers counts what no cell can be charged with: goroutines that a timer has
// started have no label, and descriptors no owner.
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
