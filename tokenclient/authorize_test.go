// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

const redirectURI = "https://app.example/callback?tenant=1"

func TestNewAuthorizeRequestIsRandom(t *testing.T) {
	t.Parallel()
	const logins = 200
	seen := make(map[string]bool)
	for range logins {
		login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
		for _, value := range []string{login.State, login.Nonce, login.CodeVerifier} {
			assert.Len(t, value, 43, "256 bits")
			assert.Empty(t, strings.Trim(value, allowedInVerifier))
			seen[value] = true
		}
	}
	assert.Len(t, seen, 3*logins, "no value comes twice")
}

// Servers refuse the nonce of OpenID Connect with any other login; oidc-provider
// answers invalid_request.
func TestNewAuthorizeRequestHasANonceOnlyForOpenID(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]bool{
		"openid": true, "api1 openid": true, "": false, "api1 offline_access": false, "openid2 not-openid": false,
	} {
		login := tokenclient.NewAuthorizeRequest(scope, redirectURI)
		assert.Equal(t, want, login.Nonce != "", scope)

		client, _ := newMockClient(t)
		address, err := client.AuthorizeURL(login)
		require.NoError(t, err)
		assert.Equal(t, want, strings.Contains(address, "&nonce="), scope)
	}
}

const allowedInVerifier = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

func TestCodeChallenge(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", tokenclient.CodeChallenge(verifier), "RFC 7636 appendix B")
}

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	const start = "https://as.example/connect/authorize?client_id=client&response_type="
	const pkce = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	login := tokenclient.AuthorizeRequest{RedirectURI: "https://app.example/cb", State: "s", CodeVerifier: verifier}
	full := login
	age := 0
	full.Scope, full.Nonce, full.ResponseType, full.ResponseMode = "openid api1", "n", "code id_token", "form_post"
	full.LoginHint, full.ACRValues, full.Prompt, full.Display = "bob", "tenant:one", "login", "page"
	full.MaxAge, full.UILocales, full.IDTokenHint = &age, "de en", "hint"
	full.Resource, full.Parameters = []string{"urn:a", "urn:b"}, url.Values{"audience": {"x"}}
	full.Claims, full.AuthorizationDetails, full.DPoPKeyThumbprint = `{"a":1}`, ` [{"type":"t"}]`, "jkt"
	tests := map[string]struct {
		endpoint string
		request  tokenclient.AuthorizeRequest
		want     string
	}{
		"least": {"", login, start + "code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s" + pkce},
		"all": {
			"", full, start + "code+id_token&scope=openid+api1&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s&nonce=n" +
				"&login_hint=bob&acr_values=tenant%3Aone&prompt=login&response_mode=form_post" + pkce +
				"&display=page&max_age=0&ui_locales=de+en&id_token_hint=hint&resource=urn%3Aa&resource=urn%3Ab&claims=%7B%22a%22%3A1%7D" +
				"&authorization_details=+%5B%7B%22type%22%3A%22t%22%7D%5D&dpop_jkt=jkt&audience=x",
		},
		"an endpoint with a query": {
			"https://as.example/authorize?p=b2c_1", login,
			"https://as.example/authorize?p=b2c_1&client_id=client&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&state=s" + pkce,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t, func(c *tokenclient.Config) {
				if test.endpoint != "" {
					c.Endpoints.Authorization = test.endpoint
				}
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
			})
			for range 2 { // the endpoint itself must stay as it is
				address, err := client.AuthorizeURL(test.request)
				require.NoError(t, err)
				assert.Equal(t, test.want, address)
			}
		})
	}
}

func TestAuthorizeURLRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change    func(*tokenclient.AuthorizeRequest, *tokenclient.Config)
		parameter string
	}{
		"no client id":    {func(_ *tokenclient.AuthorizeRequest, c *tokenclient.Config) { c.ClientID, c.Auth = "", nil }, "Config.ClientID"},
		"no endpoint":     {func(_ *tokenclient.AuthorizeRequest, c *tokenclient.Config) { c.Endpoints.Authorization = "" }, "Config.Endpoints.Authorization"},
		"no redirect URI": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.RedirectURI = "" }, "redirect_uri"},
		"no state":        {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.State = "" }, "state"},
		"no verifier":     {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.CodeVerifier = "" }, "code_verifier"},
		"short verifier":  {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.CodeVerifier = verifier[1:] }, "code_verifier"},
		"long verifier": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) {
			r.CodeVerifier = strings.Repeat("a", 129)
		}, "code_verifier"},
		"a verifier with another sign": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.CodeVerifier += "+" }, "code_verifier"},
		"a blank redirect URI":         {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.RedirectURI = " " }, "redirect_uri"},
		"a blank resource":             {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Resource = []string{"urn:a", " "} }, "resource"},
		"not UTF-8":                    {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.LoginHint = "\xff" }, "login_hint"},
		"a blank name besides":         {parameterBesides(" "), "Parameters"},
		"an expired request_uri": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) {
			r.RequestURI, r.RequestURIExpiry = "urn:x", time.Now()
		}, "request_uri"},
		"a wrong endpoint": {func(_ *tokenclient.AuthorizeRequest, c *tokenclient.Config) {
			c.Endpoints.Authorization, c.Metadata = "", &discovery.Metadata{AuthorizationEndpoint: "http://as.example/authorize"}
		}, "Config.Endpoints.Authorization"},
		"challenge besides":               {parameterBesides("code_challenge"), "code_challenge"},
		"verifier in the open":            {parameterBesides("code_verifier"), "code_verifier"},
		"client_id besides":               {parameterBesides("client_id"), "client_id"},
		"a negative age":                  {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { age := -1; r.MaxAge = &age }, "max_age"},
		"request besides":                 {parameterBesides("request"), "request"},
		"a blank request_uri":             {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.RequestURI = " " }, "request_uri"},
		"a blank request":                 {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Request, r.Scope = " ", "" }, "request"},
		"request_uri besides":             {parameterBesides("request_uri"), "request_uri"},
		"claims are no object":            {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Claims = `["a"]` }, "claims"},
		"claims are no JSON":              {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Claims = `{"a"` }, "claims"},
		"details are no array":            {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.AuthorizationDetails = `{}` }, "authorization_details"},
		"a scope beside a request object": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Request = "jwt" }, "scope"},
		"no state beside a request object": {func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) {
			r.Scope, r.State, r.Request = "", "", "jwt"
		}, "state"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
			client, _ := newMockClient(t, func(c *tokenclient.Config) { test.change(&login, c) })
			address, err := client.AuthorizeURL(login)
			assert.Empty(t, address)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindRequest, failed.Kind)
			assert.Equal(t, test.parameter, failed.Parameter)
		})
	}
}

func parameterBesides(name string) func(*tokenclient.AuthorizeRequest, *tokenclient.Config) {
	return func(r *tokenclient.AuthorizeRequest, _ *tokenclient.Config) { r.Parameters = url.Values{name: {"x"}} }
}

func TestAuthorizeRequestIsStored(t *testing.T) {
	t.Parallel()
	age := 1
	login := tokenclient.AuthorizeRequest{MaxAge: &age, Resource: []string{"urn:a"}, Parameters: url.Values{"p": {"v", "w"}}}
	value := reflect.ValueOf(&login).Elem()
	for i := range value.NumField() { // every string field has a value of its own
		if field := value.Field(i); field.Kind() == reflect.String {
			field.SetString(value.Type().Field(i).Name)
		}
	}
	stored, err := tokenclient.EncodeAuthorizeRequest(login)
	require.NoError(t, err)
	restored, err := tokenclient.DecodeAuthorizeRequest(stored)
	require.NoError(t, err)
	assert.Equal(t, login, restored)

	for _, data := range []string{"", "null", "{}", `{"state":1}`, `"` + canary} {
		_, err := tokenclient.DecodeAuthorizeRequest([]byte(data))
		require.Error(t, err, data)
		assertNoCanary(t, err.Error())
	}
}

