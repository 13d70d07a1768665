// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the Device Authorization Grant (RFC 8628).

package tokentest

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"time"
)

// slowDownStep is what slow_down adds to the interval, RFC 8628 §3.5.
const slowDownStep = 5 * time.Second

type deviceState int

const (
	devicePending deviceState = iota
	deviceApproved
	deviceDenied
	deviceExpired
	deviceSpent
)

type device struct {
	deviceCode string
	userCode   string
	family     *family
	state      deviceState
	expiry     time.Time
	interval   time.Duration
	lastPoll   time.Time // zero before the first
}

// ApproveDevice lets the user behind the user code say yes: the next poll gets
// tokens. It reports whether the code was waiting for an answer.
func (s *Server) ApproveDevice(userCode string) bool {
	return s.decideDevice(userCode, deviceApproved)
}

// DenyDevice lets the user behind the user code say no: polls get access_denied.
// It reports whether the code was waiting for an answer.
func (s *Server) DenyDevice(userCode string) bool {
	return s.decideDevice(userCode, deviceDenied)
}

// ExpireDevice ends the life of the device code that goes with the user code:
// polls get expired_token. It reports whether the code was waiting for an answer.
func (s *Server) ExpireDevice(userCode string) bool {
	return s.decideDevice(userCode, deviceExpired)
}

// LastUserCode returns the user code of the latest device authorization, or ""
// before the first.
func (s *Server) LastUserCode() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.devices) == 0 {
		return ""
	}
	return s.devices[len(s.devices)-1].userCode
}

func (s *Server) decideDevice(userCode string, decision deviceState) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.devices {
		if d.userCode == userCode && d.state == devicePending {
			d.state = decision
			return true
		}
	}
	return false
}

// answerDeviceAuthorization implements RFC 8628 §3.2. Nothing is served at the
// verification URI: the test is the user.
func (s *Server) answerDeviceAuthorization(r Request) Answer {
	if refusal := checkForm(r); refusal != nil {
		return *refusal
	}
	clientID, refusal := s.authenticate(r)
	if refusal != nil {
		return *refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lifetime, interval := s.settings.deviceCodeLifetime(), s.settings.deviceInterval()
	d := &device{
		deviceCode: "dc-" + rand.Text(),
		userCode:   newUserCode(),
		family:     &family{clientID: clientID, scope: r.Form.Get("scope")},
		expiry:     r.Time.Add(lifetime),
		interval:   interval,
	}
	s.devices = append(s.devices, d)
	body := map[string]any{
		"device_code":               d.deviceCode,
		"user_code":                 d.userCode,
		"verification_uri":          s.URL() + "/device",
		"verification_uri_complete": s.URL() + "/device?user_code=" + url.QueryEscape(d.userCode),
		"expires_in":                int64(lifetime.Seconds()),
	}
	if s.settings.DeviceInterval >= 0 {
		body["interval"] = int64(interval.Seconds())
	}
	answer := JSON(http.StatusOK, body)
	answer.Header = http.Header{"Cache-Control": {"no-store"}}
	return answer
}

// deviceCodeGrant answers one poll, RFC 8628 §3.5.
func (s *Server) deviceCodeGrant(r Request, clientID string) Answer {
	value := r.Form.Get("device_code")
	if value == "" {
		return *invalidRequest("device_code is missing")
	}
	d := s.findDevice(value)
	if d == nil || !d.family.belongsTo(clientID) || d.state == deviceSpent {
		return invalidGrant("the device code is unknown, another client's or used before")
	}
	if d.state == deviceExpired || !r.Time.Before(d.expiry) {
		return OAuthError(http.StatusBadRequest, "expired_token", "")
	}
	tooFast := !d.lastPoll.IsZero() && r.Time.Sub(d.lastPoll) < d.interval
	d.lastPoll = r.Time
	switch {
	case tooFast && !s.settings.AllowFastPolling:
		d.interval += slowDownStep
		return OAuthError(http.StatusBadRequest, "slow_down", "")
	case d.state == deviceDenied:
		return OAuthError(http.StatusBadRequest, "access_denied", "")
	case d.state == devicePending:
		return OAuthError(http.StatusBadRequest, "authorization_pending", "")
	}
	d.state = deviceSpent
	return s.newGrantAnswer(r, d.family)
}

func (s *Server) findDevice(deviceCode string) *device {
	for _, d := range s.devices {
		if d.deviceCode == deviceCode {
			return d
		}
	}
	return nil
}

// newUserCode makes a code such as "WDJB-MJHT" from the alphabet of
// RFC 8628 §6.1.
func newUserCode() string {
	const alphabet, length = "BCDFGHJKLMNPQRSTVWXZ", 8
	code := make([]byte, 0, length+1)
	for len(code) <= length {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		if int(b[0]) >= 256-256%len(alphabet) {
			continue // would favour the first letters
		}
		if len(code) == length/2 {
			code = append(code, '-')
		}
		code = append(code, alphabet[int(b[0])%len(alphabet)])
	}
	return string(code)
}
