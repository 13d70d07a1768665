// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const boundBody = `{"access_token":"token","token_type":"dpop","expires_in":3600,"issued_token_type":"urn:x"}`

// newBoundClient returns a client with a prover, of a server that answers the
// requests to the token endpoint in turn, the last answer again and again.
func newBoundClient(t *testing.T, answers []tokentest.Answer, config ...func(*tokenclient.Config)) (*tokenclient.Client, *tokentest.Server, *dpop.Prover) {
	t.Helper()
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	client, server := newServerClient(t, append(config, func(c *tokenclient.Config) { c.DPoP = prover })...)
	server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer {
		return answers[min(server.Count(tokentest.TokenPath), len(answers))-1]
	})
	return client, server, prover
}

func nonceAnswer(status int, body, nonce string) tokentest.Answer {
	answer := tokentest.Answer{Status: status, Body: body, Header: http.Header{}}
	if nonce != "" {
		answer.Header.Set("DPoP-Nonce", nonce)
	}
	return answer
}

const asksForNonce = `{"error":"use_dpop_nonce"}`

// claimsOf returns the claims of the one proof of a request; verifying it is the
// matter of package dpop.
func claimsOf(t *testing.T, header http.Header) gjson.Result {
	t.Helper()
	require.Len(t, header.Values("DPoP"), 1)
	parts := strings.Split(header.Get("DPoP"), ".")
	require.Len(t, parts, 3)
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	return gjson.ParseBytes(claims)
}

func TestProofGoesAlong(t *testing.T) {
	t.Parallel()
	client, server, _ := newBoundClient(t, []tokentest.Answer{{Status: 503}, {Body: boundBody}})
	_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	sent := server.TokenRequests()
	require.Len(t, sent, 2)
	first, second := claimsOf(t, sent[0].Header), claimsOf(t, sent[1].Header)
	assert.Equal(t, "POST", first.Get("htm").String())
	assert.Equal(t, server.TokenURL(), first.Get("htu").String())
	assert.WithinDuration(t, time.Now(), time.Unix(first.Get("iat").Int(), 0), time.Minute)
	assert.False(t, first.Get("ath").Exists(), "there is no token yet")
	assert.False(t, first.Get("nonce").Exists(), "the server has given none")
	assert.NotEqual(t, first.Get("jti").String(), second.Get("jti").String(), "no proof is sent twice")
}

func TestDowngrade(t *testing.T) {
	t.Parallel()
	for tokenType, ok := range map[string]bool{"DPoP": true, "dpop": true, "Bearer": false, "": false} {
		answer := tokentest.Answer{Body: `{"access_token":"token","token_type":"` + tokenType + `"}`}
		strict, _, _ := newBoundClient(t, []tokentest.Answer{answer})
		response, err := strict.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		if ok {
			require.NoError(t, err)
		} else {
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindPolicy, failed.Kind)
			assert.Equal(t, tokenclient.Final, failed.Outcome)
			assert.Contains(t, failed.Error(), "AllowBearer")
			assert.Empty(t, response.AccessToken)
			assert.NotEmpty(t, response.Raw())
		}
		lenient, _, _ := newBoundClient(t, []tokentest.Answer{answer}, func(c *tokenclient.Config) { c.AllowBearer = true })
		_, err = lenient.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
		require.NoError(t, err)
	}
}

func TestRefusedProofTellsTheTime(t *testing.T) {
	t.Parallel()
	answer := tokentest.OAuthError(400, "invalid_dpop_proof", "iat is too old")
	answer.Header = http.Header{"Date": {"Mon, 02 Jan 2006 15:04:05 GMT"}}
	client, server, _ := newBoundClient(t, []tokentest.Answer{answer})
	_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
	assert.ErrorIs(t, err, tokenclient.ErrInvalidDPoPProof)
	assert.Contains(t, err.Error(), "2006-01-02T15:04:05Z")
	assert.Equal(t, 1, server.Count(tokentest.TokenPath), "it is reported, not sent again")
}

