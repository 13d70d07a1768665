// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import "github.com/seed-df263610/identitymodel/tokenclient"

// faultRow says what has to happen when a call meets a fault.
type faultRow struct {
	fault string
	kind  string // of the errors; where a cell has another it says so
	code  tokenclient.ErrorCode
	cells faultWants

	keepAlive bool // the caller has a transport that keeps connections for all calls
}

func (r faultRow) name() string {
	if r.keepAlive {
		return r.fault + ", caller's transport"
	}
	return r.fault
}

// faultWants are the cells of a row, in the order of faultCalls: the requests
// that arrive whole, "of" the attempts when they differ, and the outcome.
type faultWants = [4]string

// The kinds of errors, and "timeout" for a transport error about time.
const (
	faultTransport = "transport"
	faultTimeout   = "timeout"
	faultStatus    = "http"
	faultProtocol  = "protocol"
	faultPolicy    = "policy"
	faultMalformed = "malformed"
)

// The cells of most rows.
var (
	wantToken   = faultWants{"1 token", "1 token", "1 token", "1 token"}
	wantFinal   = faultWants{"1 final", "1 final", "1 final", "1 final"}
	wantUnknown = faultWants{"1 unknown", "1 unknown", "1 unknown", "1 unknown"}
	// Provably nothing was sent, so everything is sent again.
	wantNotSent = faultWants{"0 of 3 not processed", "0 of 3 not processed", "0 of 3 not processed", "1 of 3 token"}
	// The same where the proof is the connection trace, which only calls with
	// something to lose have.
	wantNotSentByTrace = faultWants{"0 of 3 unknown", "0 of 3 not processed", "0 of 3 not processed", "1 of 3 token"}
	// A connection is lost after the request was read, or as it was.
	wantLost   = faultWants{"3 unknown", "1 unknown", "1 unknown", "3 token"}
	wantUnread = faultWants{"0 of 3 unknown", "0 of 1 unknown", "0 of 1 unknown", "1 of 3 token"}
	// A gateway or a server in trouble.
	wantGateway = faultWants{"3 unknown", "1 unknown", "1 unknown", "3 token"}
	wantTrouble = faultWants{"1 unknown", "1 unknown", "1 unknown", "3 token"}
	// A server that declines.
	wantDeclined = faultWants{"3 not processed", "1 not processed", "1 not processed", "3 token"}
	// One that asks for more patience than anybody has.
	wantLater = faultWants{"1 not processed", "1 not processed", "1 not processed", "1 not processed"}
)

