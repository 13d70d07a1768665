// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

func TestSignedIntrospection(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		contentType, header string
		changes             map[string]any
	}{
		"plain":                     {introspectionJWT, introspectionHeader, nil},
		"another case":              {"Application/Token-Introspection+JWT; charset=utf-8", introspectionHeader, nil},
		"a prefixed typ":            {introspectionJWT, `{"alg":"ES256","kid":"k1","typ":"application/Token-Introspection+JWT"}`, nil},
		"no kid":                    {introspectionJWT, `{"alg":"ES256","typ":"token-introspection+jwt"}`, nil},
		"two audiences":             {introspectionJWT, introspectionHeader, map[string]any{"aud": []string{"other", "client"}}},
		"iat with a fraction":       {introspectionJWT, introspectionHeader, map[string]any{"iat": 1e9 + 0.5}},
		"exp and nbf that fit":      {introspectionJWT, introspectionHeader, map[string]any{"exp": now.Add(time.Minute).Unix(), "nbf": now.Unix()}},
		"a jku that nobody follows": {introspectionJWT, `{"alg":"ES256","typ":"token-introspection+jwt","jku":"https://evil.example"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := sign(1, test.header, introspectionPayload(t, test.changes))
			client := newAnsweredClient(t, test.contentType, body)
			for _, required := range []bool{true, false} {
				response, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t", RequireSigned: required})
				require.NoError(t, err)
				assert.True(t, response.Active)
				assert.Equal(t, []string{"a", "b"}, response.Scopes)
				assert.Equal(t, "bob", response.Subject)
				assert.Empty(t, response.Issuer, "the issuer of the answer is not that of the token")
				assert.Equal(t, body, response.Raw())
				assert.Equal(t, "bob", response.Field("sub").String())
				assert.False(t, response.Field("token_introspection").Exists())
				assert.Equal(t, "a b", response.JSON().Get("scope").String())
			}
		})
	}
}

// TestSignedIntrospectionOfAnotherSigner reads the payload of RFC 9701 section 5,
// signed by OpenSSL with a key of which only the public half is kept.
func TestSignedIntrospectionOfAnotherSigner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issued := time.Unix(1514797892, 0)
		time.Sleep(time.Until(issued) - 31*time.Second) // fake time
		client := func(jwks string) *tokenclient.Client {
			keys := newKeys(t, httpmock.NewStringResponder(http.StatusOK, jwks))
			return newAnsweredClient(t, introspectionJWT, fixture(t, "introspection/signed.jwt"), func(c *tokenclient.Config) {
				c.Issuer, c.ClientID, c.Keys = "https://as.example.com/", "https://rs.example.com/resource", keys
			})
		}
		right := client(fixture(t, "introspection/jwks.json"))
		_, err := introspect(t.Context(), right)
		assert.ErrorContains(t, err, "iat does not fit")
		time.Sleep(31 * time.Second) // fake time
		_, err = introspect(t.Context(), client(keySet(1)))
		assert.ErrorContains(t, err, "signature")

		response, err := introspect(t.Context(), right)
		require.NoError(t, err)
		assert.True(t, response.Active)
		assert.Equal(t, []string{"read", "write", "dolphin"}, response.Scopes)
		assert.Equal(t, "paiB2goo0a", response.ClientID)
		assert.Equal(t, "Z5O3upPC88QrAjx00dis", response.Subject)
		assert.Equal(t, "https://as.example.com/", response.Issuer)
		assert.Equal(t, []string{"https://rs.example.com/resource"}, response.Audiences)
		assert.Equal(t, issued.Add(50*time.Second).UTC(), response.Expiry)
		assert.Equal(t, issued.Add(-70*time.Second).UTC(), response.IssuedAt)
		assert.Equal(t, "t1FoCCaZd4Xv4ORJUWVUeTZfsKhW30CQCrWDDjwXy6w", response.JWTID)
		assert.Equal(t, "1982-02-01", response.Field("birthdate").String())
		assert.Equal(t, fixture(t, "introspection/signed.jwt"), response.Raw())
	})
}

func TestSignedIntrospectionOfAnInactiveToken(t *testing.T) {
	t.Parallel()
	payload := introspectionPayload(t, map[string]any{"token_introspection": map[string]any{"active": false, "sub": "bob"}})
	response, err := introspect(t.Context(), newAnsweredClient(t, introspectionJWT, sign(1, introspectionHeader, payload)))
	require.NoError(t, err)
	assert.False(t, response.Active)
	assert.Empty(t, response.Subject)
}

func TestSignedAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	good := introspectionPayload(t, nil)
	with := func(name string, value any) string {
		return sign(1, introspectionHeader, introspectionPayload(t, map[string]any{name: value}))
	}
	header := func(text string) string { return sign(1, text, good) }
	parts := strings.Split(sign(1, introspectionHeader, good), ".")
	withSecret := encode(`{"alg":"HS256","kid":"k1","typ":"token-introspection+jwt"}`) + "." + encode(good)
	mac := hmac.New(sha256.New, []byte(keySet(1)))
	mac.Write([]byte(withSecret))
	policy, malformed := tokenclient.KindPolicy, tokenclient.KindMalformed
	for name, test := range map[string]struct {
		body, text string
		kind       tokenclient.ErrorKind
	}{
		"alg none":                 {encode(`{"alg":"none","typ":"token-introspection+jwt"}`) + "." + encode(good) + "." + parts[2], "algorithm", policy},
		"alg none, not signed":     {encode(`{"alg":"none","typ":"token-introspection+jwt"}`) + "." + encode(good) + ".", "malformed", malformed},
		"the public key as secret": {withSecret + "." + encode(string(mac.Sum(nil))), "algorithm", policy},
		"a key of nobody":          {sign(9, introspectionHeader, good), "signature", policy},
		"the key of another kid":   {sign(2, introspectionHeader, good), "signature", policy},
		"an unknown kid":           {header(`{"alg":"ES256","kid":"k9","typ":"token-introspection+jwt"}`), "signature", policy},
		"an algorithm of RSA":      {header(`{"alg":"RS256","kid":"k1","typ":"token-introspection+jwt"}`), "signature", policy},
		"a key in the header":      {sign(9, `{"alg":"ES256","typ":"token-introspection+jwt","jwk":`+publicJWK(t, 9)+`}`, good), "signature", policy},
		"another payload":          {parts[0] + "." + encode(strings.Replace(good, "a b", "a c", 1)) + "." + parts[2], "signature", policy},
		"crit":                     {header(`{"alg":"ES256","kid":"k1","typ":"token-introspection+jwt","crit":["x"],"x":1}`), "crit", policy},
		"b64":                      {header(`{"alg":"ES256","kid":"k1","typ":"token-introspection+jwt","crit":["b64"],"b64":true}`), "crit", policy},
		"no typ":                   {header(`{"alg":"ES256","kid":"k1"}`), "typ", policy},
		"the typ of any JWT":       {header(`{"alg":"ES256","kid":"k1","typ":"JWT"}`), "typ", policy},
		"the typ of a token":       {header(`{"alg":"ES256","kid":"k1","typ":"at+jwt"}`), "typ", policy},
		"no iss":                   {with("iss", nil), "no iss", policy},
		"another iss":              {with("iss", "https://evil.example"), "iss is not", policy},
		"a slash at the end":       {with("iss", signedIssuer+"/"), "iss is not", policy},
		"an iss that is a list":    {with("iss", []string{signedIssuer}), "iss is not", policy},
		"no aud":                   {with("aud", nil), "no aud", policy},
		"another aud":              {with("aud", "other"), "aud does not", policy},
		"a part of the aud":        {with("aud", "client2"), "aud does not", policy},
		"an empty list":            {with("aud", []string{}), "aud does not", policy},
		"a number in the list":     {with("aud", []any{"client", 1}), "aud does not", policy},
		"no iat":                   {with("iat", nil), "no iat", policy},
		"an iat that is null":      {with("iat", json.RawMessage("null")), "iat is not a date", policy},
		"an iat that is a text":    {with("iat", "now"), "iat is not a date", policy},
		"an iat in the future":     {with("iat", time.Now().Add(40*time.Second).Unix()), "iat does not fit", policy},
		"an exp in the past":       {with("exp", time.Now().Add(-40*time.Second).Unix()), "exp does not fit", policy},
		"an nbf in the future":     {with("nbf", time.Now().Add(40*time.Second).Unix()), "nbf does not fit", policy},
		"no token_introspection":   {with("token_introspection", nil), "token_introspection", malformed},
		"it is a text":             {with("token_introspection", `{"active":true}`), "token_introspection", malformed},
		"it has no active":         {with("token_introspection", map[string]any{}), "active", malformed},
		"active only outside": {
			sign(1, introspectionHeader, introspectionPayload(t, map[string]any{"token_introspection": map[string]any{}, "active": true})),
			"active", malformed,
		},
		"two members of one name":        {sign(1, introspectionHeader, `{"aud":"other",`+good[1:]), "two members", malformed},
		"two members of one name inside": {with("token_introspection", json.RawMessage(`{"active":true,"active":true}`)), "two members", malformed},
		"a payload that is no JSON":      {sign(1, introspectionHeader, "x"), "not valid JSON", malformed},
		"a payload that is a list":       {sign(1, introspectionHeader, "[]"), "not an object", malformed},
		"one part more":                  {strings.Join(parts, ".") + ".e30", "malformed", malformed},
		"encrypted":                      {strings.Join(parts, ".") + ".e30.e30", "encrypted", malformed},
		"a line break":                   {strings.Join(parts, ".") + "\n", "malformed", malformed},
		"JSON with the label of a JWT":   {`{"active":true}`, "malformed", malformed},
		"nothing":                        {"", "malformed", malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newAnsweredClient(t, introspectionJWT, test.body)
			for _, required := range []bool{true, false} {
				response, err := client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t", RequireSigned: required})
				failed := requireError(t, err)
				assert.Equal(t, test.kind, failed.Kind, failed)
				assert.Equal(t, tokenclient.Final, failed.Outcome)
				assert.Equal(t, http.StatusOK, failed.StatusCode)
				assert.ErrorContains(t, err, test.text)
				assert.NotContains(t, failed.Error(), "spent")
				assert.Equal(t, tokenclient.TokenIntrospectionResponse{Response: response.Response}, *response, "nothing of it is kept")
				assert.Equal(t, test.body, response.Raw())
			}
		})
	}
}

func TestJSONWhereASignedAnswerWasRequired(t *testing.T) {
	t.Parallel()
	signed := sign(1, introspectionHeader, introspectionPayload(t, nil))
	for name, answer := range map[string][2]string{
		"JSON": {"application/json", `{"active":true,"sub":"bob"}`}, "no type": {"", signed}, "any JWT": {jwt, signed},
		"a type with a suffix": {introspectionJWT + "x", signed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newAnsweredClient(t, answer[0], answer[1])
			response, err := introspect(t.Context(), client)
			assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind)
			assert.False(t, response.Active)
			user, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", Subject: "bob", RequireSigned: true})
			require.Error(t, err)
			assert.Empty(t, user.Claims)
		})
	}
}

func TestAlgorithmsOfTheMetadata(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		list []string
		good bool
	}{
		"not said":     {nil, true},
		"this one":     {[]string{"RS256", "ES256"}, true},
		"another one":  {[]string{"RS256", "PS256"}, false},
		"nothing safe": {[]string{"none", "HS256"}, false},
		"an empty one": {[]string{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			published := &discovery.Metadata{
				Issuer: signedIssuer, IntrospectionSigningAlgValuesSupported: test.list, UserInfoSigningAlgValuesSupported: test.list,
			}
			use := func(c *tokenclient.Config) { c.Metadata, c.Issuer = published, "" }
			_, err := introspect(t.Context(), newAnsweredClient(t, introspectionJWT, sign(1, introspectionHeader, introspectionPayload(t, nil)), use))
			_, userErr := getUser(t, newAnsweredClient(t, jwt, sign(1, `{"alg":"ES256","kid":"k1"}`, `{"sub":"bob"}`), use))
			if test.good {
				require.NoError(t, err)
				require.NoError(t, userErr)
				return
			}
			assert.ErrorContains(t, err, "algorithm")
			assert.ErrorContains(t, userErr, "algorithm")
		})
	}
}

func TestSignedAnswersNeedSettings(t *testing.T) {
	t.Parallel()
	body := sign(1, introspectionHeader, introspectionPayload(t, nil))
	for name, test := range map[string]struct {
		change func(*tokenclient.Config)
		field  string
	}{
		"no keys":   {func(c *tokenclient.Config) { c.Keys = nil }, "Config.Keys"},
		"no issuer": {func(c *tokenclient.Config) { c.Issuer = "" }, "Config.Issuer"},
		"no client": {func(c *tokenclient.Config) { c.ClientID, c.Auth = "", nil }, "Config.ClientID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newAnsweredClient(t, introspectionJWT, body, test.change)
			response, err := introspect(t.Context(), client)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.field, failed.Parameter)
			assert.Zero(t, response.StatusCode, "nothing was sent")

			response, err = client.IntrospectToken(t.Context(), tokenclient.TokenIntrospectionRequest{Token: "t"})
			assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind)
			assert.ErrorContains(t, err, test.field)
			assert.False(t, response.Active)
		})
	}
}

func TestKeysAreThoseOfTheMetadata(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodGet, keysURL, httpmock.NewStringResponder(http.StatusOK, keySet(1)))
	mock.RegisterResponder(http.MethodGet, signedIssuer+"/.well-known/openid-configuration", httpmock.NewStringResponder(http.StatusOK,
		`{"issuer":"`+signedIssuer+`","introspection_endpoint":"`+introspectionURL+`","jwks_uri":"`+keysURL+`"}`))
	metadata, err := discovery.Fetch(t.Context(), signedIssuer, discovery.Options{HTTPClient: &http.Client{Transport: mock}})
	require.NoError(t, err)
	body := sign(1, introspectionHeader, introspectionPayload(t, nil))
	client := newAnsweredClient(t, introspectionJWT, body, func(c *tokenclient.Config) { c.Metadata, c.Keys, c.Issuer = metadata, nil, "" })
	assert.Zero(t, mock.GetCallCountInfo()["GET "+keysURL], "they are fetched when they are needed")
	response, err := introspect(t.Context(), client)
	require.NoError(t, err)
	assert.True(t, response.Active)
	assert.Equal(t, 1, mock.GetCallCountInfo()["GET "+keysURL])

	other := newKeys(t, httpmock.NewStringResponder(http.StatusOK, keySet(2)))
	_, err = introspect(t.Context(), newAnsweredClient(t, introspectionJWT, body, func(c *tokenclient.Config) { c.Metadata, c.Keys = metadata, other }))
	assert.ErrorContains(t, err, "signature", "those of the Config count")
}

func TestNewKeysAreFetched(t *testing.T) {
	t.Parallel()
	fetched := 0
	keys := newKeys(t, func(*http.Request) (*http.Response, error) {
		fetched++
		return httpmock.NewStringResponse(http.StatusOK, keySet(byte(fetched))), nil
	})
	body := sign(2, `{"alg":"ES256","kid":"k2","typ":"token-introspection+jwt"}`, introspectionPayload(t, nil))
	client := newAnsweredClient(t, introspectionJWT, body, func(c *tokenclient.Config) { c.Keys = keys })
	for range 3 {
		_, err := introspect(t.Context(), client)
		require.NoError(t, err)
	}
	assert.Equal(t, 2, fetched, "once at first, and once for the kid that was not there")
}

func TestKeysThatDoNotCome(t *testing.T) {
	t.Parallel()
	body := sign(1, introspectionHeader, introspectionPayload(t, nil))
	keys := newKeys(t, httpmock.NewStringResponder(http.StatusInternalServerError, "CANARY"))
	response, err := introspect(t.Context(), newAnsweredClient(t, introspectionJWT, body, func(c *tokenclient.Config) { c.Keys = keys }))
	failed := requireError(t, err)
	assert.Equal(t, tokenclient.KindTransport, failed.Kind)
	assert.Equal(t, tokenclient.Unknown, failed.Outcome)
	assert.False(t, response.Active)
	assert.NotContains(t, failed.Error(), "CANARY")
	assert.NotContains(t, failed.Error(), "spent")
	var cause *discovery.Error
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, http.StatusInternalServerError, cause.StatusCode)

	ctx, cancel := context.WithCancel(t.Context())
	keys = newKeys(t, func(request *http.Request) (*http.Response, error) {
		cancel()
		<-time.After(10 * time.Millisecond) // the caller is gone by then
		return nil, request.Context().Err()
	})
	_, err = introspect(ctx, newAnsweredClient(t, introspectionJWT, body, func(c *tokenclient.Config) { c.Keys = keys }))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestClockTolerance(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]int64{"iat": 30, "nbf": 30, "exp": -29} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				step := int64(1)
				if offset < 0 {
					step = -1
				}
				at := func(seconds int64) error {
					payload := introspectionPayload(t, map[string]any{name: time.Now().Unix() + seconds})
					_, err := introspect(t.Context(), newAnsweredClient(t, introspectionJWT, sign(1, introspectionHeader, payload)))
					return err
				}
				require.NoError(t, at(offset))
				assert.ErrorContains(t, at(offset+step), name+" does not fit")
			})
		})
	}
}
