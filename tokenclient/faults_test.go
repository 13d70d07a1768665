// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/faultserver"
	"github.com/seed-df263610/identitymodel/internal/httpcall"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

var printFaults = flag.Bool("faults", false, "print the matrix of faults and calls")

// faultCalls are the columns of the matrix. The polling meets the fault twice;
// then the server works.
var faultCalls = [4]string{"client_credentials", "authorization_code", "refresh_token", "device polling"}

// faultCell is one cell of the matrix: a call that meets a fault.
type faultCell struct {
	number  int
	fault   faultserver.Fault
	row     faultRow
	column  int
	limit   time.Duration // of an attempt
	met     bool          // each attempt has met the fault, or the server that works again
	got     string
	printed string // all that can be printed of the result
	elapsed time.Duration
	open    int   // connections that the call has left
	err     error // of the bench
}

// countedAuth counts the attempts.
type countedAuth struct {
	clientauth.Method
	attempts *atomic.Int64
}

func (c countedAuth) Credentials(ctx context.Context, attempt clientauth.Attempt) (clientauth.Credentials, error) {
	c.attempts.Add(1)
	return c.Method.Credentials(ctx, attempt)
}

// run makes the call. Where a time limit decides, a machine under load may let it
// pass before the server has played its fault to an attempt. That says nothing
// about the client, so the call is made again, with a longer limit. What decides
// about it is how many attempts came to the server, not what came of the call.
func (c *faultCell) run(ctx context.Context) {
	for _, c.limit = range c.limits() {
		if c.try(ctx); c.err != nil || c.met {
			return
		}
	}
}

func (c *faultCell) try(ctx context.Context) {
	var plays, attempts atomic.Int64
	server, err := faultserver.Start(c.fault, faultserver.Options{Play: func() bool {
		return plays.Add(1) <= faultPolls || c.column != 3
	}})
	if err != nil {
		c.err = err
		return
	}
	defer server.Close()
	transport := httpcall.NewTransport()
	server.Apply(transport)
	client, err := c.newClient(server, transport, &attempts)
	if err != nil {
		c.err = err
		return
	}
	if c.fault.Warm {
		if c.err = c.warm(ctx, client); c.err != nil {
			return
		}
		server.Forget()
		attempts.Store(0)
	}
	start := time.Now()
	response, err := c.call(ctx, client)
	c.elapsed = time.Since(start)
	c.met = plays.Load() >= attempts.Load() && (c.column != 3 || attempts.Load() <= faultPolls+1)
	c.got = c.describe(len(server.Requests()), int(attempts.Load()), err)
	c.printed = printResult(response, err)
	c.countOpen(server, transport)
}

// ownTransports reports whether the transports of the package meet the fault.
func (c *faultCell) ownTransports() bool { return c.fault.Anywhere() && !c.row.keepAlive }

func (c *faultCell) newClient(server *faultserver.Server, transport *http.Transport, attempts *atomic.Int64) (*tokenclient.Client, error) {
	config := tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.URL() + canaryQuery},
		ClientID:  "client",
		Auth:      countedAuth{c.auth(), attempts},
		Retry:     tokenclient.Retry{MinWait: time.Millisecond, AttemptTimeout: c.limit},
	}
	if !c.ownTransports() {
		config.HTTPClient = &http.Client{Transport: transport}
	}
	return tokenclient.New(config)
}

// auth is a secret, or for one column an assertion.
func (c *faultCell) auth() clientauth.Method {
	if c.column == 2 {
		return clientauth.Assertion(always(canary))
	}
	return clientauth.SecretBasic(canary)
}

// warm leaves connections behind, where the transport keeps them.
func (c *faultCell) warm(ctx context.Context, client *tokenclient.Client) error {
	_, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
	if err == nil && !c.row.keepAlive {
		_, err = client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: canary})
	}
	return err
}

