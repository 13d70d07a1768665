// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the authorization endpoint (RFC 6749 §3.1) with PKCE
// (RFC 7636) and the issuer in its answer (RFC 9207).

package tokentest

import (
	"net/http"
	"net/url"
)

// answerAuthorization approves at once: there is no user, and no page.
func (s *Server) answerAuthorization(r Request) Answer {
	parameters := r.Query
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		parameters = r.Form
	default:
		return Answer{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {"GET, POST"}}}
	}
	target, refusal := s.redirectTarget(parameters)
	if refusal != nil {
		return *refusal
	}
	outcome := s.authorize(parameters)
	outcome.Set("iss", s.URL())
	if state := parameters.Get("state"); state != "" {
		outcome.Set("state", state)
	}
	query := target.Query()
	for name := range outcome {
		query.Set(name, outcome.Get(name))
	}
	target.RawQuery = query.Encode()
	return Redirect(http.StatusSeeOther, target.String())
}

// redirectTarget refuses, without a redirect, requests that name no place to send
// the answer to, RFC 6749 §4.1.2.1.
func (s *Server) redirectTarget(parameters url.Values) (*url.URL, *Answer) {
	clientID := parameters.Get("client_id")
	if name := repeatedParameter(parameters); name != "" {
		return nil, invalidRequest(name + " is repeated")
	}
	if clientID == "" {
		return nil, invalidRequest("client_id is missing")
	}
	if !s.knowsClient(clientID) {
		return nil, invalidRequest("client_id is unknown")
	}
	target, err := url.Parse(parameters.Get("redirect_uri"))
	if err != nil || !target.IsAbs() || target.Fragment != "" {
		return nil, invalidRequest("redirect_uri is not an absolute URI without a fragment")
	}
	return target, nil
}

// authorize returns the parameters of the redirect: a code or an error.
func (s *Server) authorize(parameters url.Values) url.Values {
	s.mu.Lock()
	denied := s.settings.DenyAuthorization
	s.mu.Unlock()
	challenge, method := parameters.Get("code_challenge"), parameters.Get("code_challenge_method")
	switch {
	case parameters.Get("response_type") == "":
		return url.Values{"error": {"invalid_request"}}
	case parameters.Get("response_type") != "code":
		return url.Values{"error": {"unsupported_response_type"}}
	case challenge != "" && method != "S256", challenge == "" && method != "":
		return url.Values{"error": {"invalid_request"}}
	case denied:
		return url.Values{"error": {"access_denied"}}
	}
	return url.Values{"code": {s.IssueCode(CodeGrant{
		ClientID:      parameters.Get("client_id"),
		RedirectURI:   parameters.Get("redirect_uri"),
		CodeChallenge: challenge,
		Scope:         parameters.Get("scope"),
	})}}
}
