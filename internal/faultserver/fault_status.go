// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import "fmt"

// statuses are answers without an OAuth error.
func statuses() []Fault {
	var faults []Fault
	for _, status := range []int{
		400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 421, 425, 429, 431, 451,
		500, 501, 502, 503, 504, 505, 507, 511, 520, 599,
	} {
		faults = append(faults, Fault{
			Name: fmt.Sprint(status), answer: respond(status, "<html>"+AccessToken, "Content-Type: text/html"),
		})
	}
	for _, status := range []int{201, 202, 203, 206} {
		faults = append(faults, Fault{Name: fmt.Sprint(status, " with a token"), answer: respond(status, tokenJSON)})
	}
	return append(faults,
		Fault{Name: "204", answer: respond(204, "")},
		Fault{Name: "400 with a token", answer: respond(400, tokenJSON)},
		Fault{Name: "500 with a token", answer: respond(500, tokenJSON)},
		Fault{Name: "500 with {}", answer: respond(500, "{}")},
		Fault{Name: "101", answer: raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")},
		Fault{Name: "999", answer: respond(999, "")},
	)
}

func oauthErrors() []Fault {
	var faults []Fault
	add := func(status int, code string, header ...string) {
		faults = append(faults, Fault{Name: fmt.Sprint(status, " ", code), answer: refuse(status, code, header...)})
	}
	add(400, "invalid_grant")
	add(401, "invalid_client", `WWW-Authenticate: Basic realm="x"`)
	add(400, "invalid_request")
	add(400, "unauthorized_client")
	add(400, "unsupported_grant_type")
	add(400, "invalid_scope")
	add(400, "some_other")
	add(400, "authorization_pending")
	add(400, "slow_down")
	add(400, "access_denied")
	add(400, "expired_token")
	add(403, "access_denied")
	add(200, "invalid_grant")
	add(404, "invalid_grant")
	add(408, "temporarily_unavailable")
	add(429, "slow_down")
	add(429, "temporarily_unavailable")
	add(500, "server_error")
	add(500, "invalid_grant")
	add(502, "server_error")
	add(503, "temporarily_unavailable")
	add(503, "authorization_pending")
	add(504, "server_error")
	return append(faults, Fault{
		Name: "401 with a challenge only", answer: respond(401, "", `WWW-Authenticate: Bearer error="invalid_token"`),
	})
}

// retryAfters are the shapes of Retry-After with 503, and some with others.
func retryAfters() []Fault {
	var faults []Fault
	add := func(status int, value string) {
		faults = append(faults, Fault{
			Name: fmt.Sprintf("%d, %q", status, value), answer: respond(status, "", "Retry-After: "+value),
		})
	}
	add(503, "0")
	add(503, " 0 ")
	add(503, "1")
	add(503, "3600")
	add(503, "99999999999999999999")
	add(503, "-1")
	add(503, "+1")
	add(503, "1.5")
	add(503, "soon")
	add(503, "")
	add(503, "Sun, 06 Nov 1994 08:49:37 GMT")
	add(503, "Sunday, 06-Nov-94 08:49:37 GMT")
	add(503, "Sun Nov  6 08:49:37 1994")
	add(503, "Fri, 31 Dec 2100 23:59:59 GMT")
	add(503, "2100-12-31T23:59:59Z")
	add(429, "0")
	add(429, "3600")
	add(502, "0")
	add(502, "3600")
	add(500, "0")
	add(400, "0")
	return append(faults, Fault{
		Name: "503, twice", answer: respond(503, "", "Retry-After: 0", "Retry-After: 3600"),
	})
}
