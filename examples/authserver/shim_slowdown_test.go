// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSlowDown(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	polls := newPolls(5*time.Second, 5*time.Minute, 3)
	polls.start("device", "USER", now)

	for _, step := range []struct {
		after time.Duration
		want  verdict
	}{
		{0, verdict{decideBy: "USER"}},
		{5 * time.Second, verdict{decideBy: "USER"}},
		{time.Second, verdict{tooFast: true}},     // the interval is 10 s now
		{5 * time.Second, verdict{tooFast: true}}, // 15 s
		{14 * time.Second, verdict{decideBy: "USER", approve: true}},
		{15 * time.Second, verdict{decideBy: "USER"}},
	} {
		now = now.Add(step.after)
		assert.Equal(t, step.want, polls.pending("device", now), now)
	}
	assert.Equal(t, verdict{}, polls.pending("unknown", now))
	assert.Equal(t, verdict{}, polls.pending("unknown", now))

	polls.start("other", "USER", now.Add(time.Hour))
	assert.Len(t, polls.polls, 1, "the expired one is gone")
}