// TestLoginStaysWithItsServer: a login that was begun with one server gives its code
// and its verifier to no other (RFC 9700 section 4.4), also when it was stored and
// the other sends no iss.
func TestLoginStaysWithItsServer(t *testing.T) {
	t.Parallel()
	at := func(issuer string) *tokenclient.Client {
		client, mock := newMockClient(t, withPAR, func(c *tokenclient.Config) { c.Issuer = issuer })
		mock.RegisterResponder(http.MethodPost, parURL, answer(make(chan *http.Request, 1), http.StatusCreated, pushed))
		return client
	}
	good, evil, unknown := at("https://good.example"), at("https://evil.example"), at("")
	login := testLogin()
	login.Issuer = "https://good.example"
	address, err := good.AuthorizeURL(login)
	require.NoError(t, err)
	assert.NotContains(t, address, "good.example", "it is not sent")
	response, err := good.PushAuthorization(t.Context(), testLogin())
	require.NoError(t, err)
	pushedLogin := response.AuthorizeRequest()
	assert.Equal(t, "https://good.example", pushedLogin.Issuer, "a pushed login has it by itself")

	callback := url.Values{"code": {"c"}, "state": {login.State}}
	for _, sent := range []tokenclient.AuthorizeRequest{login, pushedLogin} {
		stored, err := tokenclient.EncodeAuthorizeRequest(sent)
		require.NoError(t, err)
		restored, err := tokenclient.DecodeAuthorizeRequest(stored)
		require.NoError(t, err)
		_, err = good.ParseAuthorizeResponse(callback, restored)
		require.NoError(t, err)
		for _, other := range []*tokenclient.Client{evil, unknown} {
			_, err = other.ParseAuthorizeResponse(callback, restored)
			assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind)
			_, err = other.AuthorizeURL(restored)
			assert.Equal(t, "AuthorizeRequest.Issuer", requireError(t, err).Parameter)
		}
	}
	_, err = evil.PushAuthorization(t.Context(), login)
	assert.Equal(t, "AuthorizeRequest.Issuer", requireError(t, err).Parameter)
}

func TestParseAuthorizeResponse(t *testing.T) {
	t.Parallel()
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	login.Resource = []string{"urn:api"}
	client, _ := newMockClient(t, func(c *tokenclient.Config) { c.Issuer = "https://as.example" })
	values, err := url.ParseQuery("code=a%3Db%3D%3D&state=" + login.State + "&iss=https%3A%2F%2Fas.example&session_state=x")
	require.NoError(t, err)
	response, err := client.ParseAuthorizeResponse(values, login)
	require.NoError(t, err)
	assert.Equal(t, "a=b==", response.Code)
	assert.Equal(t, "https://as.example", response.Issuer)
	assert.Equal(t, "x", response.Values.Get("session_state"))
	assert.Equal(t, tokenclient.AuthorizationCodeTokenRequest{
		Code: "a=b==", RedirectURI: redirectURI, CodeVerifier: login.CodeVerifier, Resource: []string{"urn:api"},
	}, response.TokenRequest())

	delete(values, "iss")
	_, err = client.ParseAuthorizeResponse(values, login)
	assert.NoError(t, err, "a server need not know RFC 9207")
}

