// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the answers to the challenges of an API (RFC 6750 section 3,
// RFC 9449 section 9).

package tokensource

import (
	"net/http"
	"strings"

	"github.com/seed-df263610/identitymodel/internal/challenge"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// maxSends is how often a request is sent, all told.
const maxSends = 3

// send sends a request with the token, and again when a challenge says that another
// token or nonce is all it takes, and the body can be had again.
func (t *Transport) send(request *http.Request) (*http.Response, error) {
	token, err := t.Source.Token(request.Context())
	if err != nil {
		return refuse(request, err)
	}
	ready, err := t.authorize(request, token)
	if err != nil {
		return refuse(request, err)
	}
	var did resent
	for sends := 1; ; sends++ {
		response, err := t.sendOnce(request, ready)
		if err != nil || response.StatusCode != http.StatusUnauthorized || sends == maxSends {
			return response, err
		}
		next, ok := t.next(request, response, ready, &did)
		if !ok {
			return response, nil
		}
		if response.Body != nil {
			discard(response)
		}
		ready = next
	}
}

// resent says what a request was sent again for.
type resent struct{ renewal, nonce bool }

// next returns what to send after a 401, if anything.
func (t *Transport) next(request *http.Request, response *http.Response, sent attempt, did *resent) (attempt, bool) {
	challenges := challenge.Parse(response.Header.Values("WWW-Authenticate"))
	switch {
	case !did.nonce && t.wantsNonce(request, challenges, sent):
		did.nonce = true
		return t.again(request, sent.token)
	case !did.renewal && refuses(challenges, sent.token) && (t.Renew == nil || t.Renew(response)):
		did.renewal = true
		token, ok := t.renewed(request, sent.token)
		if !ok {
			return attempt{}, false
		}
		return t.again(request, token)
	}
	return attempt{}, false
}

// wantsNonce reports whether the API asks for a nonce, and another one is known than
// when the proof was made, whichever call's answer has brought it.
func (t *Transport) wantsNonce(request *http.Request, challenges []challenge.Challenge, sent attempt) bool {
	return t.Prover != nil && isBound(sent.token) &&
		challenge.Parameter(challenges, "error", tokenclient.TokenTypeDPoP) == string(tokenclient.ErrUseDPoPNonce) &&
		t.Prover.Nonce(request.URL) != sent.nonce
}

// refuses reports whether a challenge for the scheme of the token says that the
// token is no good, or nothing.
func refuses(challenges []challenge.Challenge, token tokenclient.Token) bool {
	for _, one := range challenges {
		code := one.Parameters["error"]
		if strings.EqualFold(one.Scheme, token.Type) && (code == "" || code == string(tokenclient.ErrInvalidToken)) {
			return true
		}
	}
	return false
}

// renewed drops the token that was refused, and returns another one if the request
// can be sent again with it. What is wrong with the source the next request says;
// this one has an answer.
func (t *Transport) renewed(request *http.Request, refused tokenclient.Token) (tokenclient.Token, bool) {
	if source, ok := t.Source.(invalidator); ok {
		source.Invalidate(request.Context(), refused)
	}
	if !canReplay(request) {
		return tokenclient.Token{}, false
	}
	token, err := t.Source.Token(request.Context())
	return token, err == nil && token.AccessToken() != refused.AccessToken()
}

func canReplay(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// again returns the request to send once more, with a body that nobody has read.
func (t *Transport) again(request *http.Request, token tokenclient.Token) (attempt, bool) {
	if !canReplay(request) {
		return attempt{}, false
	}
	ready, err := t.authorize(request, token)
	if err != nil {
		return attempt{}, false
	}
	if request.Body != nil && request.Body != http.NoBody {
		body, err := request.GetBody()
		if err != nil {
			return attempt{}, false
		}
		ready.Body = body
	}
	return ready, true
}
