// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const deviceURL = "https://as.example/connect/deviceauthorization"

func TestDeviceAuthorizationRequest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request tokenclient.DeviceAuthorizationRequest
		auth    func(*tokenclient.Config)
		body    string
	}{
		"least": {tokenclient.DeviceAuthorizationRequest{}, func(*tokenclient.Config) {}, ""},
		"all": {
			tokenclient.DeviceAuthorizationRequest{Scope: "openid api1", Resource: []string{"urn:a"}, Parameters: url.Values{"x": {"y"}}},
			func(*tokenclient.Config) {}, "scope=openid+api1&resource=urn%3Aa&x=y",
		},
		"a public client": {
			tokenclient.DeviceAuthorizationRequest{Scope: "api1"}, func(c *tokenclient.Config) { c.Auth = nil }, "scope=api1&client_id=client",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, test.auth, func(c *tokenclient.Config) {
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
			})
			mock.RegisterResponder(http.MethodPost, deviceURL, answer(sent, http.StatusOK, fixture(t, "token/device_authorization.json")))
			_, err := client.RequestDeviceAuthorization(t.Context(), test.request)
			require.NoError(t, err)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"), "also of an empty form")
		})
	}
}

// deviceReply sends a device authorization request to a server that answers with
// body.
func deviceReply(t *testing.T, body string) (*tokenclient.DeviceAuthorizationResponse, error) {
	t.Helper()
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodPost, deviceURL, answer(make(chan *http.Request, 1), http.StatusOK, body))
	return client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
}

func TestDeviceAuthorizationResponse(t *testing.T) {
	t.Parallel()
	response, err := deviceReply(t, fixture(t, "token/device_authorization.json"))
	require.NoError(t, err)
	assert.Equal(t, "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS", response.DeviceCode)
	assert.Equal(t, "WDJB-MJHT", response.UserCode)
	assert.Equal(t, "https://example.com/device", response.VerificationURI)
	assert.Equal(t, "https://example.com/device?user_code=WDJB-MJHT", response.VerificationURIComplete)
	assert.Equal(t, 30*time.Minute, response.ExpiresIn)
	assert.WithinDuration(t, time.Now().Add(30*time.Minute), response.Expiry, time.Minute)
	assert.Equal(t, 7*time.Second, response.Interval)
	poll := response.TokenRequest()
	assert.Equal(t, response.DeviceCode, poll.DeviceCode)
	assert.Equal(t, response.Interval, poll.Interval)
	assert.Equal(t, response.Expiry, poll.Expiry)
}

const deviceStart = `{"device_code":"d","user_code":"u","verification_uri":"https://as.example/d"`

func TestDeviceInterval(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		`null`: 5 * time.Second, `0`: 5 * time.Second, `-1`: 5 * time.Second, `true`: 5 * time.Second, `"x"`: 5 * time.Second,
		`1`: time.Second, `"3"`: 3 * time.Second, `9223372037`: 10 * 365 * 24 * time.Hour,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			response, err := deviceReply(t, deviceStart+`,"interval":`+value+`}`)
			require.NoError(t, err)
			assert.Equal(t, want, response.Interval)
			assert.True(t, response.Expiry.IsZero(), "no expiry is an unknown one")
		})
	}
	response, err := deviceReply(t, deviceStart+`}`)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, response.Interval)
}

func TestMalformedDeviceAuthorizationResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no device code":        `{"user_code":"u","verification_uri":"https://as.example"}`,
		"no user code":          `{"device_code":"d","verification_uri":"https://as.example"}`,
		"no verification URI":   `{"device_code":"d","user_code":"u"}`,
		"http":                  `{"device_code":"d","user_code":"u","verification_uri":"http://as.example"}`,
		"javascript":            `{"device_code":"d","user_code":"u","verification_uri":"javascript:alert(1)"}`,
		"relative":              `{"device_code":"d","user_code":"u","verification_uri":"/device"}`,
		"a user in the URI":     `{"device_code":"d","user_code":"u","verification_uri":"https://bank.example@evil.example"}`,
		"complete is http":      deviceStart + `,"verification_uri_complete":"http://as.example"}`,
		"number as device code": `{"device_code":1,"user_code":"u","verification_uri":"https://as.example"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := deviceReply(t, body)
			assert.Equal(t, tokenclient.KindMalformed, requireError(t, err).Kind)
			assert.Empty(t, response.DeviceCode)
			assert.Empty(t, response.UserCode)
		})
	}
}

func TestDeviceAuthorizationOldName(t *testing.T) {
	t.Parallel()
	response, err := deviceReply(t, `{"device_code":"d","user_code":"u","verification_url":"https://www.google.com/device"}`)
	require.NoError(t, err)
	assert.Equal(t, "https://www.google.com/device", response.VerificationURI)
}