func TestProofsAtTheEndpoints(t *testing.T) {
	t.Parallel()
	client, server, prover := newBoundClient(t, []tokentest.Answer{{Body: boundBody}}, func(c *tokenclient.Config) {
		base := strings.TrimSuffix(c.Endpoints.Token, tokentest.TokenPath)
		c.Endpoints.PushedAuthorization, c.Endpoints.UserInfo = base+"/par", base+"/userinfo"
		c.Endpoints.Introspection, c.Endpoints.Revocation = base+"/introspect", base+"/revoke"
		c.Endpoints.BackchannelAuthentication = base + "/ciba"
	})
	for path, answer := range map[string]tokentest.Answer{
		"/par": {Status: 201, Body: pushed}, "/userinfo": {Body: `{"sub":"alice"}`}, "/introspect": {Body: `{"active":false}`}, "/revoke": {},
		"/ciba": {Body: `{"auth_req_id":"a","expires_in":60}`},
	} {
		server.Handle(path, func(tokentest.Request) tokentest.Answer { return answer })
	}
	ctx := t.Context()
	_, err := client.PushAuthorization(ctx, testLogin())
	require.NoError(t, err)
	_, err = client.RequestDeviceAuthorization(ctx, tokenclient.DeviceAuthorizationRequest{})
	require.NoError(t, err)
	_, err = client.RequestBackchannelAuthentication(ctx, tokenclient.BackchannelAuthenticationRequest{Scope: "openid", LoginHint: "alice"})
	require.NoError(t, err)
	_, err = client.GetUserInfo(ctx, tokenclient.UserInfoRequest{AccessToken: "the-token", Subject: "alice"})
	require.NoError(t, err)
	_, err = client.IntrospectToken(ctx, tokenclient.TokenIntrospectionRequest{Token: "t"})
	require.NoError(t, err)
	_, err = client.RevokeToken(ctx, tokenclient.TokenRevocationRequest{Token: "t"})
	require.NoError(t, err)

	for _, request := range server.Requests() {
		switch request.Path {
		case "/introspect", "/revoke":
			assert.Empty(t, request.Header.Values("DPoP"), request.Path)
		case "/userinfo":
			claims := claimsOf(t, request.Header)
			digest := sha256.Sum256([]byte("the-token"))
			assert.Equal(t, "DPoP the-token", request.Header.Get("Authorization"))
			assert.Equal(t, base64.RawURLEncoding.EncodeToString(digest[:]), claims.Get("ath").String())
			assert.Equal(t, "GET", claims.Get("htm").String())
		case "/par":
			assert.Equal(t, prover.Thumbprint(), request.Form.Get("dpop_jkt"))
			fallthrough
		default:
			assert.Equal(t, server.URL()+request.Path, claimsOf(t, request.Header).Get("htu").String())
		}
	}
	address, err := client.AuthorizeURL(testLogin())
	require.NoError(t, err)
	assert.Contains(t, address, "dpop_jkt="+prover.Thumbprint())
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	tests := map[string]struct {
		token         tokenclient.Token
		prover        *dpop.Prover
		authorization string // empty = an error
	}{
		"bearer":                  {tokenclient.NewToken("t", "bEARER", time.Time{}), nil, "Bearer t"},
		"bearer with a prover":    {tokenclient.NewToken("t", "Bearer", time.Time{}), prover, "Bearer t"},
		"bound":                   {tokenclient.NewToken("t", "dpop", time.Time{}), prover, "DPoP t"},
		"bound without a prover":  {tokenclient.NewToken("t", "DPoP", time.Time{}), nil, ""},
		"another type":            {tokenclient.NewToken("t", "mac", time.Time{}), prover, ""},
		"no type":                 {tokenclient.NewToken("t", "", time.Time{}), prover, ""},
		"no token":                {tokenclient.Token{Type: "Bearer"}, prover, ""},
		"a token with a space":    {tokenclient.NewToken("a b", "Bearer", time.Time{}), nil, ""},
		"a token with line break": {tokenclient.NewToken("a\r\nX: y", "Bearer", time.Time{}), nil, ""},
		"a token not in ASCII":    {tokenclient.NewToken("tökén", "Bearer", time.Time{}), nil, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "https://api.example/a%2Fb?q=1", http.NoBody)
			require.NoError(t, err)
			err = test.token.Authorize(request, test.prover)
			if test.authorization == "" {
				require.Error(t, err)
				assert.Empty(t, request.Header, "nothing is half done")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.authorization, request.Header.Get("Authorization"))
			if !strings.HasPrefix(test.authorization, "DPoP") {
				assert.Empty(t, request.Header.Values("DPoP"))
				return
			}
			claims := claimsOf(t, request.Header)
			assert.Equal(t, "PATCH", claims.Get("htm").String())
			assert.Equal(t, "https://api.example/a%2Fb", claims.Get("htu").String())
			assert.NotEmpty(t, claims.Get("ath").String())
		})
	}
}

