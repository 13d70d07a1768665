// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/internal/challenge"
	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

// newRefusal makes the error of a complete answer that is no success: an error
// response (RFC 6749 section 5.2) at any status, or a plain HTTP status.
func newRefusal(k *call) *Error {
	answer := k.answer
	e := &Error{
		Kind: KindHTTP, Outcome: outcomeOf(answer.StatusCode, answer.Header),
		Operation: k.operation, Endpoint: k.endpoint.label, StatusCode: answer.StatusCode,
	}
	e.RetryAfter, _ = challenge.RetryAfter(answer.Header, time.Now())
	e.readCode(k)
	switch {
	case e.Code != "":
		e.Kind = KindProtocol
	case e.StatusCode/100 == 2:
		e.Kind, e.detail = KindMalformed, "the body has a member error that is no OAuth error"
	default:
		e.detail = "the answer is no success and holds no OAuth error"
	}
	e.advice = adviceFor(e, k)
	switch e.Code {
	case ErrUseDPoPNonce, ErrAuthorizationPending, ErrSlowDown:
		if e.StatusCode < 500 { // the server has decided nothing: the credential is as good as before
			e.Outcome = NotProcessed
		}
	case ErrInvalidDPoPProof:
		e.advice = clockAdvice(answer.Header, time.Now())
	}
	return e
}

// readCode takes the error code. To a request with a proof, a DPoP challenge that asks
// for a nonce goes before whatever a server, or a framework in front of it, says
// besides: it is what can be answered (RFC 9449 section 9).
func (e *Error) readCode(k *call) {
	e.readMembers(k.answer.Body, k)
	challenges := challenge.Parse(k.answer.Header.Values("WWW-Authenticate"))
	switch {
	case e.Code == ErrUseDPoPNonce:
	case k.proved && e.StatusCode == http.StatusUnauthorized && slices.ContainsFunc(challenges, asksForNonce):
		e.Code, e.Description, e.URI = ErrUseDPoPNonce, "", ""
	case e.Code == "": // it is in a challenge when there is no body (RFC 6750 section 3)
		e.Code = errorCode(challenge.Parameter(challenges, "error"), k)
	}
}

func asksForNonce(c challenge.Challenge) bool {
	return strings.EqualFold(c.Scheme, TokenTypeDPoP) && c.Parameters["error"] == string(ErrUseDPoPNonce)
}

// readMembers takes the members of an error response, if body is one.
func (e *Error) readMembers(body string, k *call) {
	_ = jsonfield.Members(body, func(name string, value gjson.Result) { // anything else is a plain HTTP error
		text, _ := jsonfield.String(value)
		switch name {
		case "error":
			e.Code = errorCode(text, k)
		case "error_description":
			e.Description = describe(text, k)
		case "error_uri":
			e.URI = webAddress(text, k)
		}
	})
	if e.Code == "" {
		e.Description, e.URI = "", ""
	}
}

// webAddress returns text when it is an absolute http or https URL that repeats no
// credential of the request.
func webAddress(text string, k *call) string {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" || describe(text, k) != text {
		return ""
	}
	return text
}

// errorCode returns text when it is an error code. A text that repeats a
// credential of the request is none, unless it is a registered code: those are words
// that may also be, say, a user name.
func errorCode(text string, k *call) ErrorCode {
	if code := ErrorCode(text); isErrorText(text) && (code.isRegistered() || describe(text, k) == text) {
		return code
	}
	return ""
}

// isErrorText reports whether an error code has the characters that RFC 6749
// section 5.2 allows. At more than 128 of them it is no code.
func isErrorText(text string) bool {
	return text != "" && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool {
		return r < ' ' || r > '~' || r == '"' || r == '\\'
	})
}

// outcomeOf returns what a status says about the credential. A gateway's status
// says nothing about what happened behind it.
func outcomeOf(status int, header http.Header) Outcome {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return NotProcessed
	case http.StatusServiceUnavailable:
		if _, ok := challenge.RetryAfter(header, time.Now()); ok {
			return NotProcessed
		}
		return Unknown
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return Final
	}
	if status >= 500 {
		return Unknown
	}
	return Final
}

// adviceFor says what to do next, where that is known.
func adviceFor(e *Error, k *call) string {
	switch e.Code {
	case ErrInvalidClient:
		return "check ClientID, the secret and the way of client authentication"
	case ErrInvalidGrant:
		return "the credential is wrong, expired or used before; get a new one"
	case ErrUnauthorizedClient, ErrUnsupportedGrantType:
		return "allow the grant for this client at the server"
	case ErrInvalidScope:
		return "ask for scopes that the client is allowed to have"
	case ErrInvalidToken:
		return "the access token is expired, revoked or not for this; get a new one"
	}
	switch {
	case e.RetryAfter > 0:
		return "the server asks to wait " + e.RetryAfter.Round(time.Second).String()
	case e.Kind == KindHTTP && e.StatusCode == http.StatusNotFound:
		return "check the address of the endpoint"
	case e.Outcome == Unknown:
		return k.afterUnknown()
	}
	return ""
}
