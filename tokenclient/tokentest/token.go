// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the token endpoint (RFC 6749).

package tokentest

import (
	"net/http"
	"net/url"
)

// The grant types that the server knows by itself.
const (
	// GrantClientCredentials is the client credentials grant, [RFC 6749 §4.4]. It
	// gives no refresh token; all others do.
	//
	// [RFC 6749 §4.4]: https://www.rfc-editor.org/rfc/rfc6749#section-4.4
	GrantClientCredentials = "client_credentials"

	// GrantPassword is the resource owner password credentials grant,
	// [RFC 6749 §4.3], for the users of [Server.AddUser].
	//
	// [RFC 6749 §4.3]: https://www.rfc-editor.org/rfc/rfc6749#section-4.3
	GrantPassword = "password"

	// GrantAuthorizationCode is the authorization code grant, [RFC 6749 §4.1], for
	// codes of the authorization endpoint and of [Server.IssueCode].
	//
	// [RFC 6749 §4.1]: https://www.rfc-editor.org/rfc/rfc6749#section-4.1
	GrantAuthorizationCode = "authorization_code"

	// GrantRefreshToken is the refresh of an access token, [RFC 6749 §6], with
	// rotation.
	//
	// [RFC 6749 §6]: https://www.rfc-editor.org/rfc/rfc6749#section-6
	GrantRefreshToken = "refresh_token"

	// GrantDeviceCode is the device authorization grant, [RFC 8628 §3.4]. A poll
	// that comes before the interval has passed is answered with slow_down, which
	// makes the interval 5 seconds longer.
	//
	// [RFC 8628 §3.4]: https://www.rfc-editor.org/rfc/rfc8628#section-3.4
	GrantDeviceCode = "urn:ietf:params:oauth:grant-type:device_code"
)

// HandleGrant answers token requests of a grant type with a function, in place of
// what the server does by itself. A nil function undoes it.
//
// The function runs after client authentication, in the goroutine of the request,
// several at a time if requests are. [Answer.Default] gives the request back to
// the server. A grant type nobody handles is answered with 400
// unsupported_grant_type.
func (s *Server) HandleGrant(grantType string, answer func(Request) Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grants[grantType] = answer
}

func (s *Server) answerToken(r Request) Answer {
	if refusal := checkForm(r); refusal != nil {
		return *refusal
	}
	clientID, refusal := s.authenticate(r)
	if refusal != nil {
		return *refusal
	}
	if r.GrantType() == "" {
		return *invalidRequest("grant_type is missing")
	}
	s.mu.Lock()
	handle := s.grants[r.GrantType()]
	s.mu.Unlock()
	if handle == nil {
		return s.grant(r, clientID)
	}
	answer := handle(r.clone())
	if answer.Default {
		return answer.over(s.grant(r, clientID))
	}
	return answer
}

// grant answers the built-in grants. Each is one step under the lock: of two
// requests with the same credential, one comes second.
func (s *Server) grant(r Request, clientID string) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.GrantType() {
	case GrantClientCredentials:
		return s.clientCredentialsGrant(r, clientID)
	case GrantPassword:
		return s.passwordGrant(r, clientID)
	case GrantAuthorizationCode:
		return s.authorizationCodeGrant(r, clientID)
	case GrantRefreshToken:
		return s.refreshTokenGrant(r, clientID)
	case GrantDeviceCode:
		return s.deviceCodeGrant(r, clientID)
	default:
		return OAuthError(http.StatusBadRequest, "unsupported_grant_type", "")
	}
}

// clientCredentialsGrant gives no refresh token, RFC 6749 §4.4.3.
func (s *Server) clientCredentialsGrant(r Request, clientID string) Answer {
	return s.tokenAnswer(r, &family{clientID: clientID}, r.Form.Get("scope"), "")
}

func (s *Server) passwordGrant(r Request, clientID string) Answer {
	username, password := r.Form.Get("username"), r.Form.Get("password")
	if username == "" {
		return *invalidRequest("username is missing")
	}
	if want, known := s.users[username]; !known || want != password {
		return invalidGrant("the user's credentials are wrong")
	}
	return s.newGrantAnswer(r, &family{clientID: clientID, scope: r.Form.Get("scope")})
}

// newGrantAnswer answers with an access token and the family's first refresh
// token.
func (s *Server) newGrantAnswer(r Request, f *family) Answer {
	return s.tokenAnswer(r, f, f.scope, s.tokens.issueRefreshToken(f))
}

// tokenAnswer issues an access token, RFC 6749 §5.1.
func (s *Server) tokenAnswer(r Request, f *family, scope, refreshToken string) Answer {
	lifetime := s.settings.accessTokenLifetime()
	answer := JSON(http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int64  `json:"expires_in,omitempty"`
		RefreshToken string `json:"refresh_token,omitempty"`
		Scope        string `json:"scope,omitempty"`
	}{
		AccessToken:  s.tokens.issueAccessToken(f, r.Time, lifetime),
		TokenType:    "Bearer",
		ExpiresIn:    int64(lifetime.Seconds()),
		RefreshToken: refreshToken,
		Scope:        scope,
	})
	answer.Header = http.Header{"Cache-Control": {"no-store"}}
	return answer
}

// checkForm refuses what is not a POST of a well-formed form.
func checkForm(r Request) *Answer {
	if r.Method != http.MethodPost {
		return &Answer{Status: http.StatusMethodNotAllowed, Header: http.Header{"Allow": {http.MethodPost}}}
	}
	if !r.hasForm() {
		return invalidRequest("the body is not of type " + formType)
	}
	if _, err := url.ParseQuery(r.RawBody); err != nil {
		return invalidRequest("the body is not a well-formed form")
	}
	if name := repeatedParameter(r.Form); name != "" {
		return invalidRequest(name + " is repeated")
	}
	return nil
}

// repeatedParameter names a parameter that is there twice, RFC 6749 §3.1 and
// §3.2. Extensions may repeat theirs: resource, audience.
func repeatedParameter(values url.Values) string {
	for _, name := range []string{
		"grant_type", "client_id", "client_secret", "scope", "code", "redirect_uri", "code_verifier",
		"refresh_token", "username", "password", "device_code", "response_type", "state",
		"code_challenge", "code_challenge_method",
	} {
		if len(values[name]) > 1 {
			return name
		}
	}
	return ""
}
