// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import "time"

const (
	defaultAccessTokenLifetime = time.Hour
	defaultDeviceCodeLifetime  = 10 * time.Minute
	defaultDeviceInterval      = 5 * time.Second // RFC 8628 §3.2
)

// Settings are what [Server.Configure] sets. The zero value is the default.
type Settings struct {
	// AccessTokenLifetime is the expires_in of access tokens, cut to whole
	// seconds. Default 1 hour. Negative: the answer has no expires_in and the
	// token does not expire. Optional.
	AccessTokenLifetime time.Duration

	// DeviceCodeLifetime is the expires_in of device codes, cut to whole seconds.
	// Default 10 minutes. Optional.
	DeviceCodeLifetime time.Duration

	// DeviceInterval is how long a device must wait between two polls, cut to
	// whole seconds, at least 1. Default 5 seconds. Negative: the answer has no
	// interval, which means 5 seconds, [RFC 8628 §3.2]. Optional.
	//
	// [RFC 8628 §3.2]: https://www.rfc-editor.org/rfc/rfc8628#section-3.2
	DeviceInterval time.Duration

	// AllowFastPolling makes the server announce the interval but never answer
	// slow_down, for clients under test that run on a clock of their own.
	// Default false. Optional.
	AllowFastPolling bool

	// DenyAuthorization makes the authorization endpoint answer access_denied
	// instead of approving. Default false. Optional.
	DenyAuthorization bool

	// Now is the server's clock: it decides what has expired, what polls too
	// fast, and [Request.Time]. It must be safe for concurrent use. It does not
	// drive [Answer.Delay]. Default [time.Now]. Optional.
	Now func() time.Time
}

// Configure replaces all settings, from the next request on.
//
// Tokens and device codes that were issued before keep their lifetime and
// interval.
func (s *Server) Configure(settings Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = settings
}

// now asks the server's clock. The caller must not hold s.mu: the clock is the
// caller's code.
func (s *Server) now() time.Time {
	s.mu.Lock()
	clock := s.settings.Now
	s.mu.Unlock()
	if clock == nil {
		return time.Now()
	}
	return clock()
}

// accessTokenLifetime is zero for tokens that do not expire.
func (s Settings) accessTokenLifetime() time.Duration {
	switch {
	case s.AccessTokenLifetime < 0:
		return 0
	case s.AccessTokenLifetime == 0:
		return defaultAccessTokenLifetime
	default:
		return max(s.AccessTokenLifetime.Truncate(time.Second), time.Second)
	}
}

func (s Settings) deviceCodeLifetime() time.Duration {
	if s.DeviceCodeLifetime <= 0 {
		return defaultDeviceCodeLifetime
	}
	return max(s.DeviceCodeLifetime.Truncate(time.Second), time.Second)
}

func (s Settings) deviceInterval() time.Duration {
	if s.DeviceInterval <= 0 {
		return defaultDeviceInterval
	}
	return max(s.DeviceInterval.Truncate(time.Second), time.Second)
}
