// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// endpointSecrets returns the values of introspection, revocation and UserInfo that
// must not print: tokens, and what a server says about a user.
func endpointSecrets(t *testing.T) map[string]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"active": true, "sub": canary, "scope": canary, "aud": canary, "email": canary})
	require.NoError(t, err)
	client := newAnsweredClient(t, "application/json", string(body))
	token, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: canary})
	require.NoError(t, err)
	require.Equal(t, canary, token.Subject)
	user, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: canary, Subject: canary})
	require.NoError(t, err)
	require.Equal(t, canary, user.Subject)
	revoked, err := client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: canary})
	require.NoError(t, err)
	ask := tokenclient.TokenIntrospectionRequest{Token: canary, Parameters: url.Values{"p": {canary}}}
	revoke := tokenclient.TokenRevocationRequest{Token: canary, Parameters: url.Values{"p": {canary}}}
	userInfo := tokenclient.UserInfoRequest{AccessToken: canary, Subject: canary, Parameters: url.Values{"p": {canary}}}
	return map[string]any{
		"*TokenIntrospectionResponse": token,
		"TokenIntrospectionResponse":  shown[tokenclient.TokenIntrospectionResponse]{*token, *token},
		"TokenIntrospectionRequest":   shown[tokenclient.TokenIntrospectionRequest]{ask, ask},
		"*TokenRevocationResponse":    revoked,
		"TokenRevocationResponse":     shown[tokenclient.TokenRevocationResponse]{*revoked, *revoked},
		"TokenRevocationRequest":      shown[tokenclient.TokenRevocationRequest]{revoke, revoke},
		"*UserInfoResponse":           user,
		"UserInfoResponse":            shown[tokenclient.UserInfoResponse]{*user, *user},
		"UserInfoRequest":             shown[tokenclient.UserInfoRequest]{userInfo, userInfo},
	}
}

func TestNoEndpointErrorPrintsASecret(t *testing.T) {
	t.Parallel()
	jwtOf := func(text string) string { return sign(1, `{"alg":"ES256"}`, `{"sub":"`+text+`","`+text+`":1}`) }
	answers := map[string]tokentest.Answer{
		"echoed in a description":   {Status: 400, Body: `{"error":"invalid_token","error_description":"you sent ` + canary + `"}`},
		"echoed by a failing proxy": {Status: 502, Body: "<html>" + canary, ContentType: "text/html"},
		"a redirect":                tokentest.Redirect(302, "https://other.example/?token="+url.QueryEscape(canary)),
		"a lost connection":         {Fault: tokentest.ResetBeforeAnswer},
		"broken JSON":               {Body: `{"active":true,"sub":"` + canary + `"`},
		"another user":              {Body: `{"active":1,"sub":"` + canary + `"}`},
		"a wrong type":              {Body: `{"active":true,"sub":["` + canary + `"]}`},
		"a JWT without keys":        {Body: jwtOf(canary), ContentType: jwt},
		"a JWT of a stranger":       {Body: jwtOf(canary), ContentType: introspectionJWT},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newEndpointClient(t)
			for _, path := range []string{"/introspect", "/revoke", "/userinfo"} {
				server.Handle(path, func(tokentest.Request) tokentest.Answer { return answer })
			}
			_, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: canary})
			assertNoCanary(t, prints(requireError(t, err)))
			_, err = client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: canary, Subject: "bob"})
			assertNoCanary(t, prints(requireError(t, err)))
			if _, err = client.RevokeToken(t.Context(), tokenclient.TokenRevocationRequest{Token: canary}); err != nil {
				assertNoCanary(t, prints(requireError(t, err)))
			}
		})
	}
	for name, body := range map[string]string{
		"a wrong signature": jwtOf(canary), "a wrong issuer": sign(1, `{"alg":"ES256"}`, `{"sub":"bob","iss":"`+canary+`"}`),
		"a strange typ": sign(1, `{"alg":"ES256","typ":"`+canary+`"}`, `{"sub":"bob"}`), "a strange kid": sign(1, `{"alg":"ES256","kid":"`+canary+`"}`, `{}`),
		"a strange alg": sign(1, `{"alg":"`+canary+`"}`, `{}`), "a strange header": sign(1, `{"alg":"ES256","x5c":["`+canary+`"]}`, `{}`),
	} {
		_, err := getUser(t, newAnsweredClient(t, jwt, body))
		text := prints(requireError(t, err))
		assertNoCanary(t, text)
		assert.NotContains(t, text, strings.Split(body, ".")[1], name)
	}
}