var faultTable = []faultRow{
	{fault: "HTTP/1.1", cells: wantToken},
	{fault: "TLS", cells: wantToken},
	{fault: "HTTP/2 works", cells: wantToken},
	{fault: "a tunnel through a proxy", cells: wantToken},
	{fault: "chunked", cells: wantToken},
	{fault: "until the connection ends", cells: wantToken},
	{fault: "three 1xx first", cells: wantToken},
	{fault: "JSON as text/plain", cells: wantToken},
	{fault: "no content type", cells: wantToken},

	{fault: "no such host", kind: faultTransport, cells: wantNotSent},
	{fault: "name server fails", kind: faultTransport, cells: wantNotSent},
	{fault: "name server is silent", kind: faultTimeout, cells: wantNotSentByTrace},
	{fault: "connection refused", kind: faultTransport, cells: wantNotSent},
	{fault: "no route to host", kind: faultTransport, cells: wantNotSent},
	{fault: "black hole", kind: faultTimeout, cells: wantNotSentByTrace},
	{fault: "backlog is full", kind: faultTimeout, cells: wantNotSentByTrace},

	{fault: "unknown authority", kind: faultTransport, cells: wantNotSent},
	{fault: "certificate has expired", kind: faultTransport, cells: wantNotSent},
	{fault: "certificate of another host", kind: faultTransport, cells: wantNotSent},
	{fault: "TLS 1.1 at most", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "plain HTTP on the TLS port", kind: faultTransport, cells: wantNotSent},
	{fault: "handshake stalls", kind: faultTimeout, cells: wantNotSentByTrace},
	{fault: "closed in the handshake", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "reset in the handshake", kind: faultTransport, cells: wantNotSentByTrace},

	{fault: "proxy says 403", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "proxy says 407", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "proxy says 502", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "proxy closes", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "proxy resets", kind: faultTransport, cells: wantNotSentByTrace},
	{fault: "proxy is silent", kind: faultTimeout, cells: wantNotSentByTrace},

	// A stale connection is met by what can be repeated only; with a caller's
	// transport by everything, and then nobody knows.
	{fault: "stale keep-alive", kind: faultTransport, cells: faultWants{"1 of 2 token", "1 token", "1 token", "1 token"}},
	{
		fault: "stale keep-alive", keepAlive: true, kind: faultTransport,
		cells: faultWants{"1 of 2 token", "0 of 1 unknown", "0 of 1 unknown", "1 of 2 token"},
	},
	{fault: "reset before the request is read", kind: faultTransport, cells: wantUnread},
	{fault: "reset while the request is read", kind: faultTransport, cells: wantUnread},
	{fault: "reset after the request is read", kind: faultTransport, cells: wantLost},
	{fault: "closed after the request is read", kind: faultTransport, cells: wantLost},
	{fault: "reset, TLS", kind: faultTransport, cells: wantLost},
	{fault: "closed, TLS", kind: faultTransport, cells: wantLost},
	{fault: "closed in the status line", kind: faultTransport, cells: wantLost},
	{fault: "closed in the header", kind: faultTransport, cells: wantLost},

	{fault: "silence before the header", kind: faultTimeout, cells: wantLost},
	{fault: "silence in the header", kind: faultTimeout, cells: wantLost},
	{fault: "silence after 100 Continue", kind: faultTimeout, cells: wantLost},
	{fault: "silence before the body", kind: faultTimeout, cells: wantLost},
	{fault: "silence in the body", kind: faultTimeout, cells: wantLost},
	{fault: "silence in a body of status 400", kind: faultTimeout, cells: wantLost},
	{fault: "silence, TLS", kind: faultTimeout, cells: wantLost},

	{fault: "ends early, by length", kind: faultTransport, cells: wantLost},
	{fault: "ends early, by length, TLS", kind: faultTransport, cells: wantLost},
	{fault: "reset in the body", kind: faultTransport, cells: wantLost},
	{fault: "ends early, chunked", kind: faultTransport, cells: wantLost},
	{fault: "ends early in a chunk", kind: faultTransport, cells: wantLost},
	{fault: "ends early, close-delimited", kind: faultMalformed, cells: wantFinal}, // nothing but the JSON shows it
	{fault: "length is too small", kind: faultMalformed, cells: wantFinal},
	{fault: "length is 0", kind: faultMalformed, cells: wantFinal},
	{fault: "length is negative", kind: faultTransport, cells: wantLost},
	{fault: "length is no number", kind: faultTransport, cells: wantLost},
	{fault: "two lengths", kind: faultTransport, cells: wantLost},
	{fault: "chunk size is no number", kind: faultTransport, cells: wantLost},
	{fault: "gzip that is none", kind: faultTransport, cells: wantLost},
	{fault: "gzip, cut", kind: faultTransport, cells: wantLost},
	{fault: "plain HTTP within TLS", kind: faultTransport, cells: wantLost},
	{fault: "not HTTP", kind: faultTransport, cells: wantLost},
	{fault: "a header without a colon", kind: faultTransport, cells: wantLost},

	{fault: "length of 2 MiB", kind: faultMalformed, cells: wantFinal},
	{fault: "endless body", kind: faultMalformed, cells: wantFinal},
	{fault: "endless body, chunked", kind: faultMalformed, cells: wantFinal},
	{fault: "endless body of status 400", kind: faultStatus, cells: wantFinal},
	{fault: "endless body of status 503", kind: faultStatus, cells: wantTrouble}, // one such body is enough
	{fault: "gzip bomb", kind: faultMalformed, cells: wantFinal},
	{fault: "gzip bomb of status 502", kind: faultStatus, cells: wantTrouble},
	{fault: "a header of 70 KiB", kind: faultTransport, cells: wantLost},
	{fault: "endless header", kind: faultTransport, cells: wantLost},
	{fault: "endless status line", kind: faultTransport, cells: wantLost},
	{fault: "5000 times 1xx", kind: faultTransport, cells: wantLost},
	{fault: "endless 1xx", kind: faultTransport, cells: wantLost},

	{fault: "GOAWAY, stream disowned", kind: faultTransport, cells: wantLost},
	{fault: "GOAWAY, stream disowned, calm down", kind: faultTransport, cells: wantLost},
	{fault: "GOAWAY, then an answer", cells: wantToken},
	{fault: "GOAWAY, then closed", kind: faultTransport, cells: wantLost},
	{fault: "REFUSED_STREAM", kind: faultTransport, cells: wantLost},
	{fault: "INTERNAL_ERROR", kind: faultTransport, cells: wantLost},
	{fault: "PROTOCOL_ERROR", kind: faultTransport, cells: wantLost},
	{fault: "CANCEL", kind: faultTransport, cells: wantLost},
	{fault: "ENHANCE_YOUR_CALM", kind: faultTransport, cells: wantLost},
	{fault: "NO_ERROR, no answer", kind: faultTransport, cells: wantLost},
	{fault: "reset in the body, HTTP/2", kind: faultTransport, cells: wantLost},
	{fault: "closed in the body, HTTP/2", kind: faultTransport, cells: wantLost},
	{fault: "ends early, HTTP/2", kind: faultTransport, cells: wantLost},
	{fault: "closed, HTTP/2", kind: faultTransport, cells: wantLost},
	{fault: "a frame that is none", kind: faultTransport, cells: wantLost},
	{fault: "HTTP/2, silence", kind: faultTimeout, cells: wantLost},
	{fault: "HTTP/2, silence in the body", kind: faultTimeout, cells: wantLost},

	{fault: "400", kind: faultStatus, cells: wantFinal},
	{fault: "401", kind: faultStatus, cells: wantFinal},
	{fault: "403", kind: faultStatus, cells: wantFinal},
	{fault: "404", kind: faultStatus, cells: wantFinal},
	{fault: "405", kind: faultStatus, cells: wantFinal},
	{fault: "408", kind: faultStatus, cells: wantDeclined},
	{fault: "409", kind: faultStatus, cells: wantFinal},
	{fault: "410", kind: faultStatus, cells: wantFinal},
	{fault: "413", kind: faultStatus, cells: wantFinal},
	{fault: "418", kind: faultStatus, cells: wantFinal},
	{fault: "421", kind: faultStatus, cells: wantFinal},
	{fault: "425", kind: faultStatus, cells: faultWants{"1 not processed", "1 not processed", "1 not processed", "3 token"}},
	{fault: "429", kind: faultStatus, cells: wantDeclined},
	{fault: "431", kind: faultStatus, cells: wantFinal},
	{fault: "451", kind: faultStatus, cells: wantFinal},
	{fault: "500", kind: faultStatus, cells: wantTrouble},
	{fault: "501", kind: faultStatus, cells: faultWants{"1 final", "1 final", "1 final", "3 token"}},
	{fault: "502", kind: faultStatus, cells: wantGateway},
	{fault: "503", kind: faultStatus, cells: wantGateway},
	{fault: "504", kind: faultStatus, cells: wantGateway},
	{fault: "505", kind: faultStatus, cells: faultWants{"1 final", "1 final", "1 final", "3 token"}},
	{fault: "507", kind: faultStatus, cells: wantTrouble},
	{fault: "511", kind: faultStatus, cells: wantTrouble},
	{fault: "520", kind: faultStatus, cells: wantTrouble},
	{fault: "599", kind: faultStatus, cells: wantTrouble},
	{fault: "201 with a token", kind: faultMalformed, cells: wantFinal},
	{fault: "202 with a token", kind: faultMalformed, cells: wantFinal},
	{fault: "203 with a token", kind: faultMalformed, cells: wantFinal},
	{fault: "206 with a token", kind: faultMalformed, cells: wantFinal},
	{fault: "204", kind: faultMalformed, cells: wantFinal},
	{fault: "400 with a token", kind: faultStatus, cells: wantFinal},
	{fault: "500 with a token", kind: faultStatus, cells: wantTrouble},
	{fault: "500 with {}", kind: faultStatus, cells: wantTrouble},
	{fault: "101", kind: faultStatus, cells: wantFinal},
	{fault: "999", kind: faultStatus, cells: wantTrouble},

	{fault: "400 invalid_grant", kind: faultProtocol, code: "invalid_grant", cells: wantFinal},
	{fault: "401 invalid_client", kind: faultProtocol, code: "invalid_client", cells: wantFinal},
	{fault: "400 invalid_request", kind: faultProtocol, code: "invalid_request", cells: wantFinal},
	{fault: "400 unauthorized_client", kind: faultProtocol, code: "unauthorized_client", cells: wantFinal},
	{fault: "400 unsupported_grant_type", kind: faultProtocol, code: "unsupported_grant_type", cells: wantFinal},
	{fault: "400 invalid_scope", kind: faultProtocol, code: "invalid_scope", cells: wantFinal},
	{fault: "400 some_other", kind: faultProtocol, code: "some_other", cells: wantFinal},
	{fault: "400 authorization_pending", kind: faultProtocol, code: "authorization_pending", cells: faultWants{"1 not processed", "1 not processed", "1 not processed", "3 token"}},
	{fault: "400 slow_down", kind: faultProtocol, code: "slow_down", cells: faultWants{"1 not processed", "1 not processed", "1 not processed", "1 final policy expired_token"}},
	{fault: "400 access_denied", kind: faultProtocol, code: "access_denied", cells: wantFinal},
	{fault: "400 expired_token", kind: faultProtocol, code: "expired_token", cells: wantFinal},
	{fault: "403 access_denied", kind: faultProtocol, code: "access_denied", cells: wantFinal},
	{fault: "200 invalid_grant", kind: faultProtocol, code: "invalid_grant", cells: wantFinal},
	{fault: "404 invalid_grant", kind: faultProtocol, code: "invalid_grant", cells: wantFinal},
	{fault: "408 temporarily_unavailable", kind: faultProtocol, code: "temporarily_unavailable", cells: wantDeclined},
	{
		fault: "429 slow_down", kind: faultProtocol, code: "slow_down",
		cells: faultWants{"3 not processed", "1 not processed", "1 not processed", "1 final policy expired_token"},
	},
	{fault: "429 temporarily_unavailable", kind: faultProtocol, code: "temporarily_unavailable", cells: wantDeclined},
	{fault: "500 server_error", kind: faultProtocol, code: "server_error", cells: wantTrouble},
	{fault: "500 invalid_grant", kind: faultProtocol, code: "invalid_grant", cells: wantUnknown},
	{fault: "502 server_error", kind: faultProtocol, code: "server_error", cells: wantGateway},
	{fault: "503 temporarily_unavailable", kind: faultProtocol, code: "temporarily_unavailable", cells: wantGateway},
	{fault: "503 authorization_pending", kind: faultProtocol, code: "authorization_pending", cells: wantGateway},
	{fault: "504 server_error", kind: faultProtocol, code: "server_error", cells: wantGateway},
	{fault: "401 with a challenge only", kind: faultProtocol, code: "invalid_token", cells: wantFinal},

	{fault: `503, "0"`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, " 0 "`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, "1"`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, "3600"`, kind: faultStatus, cells: wantLater},
	{fault: `503, "99999999999999999999"`, kind: faultStatus, cells: wantLater},
	{fault: `503, "-1"`, kind: faultStatus, cells: wantGateway}, // unreadable: as if it were not there
	{fault: `503, "+1"`, kind: faultStatus, cells: wantGateway},
	{fault: `503, "1.5"`, kind: faultStatus, cells: wantGateway},
	{fault: `503, "soon"`, kind: faultStatus, cells: wantGateway},
	{fault: `503, ""`, kind: faultStatus, cells: wantGateway},
	{fault: `503, "Sun, 06 Nov 1994 08:49:37 GMT"`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, "Sunday, 06-Nov-94 08:49:37 GMT"`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, "Sun Nov  6 08:49:37 1994"`, kind: faultStatus, cells: wantDeclined},
	{fault: `503, "Fri, 31 Dec 2100 23:59:59 GMT"`, kind: faultStatus, cells: wantLater},
	{fault: `503, "2100-12-31T23:59:59Z"`, kind: faultStatus, cells: wantGateway},
	{fault: `429, "0"`, kind: faultStatus, cells: wantDeclined},
	{fault: `429, "3600"`, kind: faultStatus, cells: wantLater},
	{fault: `502, "0"`, kind: faultStatus, cells: wantGateway},
	{fault: `502, "3600"`, kind: faultStatus, cells: wantUnknown},
	{fault: `500, "0"`, kind: faultStatus, cells: wantTrouble},
	{fault: `400, "0"`, kind: faultStatus, cells: wantFinal},
	{fault: "503, twice", kind: faultStatus, cells: wantDeclined}, // the first counts

	{fault: "301", kind: faultPolicy, cells: wantFinal},
	{fault: "302", kind: faultPolicy, cells: wantFinal},
	{fault: "303", kind: faultPolicy, cells: wantFinal},
	{fault: "307", kind: faultPolicy, cells: wantFinal},
	{fault: "308", kind: faultPolicy, cells: wantFinal},
	{fault: "302 without an address", kind: faultPolicy, cells: wantFinal},
	{fault: "300", kind: faultPolicy, cells: wantFinal},
	{fault: "304", kind: faultPolicy, cells: wantFinal},

	{fault: "empty", kind: faultMalformed, cells: wantFinal},
	{fault: "null", kind: faultMalformed, cells: wantFinal},
	{fault: "an array", kind: faultMalformed, cells: wantFinal},
	{fault: "a string", kind: faultMalformed, cells: wantFinal},
	{fault: "cut JSON", kind: faultMalformed, cells: wantFinal},
	{fault: "two objects", kind: faultMalformed, cells: wantFinal},
	{fault: "an object without a token", kind: faultMalformed, cells: wantFinal},
	{fault: "a token that is null", kind: faultMalformed, cells: wantFinal},
	{fault: "a token that is empty", kind: faultMalformed, cells: wantFinal},
	{fault: "a token that is a number", kind: faultMalformed, cells: wantFinal},
	{fault: "a token with a line break", kind: faultMalformed, cells: wantFinal},
	{fault: "a token twice", kind: faultMalformed, cells: wantFinal},
	{fault: "a token of invalid UTF-8", kind: faultMalformed, cells: wantFinal},
	{fault: "an error that is no string", kind: faultMalformed, cells: wantFinal},
	{fault: "a byte order mark", cells: wantToken}, // RFC 8259 section 8.1 lets readers ignore it
	{fault: "UTF-16", kind: faultMalformed, cells: wantFinal},
	{fault: "NUL bytes", kind: faultMalformed, cells: wantFinal},
	{fault: "100000 brackets", kind: faultMalformed, cells: wantFinal},
	{fault: "a web page", kind: faultMalformed, cells: wantFinal},
	{fault: "JSON as text/html", kind: faultMalformed, cells: wantFinal},
	{fault: "a form", kind: faultMalformed, cells: wantFinal},
	{fault: "an unknown content coding", kind: faultMalformed, cells: wantFinal},
}