func TestParseAuthorizeResponseRefuses(t *testing.T) {
	t.Parallel()
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	const policy, protocol = tokenclient.KindPolicy, tokenclient.KindProtocol
	tests := map[string]struct {
		query string // STATE stands for the right one
		kind  tokenclient.ErrorKind
		code  tokenclient.ErrorCode
		text  string
	}{
		"another state":               {"code=c&state=other", policy, "", "state"},
		"no state":                    {"code=c", policy, "", "state"},
		"another issuer":              {"code=c&state=STATE&iss=https://evil.example", policy, "", "iss"},
		"the issuer with a slash":     {"code=c&state=STATE&iss=https://as.example/", policy, "", "iss"},
		"an empty issuer":             {"code=c&state=STATE&iss=", policy, "", "iss"},
		"issuer before state":         {"code=c&state=other&iss=https://evil.example", policy, "", "iss"},
		"two codes":                   {"code=c&code=d&state=STATE", policy, "", "code"},
		"two states":                  {"code=c&state=STATE&state=STATE", policy, "", "state"},
		"two errors":                  {"error=a&error=b&state=STATE", policy, "", "error"},
		"two issuers":                 {"code=c&state=STATE&iss=https://as.example&iss=https://as.example", policy, "", "iss"},
		"two responses":               {"code=c&state=STATE&response=a.b.c&response=a.b.c", policy, "", "response"},
		"two ID tokens":               {"code=c&state=STATE&id_token=a&id_token=b", policy, "", "more than one id_token"},
		"two access tokens":           {"code=c&state=STATE&access_token=a&access_token=b", policy, "", "more than one access_token"},
		"no code":                     {"state=STATE", policy, "", "neither code nor error"},
		"empty code":                  {"code=&state=STATE", policy, "", "neither code nor error"},
		"a code with CR LF":           {"code=a%0d%0ab&state=STATE", policy, "", "code"},
		"a code beyond ASCII":         {"code=%c3%a4&state=STATE", policy, "", "code"},
		"a stray token":               {"code=c&token=t&state=STATE", policy, "", "token"},
		"an empty error":              {"error=&state=STATE", policy, "", "error"},
		"a stray access token":        {"code=c&access_token=t&state=STATE", policy, "", "access_token"},
		"a stray ID token":            {"code=c&id_token=t&state=STATE", policy, "", "id_token"},
		"an error":                    {"error=access_denied&error_description=no&state=STATE", protocol, tokenclient.ErrAccessDenied, "access_denied"},
		"an error for somebody else":  {"error=access_denied&state=other", policy, "", "state"},
		"an error from somebody else": {"error=access_denied&state=STATE&iss=https://evil.example", policy, "", "iss"},
		"an error and a code":         {"error=login_required&code=c&state=STATE", protocol, tokenclient.ErrLoginRequired, "login_required"},
		"an error that is none":       {"error=%22&state=STATE", policy, "", "error"},
	}
	client, _ := newMockClient(t, func(c *tokenclient.Config) { c.Issuer = "https://as.example" })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(strings.ReplaceAll(test.query, "STATE", login.State))
			require.NoError(t, err)
			response, err := client.ParseAuthorizeResponse(values, login)
			assert.Nil(t, response)
			failed := requireError(t, err)
			assert.Equal(t, test.kind, failed.Kind)
			assert.Equal(t, test.code, failed.Code)
			assert.Contains(t, failed.Error(), test.text)
			assert.NotContains(t, failed.Error(), login.State)
		})
	}
}

func TestParseAuthorizeResponseWithoutStateSent(t *testing.T) {
	t.Parallel()
	client, _ := newMockClient(t)
	_, err := client.ParseAuthorizeResponse(url.Values{"code": {"c"}, "state": {""}}, tokenclient.AuthorizeRequest{RedirectURI: redirectURI})
	assert.Equal(t, tokenclient.KindPolicy, requireError(t, err).Kind, "no state is not a state")
}

func TestHybridResponse(t *testing.T) {
	t.Parallel()
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	login.ResponseType = "code id_token"
	client, _ := newMockClient(t)
	response, err := client.ParseAuthorizeResponse(url.Values{"code": {"c"}, "id_token": {"t"}, "state": {login.State}}, login)
	require.NoError(t, err)
	assert.Equal(t, "t", response.Values.Get("id_token"))
}
