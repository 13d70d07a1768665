// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// screenshotsDirectory is that of internal/interop, which git ignores.
const screenshotsDirectory = "../.run/screenshots"

// shoot takes a screenshot. Whether it is kept turns out when the test ends.
func (c *chromium) shoot() {
	c.t.Helper()
	c.shots = append(c.shots, do(c, "take a screenshot", chromedp.CaptureScreenshot()))
}

// keepShots writes the screenshots of a test that failed, the last one taken now,
// and tells what the browser shows.
func (c *chromium) keepShots() {
	directory := filepath.Join(screenshotsDirectory, filepath.FromSlash(c.t.Name()))
	require.NoError(c.t, os.RemoveAll(directory)) // those of an earlier run
	if c.t.Failed() {
		c.shootFailure()
	} else if os.Getenv("KEEP_SCREENSHOTS") == "" {
		return
	}
	keepShots(c.t, directory, c.shots)
}

// shootFailure tells of its own failures without hiding that of the test.
func (c *chromium) shootFailure() {
	ctx, cancel := context.WithTimeout(c.tab, stepLimit)
	defer cancel()
	location, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		c.t.Logf("the browser does not say what it shows: %v", err)
		return
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	c.t.Logf("the browser shows %s (%v):\n%s", location, err, text)
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		c.t.Logf("no last screenshot: %v", err)
		return
	}
	c.shots = append(c.shots, shot)
}

func keepShots(t *testing.T, directory string, shots [][]byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(directory, 0o755))
	for i, shot := range shots {
		name := filepath.Join(directory, fmt.Sprintf("%d.png", i+1))
		require.NoError(t, os.WriteFile(name, shot, 0o644))
	}
	absolute, err := filepath.Abs(directory)
	require.NoError(t, err)
	t.Logf("%d screenshots in %s", len(shots), absolute)
}