// TestProofNamesTheHostAsItIsSent: the proof, the line and the header are compared by
// servers, most of them letter by letter.
func TestProofNamesTheHostAsItIsSent(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://as.example/Token":            "https://as.example/Token",
		"https://AS.Example/Token":            "https://as.example/Token",
		"HTTPS://AS.EXAMPLE:443/Token":        "https://as.example/Token",
		"https://as.example:/Token":           "https://as.example/Token",
		"https://AS.Example:8443/Token?Key=K": "https://as.example:8443/Token",
		"https://as.example:80/Token":         "https://as.example:80/Token",
		"http://LOCALHOST:80/Token":           "http://localhost/Token",
		"http://localhost:443/Token":          "http://localhost:443/Token",
		"https://[2001:DB8::443]:443/a%2FB":   "https://[2001:db8::443]/a%2FB",
		"https://[2001:db8::443]/a":           "https://[2001:db8::443]/a",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			prover, err := dpop.NewProver(dpop.Config{})
			require.NoError(t, err)
			client, mock := newMockClient(t, func(c *tokenclient.Config) {
				c.DPoP, c.Endpoints.Token = prover, address
				c.Auth = clientauth.Assertion(func(_ context.Context, attempt clientauth.Attempt) (string, error) {
					assert.True(t, strings.EqualFold(address, attempt.Endpoint))
					assert.Contains(t, attempt.Endpoint, address[len("https"):], "an audience is what the server calls itself")
					return "assertion", nil
				})
			})
			mock.RegisterNoResponder(func(r *http.Request) (*http.Response, error) {
				line, err := url.Parse(want)
				require.NoError(t, err)
				assert.Equal(t, line.Host, r.URL.Host)
				assert.Equal(t, line.Host, r.Host)
				assert.Equal(t, line.Scheme, r.URL.Scheme)
				assert.Equal(t, line.EscapedPath(), r.URL.EscapedPath())
				assert.Equal(t, want, claimsOf(t, r.Header).Get("htu").String())
				return httpmock.NewStringResponse(http.StatusOK, boundBody), nil
			})
			_, err = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
			require.NoError(t, err)
		})
	}
}

// TestAuthorizeNamesTheHostThatTheAPISees, when a request goes to another one: its
// nonce is still that of the one it goes to.
func TestAuthorizeNamesTheHostThatTheAPISees(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"":                      "https://10.0.0.1:8443/x",
		"10.0.0.1:8443":         "https://10.0.0.1:8443/x",
		"API.example":           "https://api.example/x",
		"api.example:443":       "https://api.example/x",
		"api.example:9443":      "https://api.example:9443/x",
		"bücher.example":        "",
		"api.example/y":         "",
		"user@api.example":      "",
		"api.example?x":         "",
		"api.example#x":         "",
		"api.example, other":    "",
		`api.example\@evil.com`: "",
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			prover, err := dpop.NewProver(dpop.Config{})
			require.NoError(t, err)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://10.0.0.1:8443/x?y=1", http.NoBody)
			require.NoError(t, err)
			prover.Remember(request.URL, http.Header{"Dpop-Nonce": {"n1"}})
			request.Host = host
			err = tokenclient.NewToken("t", "DPoP", time.Time{}).Authorize(request, prover)
			assert.Equal(t, "10.0.0.1:8443", request.URL.Host, "the URL stays")
			if want == "" {
				require.Error(t, err)
				assert.Empty(t, request.Header)
				return
			}
			require.NoError(t, err)
			claims := claimsOf(t, request.Header)
			assert.Equal(t, want, claims.Get("htu").String())
			assert.Equal(t, "n1", claims.Get("nonce").String())
		})
	}
}

