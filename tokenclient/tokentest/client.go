// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokentest

import "net/http"

// AddClient registers a client, or changes its secret; an empty secret makes a
// public client.
//
// As long as no client is registered, anybody passes. From the first one on, the
// token and device authorization endpoints want the credentials of a registered
// client, as Basic with form encoding or as client_id and client_secret in the
// body, [RFC 6749 §2.3.1]; a public client sends client_id alone. Anything else
// is answered with 401 invalid_client.
//
// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
func (s *Server) AddClient(clientID, clientSecret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[clientID] = clientSecret
}

// AddUser registers a resource owner for the password grant, or changes the
// password. As long as there is none, that grant answers invalid_grant.
func (s *Server) AddUser(username, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[username] = password
}

// authenticate returns the client that sent the request, or the answer that
// refuses it.
func (s *Server) authenticate(r Request) (clientID string, refusal *Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.clients) == 0 {
		return r.ClientID(), nil
	}
	id, secret, basic := r.BasicAuth()
	formID, formSecret := r.Form.Get("client_id"), r.Form.Get("client_secret")
	switch {
	case !basic && r.Header.Get("Authorization") != "":
		return "", invalidClient()
	case !basic:
		id, secret = formID, formSecret
	case formSecret != "":
		return "", invalidRequest("more than one method of client authentication")
	case formID != "" && formID != id:
		return "", invalidRequest("client_id is not the authenticated client")
	}
	if want, known := s.clients[id]; !known || want != secret {
		return "", invalidClient()
	}
	return id, nil
}

func (s *Server) knowsClient(clientID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.clients[clientID]
	return known || len(s.clients) == 0
}

func invalidClient() *Answer {
	answer := OAuthError(http.StatusUnauthorized, "invalid_client", "")
	answer.Header.Set("WWW-Authenticate", `Basic realm="tokentest"`)
	return &answer
}

func invalidRequest(description string) *Answer {
	answer := OAuthError(http.StatusBadRequest, "invalid_request", description)
	return &answer
}

func invalidGrant(description string) Answer {
	return OAuthError(http.StatusBadRequest, "invalid_grant", description)
}
