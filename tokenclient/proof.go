// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the client of Demonstrating Proof of Possession (RFC 9449):
// package dpop makes the proofs.

package tokenclient

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

// proofs are a client's use of a prover, which may be nil: then there are none.
type proofs struct {
	prover      *dpop.Prover
	allowBearer bool
}

// prove adds the proof of one attempt.
func (p proofs) prove(k *call, header http.Header) error {
	if p.prover == nil || !k.bound {
		return nil
	}
	k.nonce, k.given = p.nonce(k), ""
	proof, err := p.prover.ProofWithNonce(cmp.Or(k.method, http.MethodPost), k.endpoint.url, k.accessToken, k.nonce)
	if err != nil {
		return err
	}
	header["Dpop"], k.proved = []string{proof}, true
	return nil
}

// isNonceChallenge reports whether the server wants a nonce, and has not looked at
// what the request carries: status 400 (RFC 9449 section 8) or 401 (section 9), as
// APIs say it and some authorization servers do. At another status the code says
// nothing about that.
func (r *Response) isNonceChallenge() bool {
	if r.err == nil || r.err.Code != ErrUseDPoPNonce || r.err.Outcome != NotProcessed {
		return false
	}
	return r.StatusCode == http.StatusBadRequest || r.StatusCode == http.StatusUnauthorized
}

// hasNewNonce reports whether the next proof would have another nonce.
func (p proofs) hasNewNonce(k *call) bool {
	return p.prover != nil && k.bound && p.nonce(k) != k.nonce
}

// nonce returns the nonce for the next proof: the one that the last answer to this
// call has brought, or else the last one that any call's answer has.
func (p proofs) nonce(k *call) string {
	return cmp.Or(k.given, p.prover.Nonce(k.endpoint.url))
}

// thumbprint returns the dpop_jkt of a login.
func (p proofs) thumbprint() string {
	if p.prover == nil {
		return ""
	}
	return p.prover.Thumbprint()
}

// refuseDowngrade refuses a token that is not bound to the key although a proof
// went along: whoever steals it can use it (RFC 9449 section 5).
func (p proofs) refuseDowngrade(t *TokenResponse) {
	if p.prover == nil || p.allowBearer || t.err != nil || strings.EqualFold(t.TokenType, TokenTypeDPoP) {
		return
	}
	t.err = t.distrusted("the token is not bound to the DPoP key: its type is not DPoP")
	t.err.advice = "see Config.AllowBearer; Raw has the token"
}

// clockAdvice helps with a proof that was refused, most often for its iat.
func clockAdvice(header http.Header, now time.Time) string {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return "compare the clocks"
	}
	return "the server's clock shows " + date.UTC().Format(time.RFC3339) + ", this one " + now.UTC().Format(time.RFC3339)
}

// Authorize adds the token to a request to an API: the header Authorization, and
// for a token that is bound to a key the header DPoP, with a proof for this
// request (RFC 6750 section 2.1, RFC 9449 section 7.1). A proof is for one
// sending: call Authorize again before the request is sent again, and give the
// prover each response with Remember, for its nonce. The prover may be nil for a
// bearer token.
//
// The proof names the Host of the request when that is set, as [http.Request.Write]
// sends it, because it is the host that the API sees. The nonce is that of the server
// in the URL, whom the request goes to.
//
// A token of another type than Bearer and DPoP is an error, and so is a bound
// token without its prover, an empty token, and a token that no header can hold.
func (t Token) Authorize(request *http.Request, prover *dpop.Prover) error {
	token := t.AccessToken()
	if token == "" || !fitsHeader(token) {
		return errors.New("tokenclient: the token is empty, or has characters that no header can hold")
	}
	if request.Header == nil {
		request.Header = make(http.Header)
	}
	switch {
	case strings.EqualFold(t.Type, TokenTypeBearer):
		request.Header.Del("DPoP")
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	case !strings.EqualFold(t.Type, TokenTypeDPoP):
		return errors.New("tokenclient: the type of the token is neither Bearer nor DPoP, so it is not known how to use it")
	case prover == nil:
		return errors.New("tokenclient: the token is bound to a DPoP key, and there is no prover")
	}
	target, err := targetOf(request)
	if err != nil {
		return err
	}
	proof, err := prover.ProofWithNonce(cmp.Or(request.Method, http.MethodGet), target, token, prover.Nonce(request.URL))
	if err != nil {
		return err
	}
	request.Header.Set("DPoP", proof)
	request.Header.Set("Authorization", "DPoP "+token)
	return nil
}

// targetOf returns the URL of a request as its server sees it.
func targetOf(request *http.Request) (*url.URL, error) {
	if request.URL == nil || request.Host == "" || request.Host == request.URL.Host {
		return request.URL, nil
	}
	if strings.ContainsAny(request.Host, `/?#@\`) { // it would run into the rest of the URL
		return nil, errors.New("tokenclient: the Host of the request is not a host")
	}
	target := *request.URL
	target.Host = request.Host
	return &target, nil
}
