// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// stepLimit is far more than Chromium takes to start, or to show a page.
const stepLimit = 30 * time.Second

// chromium is a browser of its own with an empty profile and one tab.
type chromium struct {
	t     *testing.T
	tab   context.Context
	shots [][]byte
}

// newBrowser starts Chromium, and kills it when the test ends.
func newBrowser(t *testing.T) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "this test needs Chromium: make browser installs it, or apt-get install chromium")

	// Not t.Context(), which ends before the last screenshot is taken. The profile
	// is a new folder that goes with the browser and all processes that use it.
	allocator, kill := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoFirstRun,
		chromedp.NoSandbox, // root has none
		chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), // containers have little
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(800, 600),
	)
	t.Cleanup(kill)
	tab, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(tab, stepLimit)
		defer cancel()
		if chromedp.Cancel(ctx) != nil { // politely, so that it removes its files
			closeBrowser()
		}
	})

	late := time.AfterFunc(stepLimit, kill)
	defer late.Stop()
	require.NoError(t, chromedp.Do(tab), "start %s within %v", path, stepLimit)

	c := &chromium{t: t, tab: tab}
	t.Cleanup(c.keepShots)
	return c
}

// open opens the address.
func (c *chromium) open(address string) {
	c.t.Helper()
	c.do("open the address", chromedp.Navigate(address))
}

// sees waits for the page with the heading.
func (c *chromium) sees(heading string) {
	c.t.Helper()
	c.do("wait for the page "+heading, chromedp.WaitVisible(chromedp.Search(`//h1[.="`+heading+`"]`)))
	c.shoot()
}

// read waits for the element and returns its text.
func (c *chromium) read(selector chromedp.CSS) string {
	c.t.Helper()
	return do(c, "read "+string(selector), chromedp.Text(selector))
}

// fill types the text into the field.
func (c *chromium) fill(selector chromedp.CSS, text string) {
	c.t.Helper()
	c.do("fill in "+string(selector), chromedp.SendKeys(selector, text))
}

// click clicks the button with the mouse.
func (c *chromium) click(selector chromedp.CSS) {
	c.t.Helper()
	c.do("click "+string(selector), chromedp.Click(selector))
}

func (c *chromium) do(what string, action chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	do(c, what, action)
}

func do[T any](c *chromium, what string, action chromedp.Action[T]) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.tab, stepLimit)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	require.NoError(c.t, err, what)
	return value
}