func (c *faultCell) call(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, error) {
	switch c.column {
	case 0:
		return client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{})
	case 1:
		return client.RequestAuthorizationCodeToken(ctx, tokenclient.AuthorizationCodeTokenRequest{
			Code: canary, RedirectURI: "https://app.example/callback", CodeVerifier: strings.Repeat("CANARY-verifier", 4),
		})
	case 2:
		return client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: canary})
	}
	lifetime := time.Minute
	if c.expires() {
		lifetime = faultLifetime
	}
	return client.PollDeviceToken(ctx, tokenclient.DeviceTokenRequest{
		DeviceCode: canary, Interval: time.Millisecond, Expiry: time.Now().Add(lifetime),
	})
}

// describe says what happened, as the table does: the requests that arrived
// whole, of how many attempts unless each of them did, and the outcome; then kind
// and code where they are not those of the row.
func (c *faultCell) describe(requests, attempts int, err error) string {
	text := fmt.Sprint(requests)
	if attempts != requests {
		text += fmt.Sprint(" of ", attempts)
	}
	var failed *tokenclient.Error
	switch {
	case err == nil:
		return text + " token"
	case !errors.As(err, &failed):
		return text + " a foreign error"
	}
	text += " " + failed.Outcome.String()
	kind := failed.Kind.String()
	if failed.Kind == tokenclient.KindTransport && failed.Timeout() {
		kind = faultTimeout
	}
	if kind != c.row.kind || failed.Code != c.row.code {
		text += strings.TrimRight(" "+kind+" "+string(failed.Code), " ")
	}
	return text
}

// printResult is all that a program could print of a result.
func printResult(response *tokenclient.TokenResponse, err error) string {
	text := prints(response) + prints(response.Token())
	if err == nil {
		return text
	}
	text += printsChain(fmt.Errorf("wrapped: %w", err))
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		encoded, _ := json.Marshal(cause) // some cannot be encoded
		text += string(encoded)
	}
	return text
}

func newFaultCells(t *testing.T) []*faultCell {
	t.Helper()
	faults := map[string]faultserver.Fault{}
	for _, fault := range faultserver.All() {
		faults[fault.Name] = fault
	}
	var cells []*faultCell
	seen := map[string]bool{}
	for _, row := range faultTable {
		fault, ok := faults[row.fault]
		require.True(t, ok, "the table has %q, the bench has not", row.fault)
		seen[row.fault] = true
		for column := range faultCalls {
			cells = append(cells, &faultCell{number: len(cells), fault: fault, row: row, column: column})
		}
	}
	for name := range faults {
		require.True(t, seen[name], "the bench has %q, the table has not", name)
	}
	return cells
}

// TestFaults is the matrix of faults and calls. It is not parallel to other
// tests: it counts goroutines and descriptors, and listens to the standard logger.
func TestFaults(t *testing.T) {
	cells := newFaultCells(t)
	httpcall.New(nil) // its transports are made once
	before := countLeftovers(t)
	var logged bytes.Buffer
	log.SetOutput(&logged)
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	runFaults(t.Context(), cells)
	left := faultGoroutines(t)
	for _, cell := range cells {
		t.Run(cell.row.name()+"/"+faultCalls[cell.column], func(t *testing.T) {
			require.NoError(t, cell.err)
			assert.Equal(t, cell.row.cells[cell.column], cell.got, "requests and outcome")
			assert.True(t, cell.met || !cell.timed(), "an attempt has not met the fault within %v", cell.limit)
			assert.Less(t, cell.elapsed, cell.bound(), "the time of the attempts and pauses")
			assert.Zero(t, cell.open, "connections that are left")
			assert.Empty(t, left[cell.number], "goroutines that are left")
			for _, secret := range canaries {
				if strings.Contains(cell.printed, secret) {
					t.Errorf("something that is printed holds %s", secret)
				}
			}
		})
	}
	assert.Empty(t, logged.String(), "of net/http")
	before.check(t)
	if *printFaults {
		fmt.Print(faultMatrix(cells))
	}
}

