// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
)

// userCode is the field for the code of a device, which has no id.
const userCode = `input[name="user_code"]`

// logIn fills in the page that asks for name and password.
func (c *chromium) logIn(name, password string) {
	c.t.Helper()
	c.sees("Log in")
	c.fill("#login", name)
	c.fill("#password", password)
	c.click("#submit")
}

// consent allows the program what it asks for.
func (c *chromium) consent() {
	c.t.Helper()
	c.sees("Consent")
	assert.Equal(c.t, "openid profile", c.read("#scopes"))
	c.click("#submit")
}

// flags tell a program which server to use, as which client. The server's
// mtls_endpoint_aliases are on another port, which has to be accepted.
func flags(server *oidcprovider.Server, clientID string, more ...string) []string {
	return append([]string{
		"-issuer", server.Issuer(),
		"-additional-base", server.HTTPS(),
		"-client-id", clientID,
		"-scope", "openid profile",
	}, more...)
}

func TestBrowserAuthorizationCode(t *testing.T) {
	t.Parallel()
	path := build(t, "authorizationcode")
	server := oidcprovider.New(t, oidcprovider.Options{Interactive: true})
	begin := func(t *testing.T) (*program, *chromium) {
		t.Helper()
		p := start(t, path, []string{"CLIENT_SECRET=" + oidcprovider.ClientSecret},
			flags(server, oidcprovider.BasicClientID, "-no-browser")...)
		user := newBrowser(t)
		user.open(p.await("Open this address:"))
		return p, user
	}

	t.Run("allowed", func(t *testing.T) {
		t.Parallel()
		p, user := begin(t)

		user.logIn(oidcprovider.Alice, oidcprovider.Alice)
		user.consent()
		user.sees("Logged in")
		assert.Equal(t, "Logged in", user.read("#result"))

		p.end(0, token...)
	})

	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		p, user := begin(t)

		user.logIn(oidcprovider.Alice, "wrong")
		assert.Equal(t, "unknown user or wrong password", user.read("#error"))
		user.shoot()
		user.click("#cancel")
		user.sees("Not logged in")
		assert.Equal(t, "Not logged in", user.read("#result"))

		stderr := p.end(1)
		assert.Contains(t, stderr, "access_denied")
		assert.Contains(t, stderr, "Hint: the user said no")
	})
}

func TestBrowserDeviceCode(t *testing.T) {
	t.Parallel()
	path := build(t, "devicecode")
	server := oidcprovider.New(t, oidcprovider.Options{Interactive: true, Interval: time.Second})
	begin := func(t *testing.T) (p *program, address, code, link string) {
		t.Helper()
		p = start(t, path, nil, flags(server, oidcprovider.PublicClientID)...)
		return p, p.await("Open this address:"), p.await("Enter this code:"), p.await("Both in one:")
	}
	output := append([]string{"Waiting for the user.*"}, token...)

	t.Run("code typed in", func(t *testing.T) {
		t.Parallel()
		p, address, code, _ := begin(t)
		user := newBrowser(t)

		user.open(address)
		user.sees("Device")
		user.fill(userCode, code)
		user.click("#submit")
		user.sees("Confirm the device")
		assert.Equal(t, code, user.read("#user-code"))
		user.click("#submit")
		user.logIn(oidcprovider.Alice, oidcprovider.Alice)
		user.consent()
		user.sees("Device connected")

		p.end(0, output...)
	})

	t.Run("link", func(t *testing.T) {
		t.Parallel()
		p, _, code, link := begin(t)
		user := newBrowser(t)

		user.open(link)
		user.sees("Confirm the device")
		assert.Equal(t, code, user.read("#user-code"))
		user.click("#submit")
		user.logIn(oidcprovider.Bob, oidcprovider.Bob)
		user.consent()
		user.sees("Device connected")

		p.end(0, output...)
	})

	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		p, _, _, link := begin(t)
		user := newBrowser(t)

		user.open(link)
		user.sees("Confirm the device")
		user.click("#cancel")
		user.sees("Device")
		assert.Equal(t, "the interaction was aborted", user.read("#error"))

		stderr := p.end(1, output[0])
		assert.Contains(t, stderr, "access_denied")
		assert.Contains(t, stderr, "Hint: the user said no")
	})
}
