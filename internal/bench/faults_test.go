// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package bench_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
)

var update = flag.Bool("update", false, "rewrite the table of faults in README.md")

// met is what became of one call that met a fault.
type met struct {
	requests int // that arrived whole
	ok       bool
}

// cell is one call of one library that meets a fault.
type cell struct {
	fault   faultserver.Fault
	library newLibrary
	call    string
	result  *met
}

// meet makes the call. Where only a time limit ends an attempt, a machine under
// load may let it pass before the server has played its fault, or has answered
// when it works again. Then the call is made again, with a longer limit.
func (c cell) meet(ctx context.Context) error {
	for _, limit := range limits(c.fault) {
		if inTime, err := c.try(ctx, limit); inTime || err != nil {
			return err
		}
	}
	return nil
}

func (c cell) try(ctx context.Context, limit time.Duration) (inTime bool, err error) {
	faults := int64(40)
	if slices.Contains(passingCalls, c.call) {
		faults = 2
	}
	var plays, attempts atomic.Int64
	server, err := faultserver.Start(c.fault, faultserver.Options{Play: func() bool { return plays.Add(1) <= faults }})
	if err != nil {
		return false, err
	}
	defer server.Close()
	l, done, err := c.library(setting{c.fault, server, limit, &attempts})
	if err != nil {
		return false, err
	}
	defer done()
	if c.fault.Warm {
		if err := l.credentials(ctx); err != nil {
			return false, err
		}
		server.Forget()
		plays.Store(0)
	}
	calls := map[string]func(context.Context) error{"code": l.code, "refresh": l.refresh, "credentials": l.credentials, "device": l.device}
	err = calls[c.call](ctx)
	*c.result = met{len(server.Requests()), err == nil}
	return plays.Load() >= attempts.Load() && (plays.Load() <= faults || err == nil), nil
}

// tally sums up the faults of one group for one library.
type tally struct {
	faults int
	high   int // requests with one code or refresh token
	twice  int // faults after which the same one arrived twice
	served int // faults that pass, and client_credentials got its token
	polled int // the same for the polling
}

func (s *tally) add(call string, m met) {
	switch call {
	case "code", "refresh":
		s.high = max(s.high, m.requests)
	case "credentials":
		if m.ok {
			s.served++
		}
	case "device":
		if m.ok {
			s.polled++
		}
	}
}

var (
	comparedCalls = []string{"code", "refresh", "credentials", "device"}
	passingCalls  = comparedCalls[2:] // meet faults that pass
)

// comparison has a tally for each group and library.
type comparison struct {
	groups  []string
	tallies map[string]*[3]tally
}

// compare makes every call against every fault, in each library.
func compare(t *testing.T) *comparison {
	t.Helper()
	libraries := []newLibrary{newOurs, newTheirs(oauth2.AuthStyleAutoDetect), newTheirs(oauth2.AuthStyleInHeader)}
	faults := faultserver.All()
	results := make([][3][4]met, len(faults))
	var quick, slow []cell
	for i, fault := range faults {
		for j, library := range libraries {
			for k, call := range comparedCalls {
				c := cell{fault, library, call, &results[i][j][k]}
				if fault.Slow {
					slow = append(slow, c)
				} else {
					quick = append(quick, c)
				}
			}
		}
	}
	var group sync.WaitGroup
	group.Go(func() { meetAll(t, quick, 64) }) // most of them wait between two polls
	group.Go(func() { meetAll(t, slow, 32) })
	group.Wait()
	c := &comparison{tallies: map[string]*[3]tally{}}
	for i, fault := range faults {
		c.add(fault.Group, results[i])
	}
	return c
}

// meetAll makes so many calls at once.
func meetAll(t *testing.T, cells []cell, atOnce int) {
	t.Helper()
	var group sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for _, c := range cells {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			if err := c.meet(t.Context()); err != nil {
				t.Errorf("%s: %v", c.fault.Name, err)
			}
		})
	}
	group.Wait()
}

// add sums up what became of the calls of each library that met one fault.
func (c *comparison) add(group string, results [3][4]met) {
	if c.tallies[group] == nil {
		c.groups = append(c.groups, group)
		c.tallies[group] = new([3]tally)
	}
	for j, result := range results {
		sum := &c.tallies[group][j]
		sum.faults++
		for k, call := range comparedCalls {
			sum.add(call, result[k])
		}
		if max(result[0].requests, result[1].requests) > 1 {
			sum.twice++
		}
	}
}

// atMost is how often one credential arrived; beyond a few net/http goes round as
// often as the time allows.
func atMost(requests int) string {
	if requests > 2 {
		return "more than 2"
	}
	return fmt.Sprint(requests)
}

// markdown is the table of README.md.
func (c *comparison) markdown() string {
	var text strings.Builder
	text.WriteString("| what goes wrong | faults | arrived at most: ours | x/oauth2 | arrived twice: ours | x/oauth2 | polled on: ours | x/oauth2 | served: ours | x/oauth2 |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n")
	line := func(name string, sums *[3]tally) {
		fmt.Fprintf(&text, "| %s | %d | %s | %s | %d | %d; %d | %d | %d | %d | %d |\n", name, sums[0].faults,
			atMost(sums[0].high), atMost(sums[1].high),
			sums[0].twice, sums[1].twice, sums[2].twice, sums[0].polled, sums[2].polled, sums[0].served, sums[2].served)
	}
	all := new([3]tally)
	for _, name := range c.groups {
		sums := c.tallies[name]
		line(name, sums)
		for j := range all {
			all[j].faults += sums[j].faults
			all[j].twice += sums[j].twice
			all[j].served += sums[j].served
			all[j].polled += sums[j].polled
			all[j].high = max(all[j].high, sums[j].high)
		}
	}
	line("all", all)
	return text.String()
}

const (
	readmePath  = "../../README.md"
	faultsBegin = "<!-- faults: begin, generated by make faults-update -->\n"
	faultsEnd   = "<!-- faults: end -->"
)

// TestFaultsBeside compares what README.md says about the faults with what
// happens here, or, with -update, writes it there.
func TestFaultsBeside(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute: -short")
	}
	c := compare(t)
	for _, name := range c.groups {
		if twice := c.tallies[name][0].twice; twice > 0 {
			t.Errorf("%s: tokenclient has sent what works once twice after %d faults", name, twice)
		}
	}
	readme, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(readme), faultsBegin)
	said, after, ends := strings.Cut(rest, faultsEnd)
	if !begins || !ends {
		t.Fatalf("README.md has no lines %q and %q", faultsBegin, faultsEnd)
	}
	want := c.markdown()
	switch {
	case said == want || t.Failed():
	case *update:
		if err := os.WriteFile(readmePath, []byte(before+faultsBegin+want+faultsEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("README.md does not say what happens here: run make faults-update\n%s", want)
	}
}