// eventually waits for a condition, in the goroutine of the caller: unlike
// testify's, it can count goroutines.
func eventually(condition func() bool) bool {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for range 1000 {
		if condition() {
			return true
		}
		<-ticker.C
	}
	return false
}

// countDescriptors returns how many are open, or 0 where the system does not say.
func countDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// faultMatrix is what the cells gave, one line for each fault.
func faultMatrix(cells []*faultCell) string {
	var text strings.Builder
	line := func(first string, cells ...any) {
		fmt.Fprintf(&text, "%-36s %-20s %-20s %-20s %-20s %s\n", append([]any{first}, cells...)...)
	}
	groupName := ""
	for i := 0; i < len(cells); i += len(faultCalls) {
		row := cells[i].row
		if cells[i].fault.Group != groupName {
			groupName = cells[i].fault.Group
			text.WriteString("\n")
			line(strings.ToUpper(groupName), faultCalls[0], faultCalls[1], faultCalls[2], faultCalls[3], "KIND AND CODE")
		}
		line(row.name(), cells[i].got, cells[i+1].got, cells[i+2].got, cells[i+3].got,
			strings.TrimRight(cmp.Or(row.kind, "-")+" "+string(row.code), " "))
	}
	return text.String()
}

// TestWhatIsLogged has a server that answers once more than it was asked: on a
// connection that is kept, net/http writes the rest to the standard logger, as
// Config.HTTPClient says. What works once keeps none. It is not parallel: the
// logger is everybody's.
func TestWhatIsLogged(t *testing.T) {
	calls := map[string]func(*tokenclient.Client) error{
		"refresh_token": func(client *tokenclient.Client) error {
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: canary})
			return err
		},
		"authorization_code": func(client *tokenclient.Client) error {
			_, err := client.RequestAuthorizationCodeToken(t.Context(), tokenclient.AuthorizationCodeTokenRequest{
				Code: canary, RedirectURI: "https://app.example/callback",
			})
			return err
		},
		"password": func(client *tokenclient.Client) error {
			_, err := client.RequestPasswordToken(t.Context(), tokenclient.PasswordTokenRequest{UserName: "u", Password: canary})
			return err
		},
		"device polling": func(client *tokenclient.Client) error {
			_, err := client.PollDeviceToken(t.Context(), tokenclient.DeviceTokenRequest{
				DeviceCode: canary, Interval: time.Millisecond, Expiry: time.Now().Add(time.Minute),
			})
			return err
		},
		"client_credentials": func(client *tokenclient.Client) error {
			_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
			return err
		},
	}
	keepsNone := httpcall.NewTransport()
	keepsNone.DisableKeepAlives = true
	for _, test := range []struct {
		call   string
		client *http.Client
		logs   bool
	}{
		{"refresh_token", nil, false},
		{"authorization_code", nil, false},
		{"password", nil, false},
		{"device polling", nil, false},
		{"client_credentials", nil, true},
		{"client_credentials", &http.Client{Transport: keepsNone}, false},
		{"refresh_token", &http.Client{Transport: httpcall.NewTransport()}, true},
	} {
		goroutines := runtime.NumGoroutine()
		server, err := faultserver.Start(faultserver.Surplus(), faultserver.Options{})
		require.NoError(t, err)
		client, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: server.URL()}, HTTPClient: test.client})
		require.NoError(t, err)
		logged := new(lockedBuffer)
		log.SetOutput(logged)
		t.Cleanup(func() { log.SetOutput(os.Stderr) })
		for range 20 {
			require.NoError(t, calls[test.call](client))
		}
		server.Close()
		require.True(t, eventually(func() bool { return runtime.NumGoroutine() <= goroutines }))
		assert.Equal(t, test.logs, strings.Contains(logged.String(), faultserver.AccessToken), test.call)
		assert.Equal(t, test.logs, logged.String() != "", test.call)
	}
}

// lockedBuffer is what goroutines log.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
