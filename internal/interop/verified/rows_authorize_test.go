// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

const embedderDecides = "the program that embeds it decides that"

func authorizeRows() []row {
	return []row{
		{group: groupCode, name: "login_hint, prompt, max_age, ui_locales and a parameter of one's own", check: checkAuthorizeParameters},
		{
			group: groupCode, name: "claims, acr_values, and max_age with its auth_time", check: checkClaimsParameter,
			without: map[string]string{keyGoOIDC: embedderDecides},
		},
		{
			group: groupCode, name: "prompt=none without a session", check: checkPromptNone,
			without: map[string]string{keyGoOIDC: embedderDecides},
		},
	}
}

func checkAuthorizeParameters(t *testing.T, s *server) {
	now := 0
	sent := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	sent.LoginHint = "bob"
	sent.Prompt = "login"
	sent.MaxAge = &now
	sent.UILocales = "de en"
	sent.Parameters = url.Values{"extension": {"a&b=c"}}

	got := s.redeem(t, s.client(t, s.public), sent)
	assert.Equal(t, "bob", s.verifyIDToken(t, got.IDToken).Subject)
}

func checkClaimsParameter(t *testing.T, s *server) {
	sent := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	sent.Claims = `{"id_token":{"email":{"essential":true}}}`
	sent.ACRValues = "idp:example tenant:example"
	now := 0
	sent.MaxAge = &now
	claims := s.verifyIDToken(t, s.redeem(t, s.client(t, s.public), sent).IDToken)
	assert.Equal(t, "alice@example.com", claims.Email)
	assert.InDelta(t, time.Now().Unix(), claims.AuthTime, 60)
}

func checkPromptNone(t *testing.T, s *server) {
	client := s.client(t, s.public)
	sent := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	sent.Prompt = "none"
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	_, err = client.ParseAuthorizeResponse(s.login(t, address), sent)
	require.ErrorIs(t, err, tokenclient.ErrLoginRequired)
}
