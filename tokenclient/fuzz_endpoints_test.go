// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// fuzzEndpoints returns a client of a server that answers everything with a body.
func fuzzEndpoints(t *testing.T, contentType string, body []byte, config ...func(*tokenclient.Config)) *tokenclient.Client {
	t.Helper()
	client, _ := newMockClient(t, append([]func(*tokenclient.Config){func(c *tokenclient.Config) {
		c.Endpoints.Introspection, c.Endpoints.UserInfo, c.Issuer, c.Retry.MaxAttempts = introspectionURL, userInfoURL, signedIssuer, 1
		c.HTTPClient = &http.Client{Transport: fixedAnswer{http.StatusOK, http.Header{"Content-Type": {contentType}}, body}}
	}}, config...)...)
	return client
}

func FuzzIntrospectionResponse(f *testing.F) {
	for _, body := range []string{
		"", "null", `{"active":true}`, `{"active":false,"scope":1}`, `{"active":"true"}`, `{"active":true,"active":false}`,
		`{"active":true,"scope":["a","b c"],"aud":["x"],"exp":1e400,"iat":"17","nbf":0.5,"sub":"s","cnf":{"jkt":"x"},"x":[1,null,{"a":[]}]}`,
		`{"active":true,"exp":-1}`, `{"active":true,"exp":"9e9"}`, "\ufeff" + `{"active":true,"aud":"a"}`, `{"active":true,"error":"e"}`,
	} {
		f.Add([]byte(body), "application/json")
	}
	f.Add([]byte(`{"active":true}`), introspectionJWT)
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		response, err := fuzzEndpoints(t, contentType, body).IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
		require.NotNil(t, response)
		assert.Equal(t, err != nil, response.IsError())
		assert.Equal(t, string(body), response.Raw())
		if err != nil || !response.Active {
			assert.Equal(t, tokenclient.TokenIntrospectionResponse{Response: response.Response}, *response, "nothing is left over")
		}
		if err != nil {
			return
		}
		var reference map[string]any
		decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&reference), "whatever is accepted is JSON")
		require.Equal(t, reference["active"], response.Active)
		if !response.Active {
			return
		}
		for member, text := range map[string]string{
			"sub": response.Subject, "client_id": response.ClientID, "iss": response.Issuer, "jti": response.JWTID,
			"username": response.Username, "token_type": response.TokenType,
		} {
			assert.Equal(t, text, textOf(reference[member]))
		}
		assert.Equal(t, reference["exp"] == nil, response.Expiry.IsZero(), "an exp is never lost")
		assert.False(t, response.Expiry.Year() > 9999 || response.Expiry.Year() < 1970 && !response.Expiry.IsZero())
		for _, scope := range response.Scopes {
			assert.Equal(t, []string{scope}, strings.Fields(scope))
		}
	})
}

// textOf returns a text, and nothing for what is missing or null.
func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// FuzzSignedResponse tries to get something accepted that was not signed.
func FuzzSignedResponse(f *testing.F) {
	const iat = `"iat":1700000000`
	good := `{"iss":"https://as.example","aud":"client",` + iat + `,"sub":"bob","token_introspection":{"active":true,"sub":"bob"}}`
	introspection, user := sign(1, introspectionHeader, good), sign(1, `{"alg":"ES256","kid":"k1"}`, good)
	for _, body := range []string{
		introspection, user, sign(9, introspectionHeader, good), sign(1, introspectionHeader, `{"aud":"client"}`), "a.b.c", "a.b.c.d.e", "{}",
		encode(`{"alg":"none","typ":"token-introspection+jwt"}`) + "." + encode(good) + ".", introspection + ".", introspection + "\n",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		keys := newKeys(t, httpmock.NewStringResponder(http.StatusOK, keySet(1)))
		use := func(c *tokenclient.Config) { c.Keys = keys }
		response, err := fuzzEndpoints(t, introspectionJWT, []byte(body), use).IntrospectToken(t.Context(),
			tokenclient.TokenIntrospectionRequest{Token: "t", RequireSigned: true})
		assert.Equal(t, err == nil, response.Active)
		assert.True(t, err != nil || isSigned(body, introspection), "accepted is what was signed, and nothing else")
		assert.True(t, err == nil || body != introspection)

		info, err := fuzzEndpoints(t, jwt, []byte(body), use).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob"})
		assert.Equal(t, err == nil, len(info.Claims) > 0)
		assert.Equal(t, err == nil, info.Field("sub").Exists())
		assert.True(t, err != nil || isSigned(body, user))
		assert.True(t, err == nil || body != user)
	})
}

// isSigned reports whether a body has the signed part of a message. Signatures are
// random: another process of this test has made another one.
func isSigned(body, message string) bool {
	return strings.HasPrefix(body, message[:strings.LastIndex(message, ".")+1])
}
