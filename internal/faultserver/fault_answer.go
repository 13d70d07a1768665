// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package faultserver

import (
	"fmt"
	"strings"
)

func repeated(text string, count int) string { return strings.Repeat(text, count) }

// chunks is text in two chunks, without the last one.
func chunks(text string) string {
	half := len(text) / 2
	return fmt.Sprintf("%x\r\n%s\r\n%x\r\n%s\r\n", half, text[:half], len(text)-half, text[half:])
}

const (
	chunked = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	closing = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
)

// ofLength announces a length, whatever the body is.
func ofLength(length any, body string) answer {
	return raw(fmt.Sprintf("%sContent-Length: %v\r\n\r\n%s", closing, length, body))
}

func mangled() []Fault {
	return []Fault{
		{Name: "ends early, by length", answer: ofLength(len(tokenJSON)+10, tokenJSON)},
		{Name: "ends early, by length, TLS", tls: true, answer: ofLength(len(tokenJSON)+10, tokenJSON)},
		{Name: "reset in the body", answer: resetAfter(message(200, tokenJSON)[:120])},
		{Name: "ends early, chunked", answer: raw(chunked + chunks(tokenJSON))},
		{Name: "ends early in a chunk", answer: raw(chunked + chunks(tokenJSON)[:60])},
		{Name: "ends early, close-delimited", answer: raw(closing + "\r\n" + tokenJSON[:60])},
		{Name: "length is too small", answer: ofLength(60, tokenJSON)},
		{Name: "length is 0", answer: ofLength(0, tokenJSON)},
		{Name: "length is negative", answer: ofLength(-1, tokenJSON)},
		{Name: "length is no number", answer: ofLength("many", tokenJSON)},
		{Name: "two lengths", answer: raw(closing + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + tokenJSON)},
		{Name: "chunk size is no number", answer: raw(chunked + "zz\r\n" + tokenJSON)},
		{Name: "gzip that is none", answer: respond(200, tokenJSON, "Content-Encoding: gzip")},
		{Name: "gzip, cut", answer: respond(200, zipped()[:100], "Content-Encoding: gzip")},
		{Name: "plain HTTP within TLS", tls: true, answer: func(x *exchange) bool {
			write(x.tcp, message(200, tokenJSON))
			return false
		}},
		{Name: "not HTTP", answer: raw(AccessToken + "\r\n\r\n")},
		{Name: "a header without a colon", answer: raw("HTTP/1.1 200 OK\r\nContent-Type application/json\r\n\r\n" + tokenJSON)},
	}
}

// Surplus is a server that answers once more than it was asked. It is not among
// [All]: net/http writes the second answer to the standard logger when the
// connection is kept.
func Surplus() Fault {
	return Fault{Name: "answers twice", answer: func(x *exchange) bool {
		return write(x.conn, message(200, tokenJSON)+message(200, tokenJSON))
	}}
}

func excesses() []Fault {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	return []Fault{
		{Name: "length of 2 MiB", answer: hang(head + "Content-Length: 2097152\r\n\r\n" + tokenJSON)},
		{Name: "endless body", answer: endless(head+"\r\n", " ")},
		{Name: "endless body, chunked", answer: endless(head+"Transfer-Encoding: chunked\r\n\r\n", "40\r\n"+repeated(" ", 64)+"\r\n")},
		{Name: "endless body of status 400", answer: endless("HTTP/1.1 400 Bad Request\r\n\r\n", " ")},
		{Name: "endless body of status 503", answer: endless("HTTP/1.1 503 Unavailable\r\n\r\n", " ")},
		{Name: "gzip bomb", answer: gzipBomb(200)},
		{Name: "gzip bomb of status 502", answer: gzipBomb(502)},
		{Name: "a header of 70 KiB", answer: raw(closing + "X-Fill: " + repeated("x", 70<<10) + "\r\n\r\n" + tokenJSON)},
		{Name: "endless header", answer: endless(closing, "X-Fill: x\r\n")},
		{Name: "endless status line", answer: endless("HTTP/1.1 200 ", "x")},
		{Name: "5000 times 1xx", answer: raw(repeated("HTTP/1.1 103 Early Hints\r\n\r\n", 5000) + message(200, tokenJSON))},
		{Name: "endless 1xx", answer: endless("", "HTTP/1.1 102 Processing\r\n\r\n")},
	}
}

