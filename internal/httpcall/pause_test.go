// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package httpcall_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

var nowhere = &url.URL{Scheme: "https", Host: "as.example", Path: "/token"}

// usual are limits such as a Client has.
func usual() httpcall.Limits {
	return httpcall.Limits{
		Attempts: 3, MinWait: 200 * time.Millisecond, MaxWait: 5 * time.Second, MaxRetryAfter: 30 * time.Second,
		AttemptTime: 30 * time.Second, TotalTime: time.Minute,
	}
}

// patient asks for patience at once and notes when it was asked.
func patient(status int, asked *[]time.Time, header ...string) *http.Client {
	return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		*asked = append(*asked, time.Now())
		return response(status, "", header...), nil
	})}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		value  func() string
		least  time.Duration
	}{
		"seconds":  {503, func() string { return "7" }, 7 * time.Second},
		"429":      {429, func() string { return "7" }, 7 * time.Second},
		"none":     {503, func() string { return "0" }, 0},
		"the most": {503, func() string { return "30" }, 30 * time.Second},
		"past":     {503, func() string { return "Sun, 06 Nov 1994 08:49:37 GMT" }, 0},
		"date":     {503, func() string { return time.Now().UTC().Add(9 * time.Second).Format(http.TimeFormat) }, 9 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked []time.Time
				call := newCall(nowhere, httpcall.Repeatable)
				call.Limits = usual()
				call.Limits.Attempts = 2
				got, err := httpcall.New(patient(test.status, &asked, "Retry-After", test.value())).Do(t.Context(), call)
				require.NoError(t, err)
				assert.Equal(t, test.status, got.StatusCode)
				require.Len(t, asked, 2)
				pause := asked[1].Sub(asked[0])
				assert.GreaterOrEqual(t, pause, test.least)
				assert.Less(t, pause, test.least+call.Limits.MinWait)
				assert.Equal(t, asked[1], got.Sent)
			})
		})
	}
}

// TestRetryAfterIsTooMuch has an answer that is handed up at once instead.
func TestRetryAfterIsTooMuch(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value           string
		class           httpcall.Class
		total, deadline time.Duration
	}{
		"more than the cap":      {"31", httpcall.Repeatable, time.Hour, time.Hour},
		"a day":                  {"86400", httpcall.Repeatable, time.Hour, time.Hour},
		"overflow":               {"10000000000", httpcall.Repeatable, time.Hour, time.Hour},
		"a date":                 {"Fri, 31 Dec 9999 23:59:59 GMT", httpcall.Repeatable, time.Hour, time.Hour},
		"beyond the deadline":    {"10", httpcall.Repeatable, time.Hour, 10 * time.Second},
		"beyond the time of all": {"10", httpcall.Repeatable, 10 * time.Second, time.Hour},
		"single use":             {"1", httpcall.SingleUse, time.Hour, time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.deadline)
				defer cancel()
				var asked []time.Time
				start := time.Now()
				call := newCall(nowhere, test.class)
				call.Limits = usual()
				call.Limits.TotalTime = test.total
				got, err := httpcall.New(patient(503, &asked, "Retry-After", test.value)).Do(ctx, call)
				require.NoError(t, err)
				assert.Equal(t, 503, got.StatusCode)
				assert.Equal(t, test.value, got.Header.Get("Retry-After"))
				assert.Len(t, asked, 1)
				assert.Equal(t, start, time.Now(), "it waited")
			})
		})
	}
}

// TestJitter has pauses anywhere below a ceiling that doubles up to a cap.
func TestJitter(t *testing.T) {
	t.Parallel()
	ceilings := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, time.Second, time.Second}
	for name, header := range map[string][]string{"none": nil, "unreadable": {"Retry-After", "-1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				longest := make([]time.Duration, len(ceilings))
				shortest := []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour, time.Hour}
				for range 200 {
					var asked []time.Time
					call := newCall(nowhere, httpcall.Repeatable)
					call.Limits = usual()
					call.Limits.Attempts, call.Limits.MaxWait = len(ceilings)+1, time.Second
					_, err := httpcall.New(patient(503, &asked, header...)).Do(t.Context(), call)
					require.NoError(t, err)
					require.Len(t, asked, len(ceilings)+1)
					for i := range ceilings {
						pause := asked[i+1].Sub(asked[i])
						longest[i], shortest[i] = max(longest[i], pause), min(shortest[i], pause)
					}
				}
				for i, ceiling := range ceilings { // a chance of 0.9^200 to fail without cause
					assert.Less(t, longest[i], ceiling)
					assert.Greater(t, longest[i], ceiling*9/10)
					assert.Less(t, shortest[i], ceiling/10)
				}
			})
		})
	}
}

func TestAttemptsCountsAll(t *testing.T) {
	t.Parallel()
	for _, attempts := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			var asked []time.Time
			call := newCall(nowhere, httpcall.Repeatable)
			call.Limits.Attempts = attempts
			_, err := httpcall.New(patient(503, &asked)).Do(t.Context(), call)
			require.NoError(t, err)
			assert.Len(t, asked, attempts)
		})
	}
}

// TestTimeLimits measures how long a server that says nothing is listened to.
func TestTimeLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		attempt, total, client time.Duration
		attempts               int
		took, jitter           time.Duration
	}{
		"one attempt":            {30 * time.Second, time.Minute, 0, 1, 30 * time.Second, 0},
		"the client's Timeout":   {30 * time.Second, time.Minute, 4 * time.Second, 1, 4 * time.Second, 0},
		"a longer Timeout":       {30 * time.Second, time.Minute, time.Hour, 1, 30 * time.Second, 0},
		"Timeout of each of two": {30 * time.Second, time.Minute, 4 * time.Second, 2, 8 * time.Second, 200 * time.Millisecond},
		"time of all":            {30 * time.Second, 20 * time.Second, 0, 3, 20 * time.Second, 0},
		"time of all, in third":  {30 * time.Second, 70 * time.Second, 0, 3, 70 * time.Second, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				call := newCall(nowhere, httpcall.Repeatable)
				call.Limits = usual()
				call.Limits.Attempts, call.Limits.AttemptTime, call.Limits.TotalTime = test.attempts, test.attempt, test.total
				_, err := httpcall.New(&http.Client{Timeout: test.client, Transport: silent()}).Do(t.Context(), call)
				failed := failure(t, err)
				assert.Equal(t, httpcall.TimedOut, failed.Reason)
				assert.True(t, failed.Timeout())
				assert.False(t, failed.NotSent)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.GreaterOrEqual(t, time.Since(start), test.took)
				assert.LessOrEqual(t, time.Since(start), test.took+test.jitter)
			})
		})
	}
}

// silent answers nothing until the attempt is over.
func silent() http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		<-request.Context().Done()
		return nil, request.Context().Err()
	})
}