func TestAuthorizeUsesTheNonceOfTheAPI(t *testing.T) {
	t.Parallel()
	prover, err := dpop.NewProver(dpop.Config{})
	require.NoError(t, err)
	api, err := url.Parse("https://api.example/x")
	require.NoError(t, err)
	prover.Remember(api, http.Header{"Dpop-Nonce": {"n1"}})
	for address, nonce := range map[string]string{"https://api.example/y": "n1", "https://other.example/y": ""} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		require.NoError(t, err)
		require.NoError(t, tokenclient.NewToken("t", "DPoP", time.Time{}).Authorize(request, prover))
		assert.Equal(t, nonce, claimsOf(t, request.Header).Get("nonce").String(), address)
	}
}

func TestUserInfoPresentsTheTokenByItsType(t *testing.T) {
	t.Parallel()
	for tokenType, want := range map[string]string{"": "DPoP t", "dpop": "DPoP t", "Bearer": "Bearer t", "bearer": "Bearer t", "mac": ""} {
		t.Run(tokenType, func(t *testing.T) {
			t.Parallel()
			client, server, _ := newBoundClient(t, []tokentest.Answer{{}}, func(c *tokenclient.Config) {
				c.Endpoints.UserInfo = strings.TrimSuffix(c.Endpoints.Token, tokentest.TokenPath) + "/userinfo"
			})
			server.Handle("/userinfo", func(tokentest.Request) tokentest.Answer { return tokentest.Answer{Body: `{"sub":"alice"}`} })
			_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", TokenType: tokenType, Subject: "alice"})
			if want == "" {
				assert.Equal(t, "TokenType", requireError(t, err).Parameter)
				return
			}
			require.NoError(t, err)
			sent := server.Requests()[0].Header
			assert.Equal(t, want, sent.Get("Authorization"))
			assert.Equal(t, strings.HasPrefix(want, "DPoP"), sent.Get("DPoP") != "")
		})
	}
	client, mock := newMockClient(t, func(c *tokenclient.Config) { c.Endpoints.UserInfo = "https://as.example/userinfo" })
	_, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: "t", TokenType: "DPoP", Subject: "alice"})
	assert.Equal(t, "TokenType", requireError(t, err).Parameter, "there is no key to prove it with")
	assert.Zero(t, mock.GetTotalCallCount())
}

func TestUselessValuesAreErrors(t *testing.T) {
	t.Parallel()
	_, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: tokenURL}, DPoP: new(dpop.Prover)})
	assert.Equal(t, "Config.DPoP", requireError(t, err).Parameter)
	var missing *ecdsa.PrivateKey
	_, err = tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: tokenURL}, ClientID: "client", Auth: clientauth.PrivateKeyJWT(missing, clientauth.JWTOptions{}),
	})
	assert.Equal(t, "Config.Auth", requireError(t, err).Parameter)
	assert.Empty(t, new(tokenclient.AuthorizeResponse).TokenRequest().Code)
	request := &http.Request{URL: &url.URL{Scheme: "https", Host: "api.example"}}
	require.NoError(t, tokenclient.NewToken("t", "Bearer", time.Time{}).Authorize(request, nil))
	assert.Equal(t, "Bearer t", request.Header.Get("Authorization"))
}