func streams() []Fault {
	over := func(name string, answer streamAnswer) Fault { return Fault{Name: name, tls: true, stream: answer} }
	silent, half := over("HTTP/2, silence", hangStream), over("HTTP/2, silence in the body", partStream(hangStream))
	silent.Slow, half.Slow = true, true
	return []Fault{
		over("GOAWAY, stream disowned", disown(errorNone)),
		over("GOAWAY, stream disowned, calm down", disown(errorEnhanceYourCalm)),
		over("GOAWAY, then an answer", func(x *stream) bool {
			return send(x.conn, x.goAway(x.id, errorNone)) && healthyStream(x)
		}),
		over("GOAWAY, then closed", func(x *stream) bool {
			send(x.conn, x.goAway(x.id, errorNone))
			return false
		}),
		over("REFUSED_STREAM", resetStream(errorRefusedStream)),
		over("INTERNAL_ERROR", resetStream(errorInternal)),
		over("PROTOCOL_ERROR", resetStream(errorProtocol)),
		over("CANCEL", resetStream(errorCancel)),
		over("ENHANCE_YOUR_CALM", resetStream(errorEnhanceYourCalm)),
		over("NO_ERROR, no answer", resetStream(errorNone)),
		over("reset in the body, HTTP/2", partStream(func(x *stream) bool { return send(x.conn, x.reset(errorInternal)) })),
		over("closed in the body, HTTP/2", partStream(closeStream)),
		over("ends early, HTTP/2", func(x *stream) bool {
			return send(x.conn, x.headers("content-type", "application/json", "content-length", "500"), x.data(flagEndStream, tokenJSON))
		}),
		over("closed, HTTP/2", closeStream),
		over("a frame that is none", func(x *stream) bool {
			return write(x.conn, repeated("\xff", 64)) && hangStream(x)
		}),
		silent, half,
	}
}

func redirects() []Fault {
	var faults []Fault
	for _, status := range []int{301, 302, 303, 307, 308} {
		faults = append(faults, Fault{Name: fmt.Sprint(status), answer: respond(status, "", "Location: /token?next")})
	}
	return append(faults,
		Fault{Name: "302 without an address", answer: respond(302, "")},
		Fault{Name: "300", answer: respond(300, "")},
		Fault{Name: "304", answer: respond(304, "")},
	)
}

func oddBodies() []Fault {
	var faults []Fault
	add := func(name, body string, header ...string) {
		faults = append(faults, Fault{Name: name, answer: respond(200, body, header...)})
	}
	add("empty", "")
	add("null", "null")
	add("an array", "["+tokenJSON+"]")
	add("a string", `"`+AccessToken+`"`)
	add("cut JSON", tokenJSON[:len(tokenJSON)-1])
	add("two objects", tokenJSON+tokenJSON)
	add("an object without a token", "{}")
	add("a token that is null", `{"access_token":null}`)
	add("a token that is empty", `{"access_token":""}`)
	add("a token that is a number", `{"access_token":42}`)
	add("a token with a line break", `{"access_token":"CANARY-access\r\ntoken"}`)
	add("a token twice", `{"access_token":"CANARY-access-token","access_token":"b"}`)
	add("a token of invalid UTF-8", "{\"access_token\":\"CANARY-access\xff\"}")
	add("an error that is no string", `{"error":{"code":1},"access_token":"CANARY-access-token"}`)
	add("a byte order mark", "\xef\xbb\xbf"+tokenJSON)
	add("UTF-16", "{\x00}\x00")
	add("NUL bytes", "\x00\x00\x00\x00")
	add("100000 brackets", `{"a":`+repeated("[", 100_000))
	add("a web page", "<html>"+AccessToken, "Content-Type: text/html; charset=utf-8")
	add("JSON as text/html", tokenJSON, "Content-Type: text/html")
	add("a form", "access_token="+AccessToken+"&token_type=bearer", "Content-Type: application/x-www-form-urlencoded")
	add("an unknown content coding", "\x8b\x02\x80", "Content-Encoding: br")
	return faults
}
