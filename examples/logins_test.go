// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/examples/authserver"
)

var formAction = regexp.MustCompile(`<form method="post" action="([^"]+)"`)

// answer fills in the form of the embedded server.
func answer(t *testing.T, user *http.Client, address string, form url.Values) (string, *http.Response) {
	t.Helper()
	shown, err := user.Get(address)
	action := formAction.FindStringSubmatch(page(t, shown, err))
	require.NotNil(t, action, "a page with a form")
	target, err := shown.Request.URL.Parse(action[1])
	require.NoError(t, err)
	next, err := user.PostForm(target.String(), form)
	return page(t, next, err), next
}

func allow() url.Values {
	return url.Values{"username": {"alice"}, "password": {"alice"}, "decision": {"allow"}}
}

func TestAuthorizationCodeByHand(t *testing.T) {
	t.Parallel()
	p := start(t, "authorizationcode", "-no-browser")
	address := p.await("Open this address: ")
	p.await("Log in as alice with the password alice.")
	shown, _ := answer(t, browser(t), address, allow())
	assert.Contains(t, shown, `<h1 id="result">Logged in</h1>`)
	stdout, _ := p.end(0)
	assert.Contains(t, stdout, "openid api1")
	assert.Contains(t, stdout, "access token  [redacted]")
	assert.Contains(t, stdout, "ID token ")
}

func TestAuthorizationCodeAutomatic(t *testing.T) {
	t.Parallel()
	p := start(t, "authorizationcode", "-no-browser", "-automatic")
	shown, err := browser(t).Get(p.await("Open this address: "))
	assert.Contains(t, page(t, shown, err), "Logged in")
	stdout, _ := p.end(0)
	assert.Contains(t, stdout, "Bearer [redacted]")
	assert.NotContains(t, stdout, "Log in as")
}

func TestAuthorizationCodeOtherServer(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{})
	var output []string
	for name, args := range map[string][]string{
		"by flags":       server.endpoints("-no-browser", "-client-id", "client.post", "-client-secret", "secret.post", "-auth", "post", "-scope", "openid api2"),
		"by environment": append(server.environment(), "CLIENT_ID=public", "SCOPE=openid api2", "-no-browser"),
	} {
		p := start(t, "authorizationcode", args...)
		address := p.await("Open this address: ")
		shown, err := browser(t).Get(address)
		assert.Contains(t, page(t, shown, err), "Logged in", name)
		code := shown.Request.URL.Query().Get("code")
		require.NotEmpty(t, code, name)
		stdout, stderr := p.end(0)
		assert.Contains(t, stdout, "openid api2", name)
		assert.NotContains(t, stdout+stderr, code, name)
		assert.NotContains(t, stdout+stderr, "secret.post", name)
		output = append(output, stdout, stderr)
	}
	server.requireSecret(t, output...)
}

func TestAuthorizationCodeRefused(t *testing.T) {
	t.Parallel()
	p := start(t, "authorizationcode", "-no-browser")
	shown, response := answer(t, browser(t), p.await("Open this address: "), url.Values{"decision": {"deny"}})
	assert.Contains(t, shown, "Not logged in")
	assert.Equal(t, http.StatusBadRequest, response.StatusCode)
	_, stderr := p.end(1)
	assert.Contains(t, stderr, "access_denied")
	assert.Contains(t, stderr, "Hint: the user said no")
}

func TestAuthorizationCodeForeignAnswer(t *testing.T) {
	t.Parallel()
	p := start(t, "authorizationcode", "-no-browser")
	address, err := url.Parse(p.await("Open this address: "))
	require.NoError(t, err)
	callback := address.Query().Get("redirect_uri")
	user := browser(t)

	nothing, err := user.Get(callback)
	page(t, nothing, err)
	assert.Equal(t, http.StatusBadRequest, nothing.StatusCode, "no answer: the program waits on")
	foreign, err := user.Get(callback + "?code=canary&state=another")
	assert.Contains(t, page(t, foreign, err), "Not logged in")
	_, stderr := p.end(1)
	assert.Contains(t, stderr, "Kind     policy")
	assert.NotContains(t, stderr, "canary")
}

func TestAuthorizationCodeNobody(t *testing.T) {
	t.Parallel()
	_, stderr := start(t, "authorizationcode", "-no-browser", "-timeout", "1ms").end(1)
	assert.Contains(t, stderr, "waiting for the login: context deadline exceeded")
	assert.Contains(t, stderr, "-timeout")
}

func TestDeviceCodeByHand(t *testing.T) {
	t.Parallel()
	p := start(t, "devicecode")
	code := p.await("Enter this code: ")
	link := p.await("Both in one: ")
	assert.Contains(t, link, code)
	shown, _ := answer(t, browser(t), link, allow())
	assert.Contains(t, shown, "Your device is connected")
	stdout, _ := p.end(0)
	assert.Contains(t, stdout, "Bearer [redacted]")
	assert.NotContains(t, stdout, "\x1b", "lines, because this is no terminal")
}

func TestDeviceCodeOtherServer(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{DeviceInterval: time.Second})
	var output []string
	for name, args := range map[string][]string{
		"by flags":       server.endpoints("-client-id", "client.post", "-client-secret", "secret.post", "-auth", "post", "-scope", "openid api2"),
		"by environment": append(server.environment(), "CLIENT_ID=public", "SCOPE=openid api2"),
	} {
		p := start(t, "devicecode", args...)
		require.NoError(t, server.ApproveDevice(p.await("Enter this code: ")), name)
		stdout, stderr := p.end(0)
		assert.Contains(t, stdout, "openid api2", name)
		output = append(output, stdout, stderr)
	}
	server.requireSecret(t, output...)
}

func TestDeviceCodeRefused(t *testing.T) {
	t.Parallel()
	server := startServer(t, authserver.Options{DeviceInterval: time.Second})
	p := start(t, "devicecode", server.endpoints("-client-id", "public")...)
	require.NoError(t, server.DenyDevice(p.await("Enter this code: ")))
	_, stderr := p.end(1)
	assert.Contains(t, stderr, "access_denied")
	assert.Contains(t, stderr, "Hint: the user said no")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	skipWithoutSignals(t)
	for name, test := range map[string]struct {
		args  []string
		ready string
	}{
		"devicecode":        {nil, "Waiting for the user."},
		"authorizationcode": {[]string{"-no-browser"}, "Log in as"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, name, test.args...)
			p.await(test.ready)
			require.NoError(t, p.command.Process.Signal(os.Interrupt))
			_, stderr := p.end(1)
			assert.Contains(t, stderr, "Interrupted before there was a token.")
		})
	}
}

// xdg-open gets the address that was printed, as one argument.
func TestOpensBrowser(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("open and rundll32 cannot be replaced by a script")
	}
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	script := "#!/bin/sh\nprintf '%s|%s' \"$#\" \"$1\" >'" + opened + ".new' && mv '" + opened + ".new' '" + opened + "'\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700))

	p := start(t, "authorizationcode", "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"), "-automatic")
	address := p.await("Open this address: ")
	var got []byte
	require.Eventually(t, func() bool {
		var err error
		got, err = os.ReadFile(opened)
		return err == nil
	}, timeLimit, 10*time.Millisecond)
	assert.Equal(t, "1|"+address, string(got))
	shown, err := browser(t).Get(address)
	assert.Contains(t, page(t, shown, err), "Logged in")
	p.end(0)
}
