// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"cmp"
	"time"

	"github.com/seed-df263610/identitymodel/internal/httpcall"
)

// Retry bounds how often and for how long a request is sent. The zero value is
// the default.
//
// Whether a request is sent again depends on what it carries. A request that can
// be repeated (client_credentials, token exchange, an assertion that is made for
// each attempt, device authorization, pushed authorization, introspection,
// revocation, UserInfo, reading and deleting a registration) is sent again after
// a lost connection and after the statuses 408, 429, 502, 503 and 504. A request
// with something that works once (authorization_code, refresh_token, password, an
// assertion given once, backchannel authentication, registration and its update,
// and every grant type that this package does not know, unless
// TokenRequest.Repeatable says otherwise) is sent again only when provably
// nothing was sent: the name was not found, the connection was refused, the
// handshake failed. A poll for a device or a backchannel login is sent once, however
// many attempts there may be: the next one follows. Every attempt is authenticated
// anew. The answer to a DPoP nonce challenge is no repetition, and not counted.
type Retry struct {
	// MaxAttempts is how often a request is sent at most. 0 means 3; 1 means
	// never again.
	MaxAttempts int
	// MinWait is the upper end of the first pause; it doubles with each attempt,
	// and the pause itself is random (full jitter). 0 means 200 ms.
	MinWait time.Duration
	// MaxWait is the upper end of every pause. 0 means 5 s.
	MaxWait time.Duration
	// MaxRetryAfter is how long a server may ask the client to wait with
	// Retry-After; when it asks for more, the error says so at once. 0 means 30 s.
	// A poll waits for up to its interval and this, but not for what is beyond the
	// expiry.
	MaxRetryAfter time.Duration
	// AttemptTimeout limits one attempt, its client authentication included. 0
	// means 30 s, and 45 s for polling, because servers may hold a poll for 30 s.
	AttemptTimeout time.Duration
	// TotalTimeout limits all attempts and pauses of one request. 0 means 60 s.
	// The caller's context can only shorten it.
	TotalTimeout time.Duration
}

const (
	defaultAttempts       = 3
	defaultMinWait        = 200 * time.Millisecond
	defaultMaxWait        = 5 * time.Second
	defaultMaxRetryAfter  = 30 * time.Second
	defaultAttemptTimeout = 30 * time.Second
	defaultPollTimeout    = 45 * time.Second
	defaultTotalTimeout   = 60 * time.Second
)

// check reports a negative value, which has no meaning.
func (r Retry) check() *Error {
	for _, setting := range []struct {
		name  string
		value int64
	}{
		{"MaxAttempts", int64(r.MaxAttempts)},
		{"MinWait", int64(r.MinWait)},
		{"MaxWait", int64(r.MaxWait)},
		{"MaxRetryAfter", int64(r.MaxRetryAfter)},
		{"AttemptTimeout", int64(r.AttemptTimeout)},
		{"TotalTimeout", int64(r.TotalTimeout)},
	} {
		if setting.value < 0 {
			return invalid(operationNew, "Config.Retry."+setting.name, "is negative")
		}
	}
	return nil
}

func (r Retry) limits() httpcall.Limits {
	return httpcall.Limits{
		Attempts:      cmp.Or(r.MaxAttempts, defaultAttempts),
		MinWait:       cmp.Or(r.MinWait, defaultMinWait),
		MaxWait:       cmp.Or(r.MaxWait, defaultMaxWait),
		MaxRetryAfter: cmp.Or(r.MaxRetryAfter, defaultMaxRetryAfter),
		AttemptTime:   cmp.Or(r.AttemptTimeout, defaultAttemptTimeout),
		TotalTime:     cmp.Or(r.TotalTimeout, defaultTotalTimeout),
	}
}

// pollLimits are those of one poll: the polling itself is what repeats it.
func (r Retry) pollLimits() httpcall.Limits {
	limits := r.limits()
	limits.Attempts = 1
	limits.AttemptTime = cmp.Or(r.AttemptTimeout, defaultPollTimeout)
	return limits
}

// classOf returns when a token request may be sent again. What is not known is
// taken to work once.
func classOf(grantType string) httpcall.Class {
	switch grantType {
	case GrantTypeClientCredentials, GrantTypeTokenExchange:
		return httpcall.Repeatable
	default:
		return httpcall.SingleUse
	}
}
