// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func customRows() []row {
	const group = "custom grant"
	added := map[string]string{keyGoOIDC: addedCustom, keyOIDCProvider: addedGrantType}
	return []row{
		{group: group, name: "custom parameter and response member", check: checkCustomGrant, added: added},
		{group: group, name: "missing parameter", check: checkCustomRefused, added: added},
		{group: group, name: "unsupported grant type", check: checkUnknownGrant},
		{group: group, name: "extra parameters and headers tolerated", check: checkExtraParameters},
	}
}

func checkCustomGrant(t *testing.T, s *server) {
	for _, p := range []party{s.basic, s.special, s.post} {
		for _, value := range []string{"custom value", "a+b&c=d %41 \"ü\" 😀"} {
			got, err := s.client(t, p).RequestToken(t.Context(), tokenclient.TokenRequest{
				GrantType:  customGrant,
				Parameters: url.Values{customParameter: {value}, "scope": {scope}},
			})
			requireToken(t, got, err)
			assert.Equal(t, value, got.Field(customMember).String())
			assert.Equal(t, value, got.JSON().Get(customMember).String())
			assert.Contains(t, got.Raw(), customMember)
		}
	}
}

func checkCustomRefused(t *testing.T, s *server) {
	got, err := s.client(t, s.basic).RequestToken(t.Context(), tokenclient.TokenRequest{
		GrantType: customGrant, Parameters: url.Values{"scope": {scope}},
	})
	assertRefused(t, got, err, tokenclient.ErrInvalidRequest, http.StatusBadRequest)
	assert.Contains(t, got.Field("error_description").String(), customParameter)
}

func checkUnknownGrant(t *testing.T, s *server) {
	got, err := s.client(t, s.basic).RequestToken(t.Context(), tokenclient.TokenRequest{GrantType: "urn:example:unknown"})
	assertRefused(t, got, err, tokenclient.ErrUnsupportedGrantType, http.StatusBadRequest)
}

func checkExtraParameters(t *testing.T, s *server) {
	config := s.config(s.basic)
	config.Parameters = url.Values{"tenant": {"every request"}}
	config.Header = http.Header{"X-Extra": {"header"}}
	client := newClient(t, config)
	extra := url.Values{"extra": {"one", "two"}, "ünïcode & co": {""}, "empty": {""}}

	got, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{
		Scope: scope, Parameters: extra,
	})
	requireToken(t, got, err)

	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	sent.Parameters = extra
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(s.login(t, address), sent)
	require.NoError(t, err)
	request := back.TokenRequest()
	request.Parameters = extra
	got, err = client.RequestAuthorizationCodeToken(t.Context(), request)
	requireToken(t, got, err)
}
