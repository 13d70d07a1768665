// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const (
	registrationURL  = "https://as.example/connect/register"
	registrationPath = "/register"
)

func withRegistration(c *tokenclient.Config) { c.Endpoints.Registration = registrationURL }

func TestRegistrationRequest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request       tokenclient.ClientRegistrationRequest
		body          string
		authorization string
	}{
		"least": {tokenclient.ClientRegistrationRequest{}, `{}`, ""},
		"an open server": {
			tokenclient.ClientRegistrationRequest{Registration: tokenclient.ClientRegistration{
				RedirectURIs: []string{"https://client.example.org/callback?a=1&b=2"}, GrantTypes: []string{}, ClientName: "Bücher & <Co>",
				DefaultMaxAge: pointer(int64(0)), RequireAuthTime: pointer(false), Extensions: map[string]json.RawMessage{"x": json.RawMessage(`{"a": 1.0}`)},
			}},
			`{"redirect_uris":["https://client.example.org/callback?a=1&b=2"],"client_name":"Bücher & <Co>",` +
				`"default_max_age":0,"require_auth_time":false,"x":{"a": 1.0}}`, "",
		},
		"a token": {
			tokenclient.ClientRegistrationRequest{InitialAccessToken: "initial.token~+/-_==", Registration: tokenclient.ClientRegistration{Scope: "api1"}},
			`{"scope":"api1"}`, "Bearer initial.token~+/-_==",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t, withRegistration, func(c *tokenclient.Config) {
				c.Parameters = url.Values{"audience": {"for the token endpoint only"}}
				c.Header = http.Header{"X-Tenant": {"one"}}
			})
			mock.RegisterResponder(http.MethodPost, registrationURL, answer(sent, http.StatusCreated, `{"client_id":"c"}`))
			_, err := client.RegisterClient(t.Context(), test.request)
			require.NoError(t, err)
			request := <-sent
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, int64(len(test.body)), request.ContentLength)
			assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
			assert.Equal(t, "application/json", request.Header.Get("Accept"))
			assert.Equal(t, test.authorization, request.Header.Get("Authorization"), "the client itself does not authenticate")
			assert.Equal(t, "one", request.Header.Get("X-Tenant"))
		})
	}
}

// TestRegistrationNeedsNoClient checks that a Config can be without a client:
// there is none yet.
func TestRegistrationNeedsNoClient(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, registrationURL, answer(make(chan *http.Request, 1), http.StatusCreated, `{"client_id":"c"}`))
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Registration: registrationURL}, HTTPClient: &http.Client{Transport: mock},
	})
	require.NoError(t, err)
	response, err := client.RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{})
	require.NoError(t, err)
	assert.Equal(t, "c", response.ClientID)
}

// notSent is what a registration may not hold, and the parameter of the error.
var notSent = map[string]struct {
	registration tokenclient.ClientRegistration
	parameter    string
}{
	"jwks and jwks_uri": {
		tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[]}`), JWKSURI: "https://app.example/jwks"}, "jwks",
	},
	"a private EC key": {
		tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[{"kty":"EC","x":"x"},{"kty":"EC","d":"CANARY"}]}`)}, "jwks",
	},
	"a symmetric key":       {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[{"kty":"oct","\u006b":"CANARY"}]}`)}, "jwks"},
	"a prime of an RSA key": {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[{"kty":"RSA","dp":"CANARY"}]}`)}, "jwks"},
	"two sets of keys":      {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[],"keys":[{"d":"CANARY"}]}`)}, "jwks"},
	"a key, no set":         {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"kty":"EC","x":"x","d":"CANARY"}`)}, "jwks"},
	"a set of one key":      {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":{"kty":"oct","k":"CANARY"}}`)}, "jwks"},
	"a list in the list":    {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[[{"k":"CANARY"}]]}`)}, "jwks"},
	"KEYS":                  {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"KEYS":[{"k":"CANARY"}]}`)}, "jwks"},
	"a public key, no set":  {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"kty":"EC","x":"x"}`)}, "jwks"},
	"a set of texts":        {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":["x"]}`)}, "jwks"},
	"a set that is none":    {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":null}`)}, "jwks"},
	"text that is no UTF-8": {tokenclient.ClientRegistration{ClientName: "\xff"}, "client_name"},
	"a taken name":          {extension("scope", `"api1"`), "Extensions"},
	"client_id":             {extension("client_id", `"chosen"`), "Extensions"},
	"a broken value":        {extension("x", `CANARY`), "Extensions"},
}

func TestRegistrationRequestIsRefused(t *testing.T) {
	t.Parallel()
	client, mock := newMockClient(t, withRegistration)
	refused := func(request tokenclient.ClientRegistrationRequest, parameter string) {
		response, err := client.RegisterClient(t.Context(), request)
		failed := requireError(t, err)
		assert.Equal(t, tokenclient.KindRequest, failed.Kind)
		assert.Equal(t, tokenclient.NotProcessed, failed.Outcome)
		assert.Equal(t, parameter, failed.Parameter)
		assert.NotContains(t, failed.Error(), "CANARY")
		assert.True(t, response.IsError())
	}
	for _, test := range notSent {
		refused(tokenclient.ClientRegistrationRequest{Registration: test.registration}, test.parameter)
	}
	for _, token := range []string{"CANARY\r\nX-Other: b", "CANARY b", "CANARY\x7f", "CANARYé"} {
		refused(tokenclient.ClientRegistrationRequest{InitialAccessToken: token}, "InitialAccessToken")
	}
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")

	client, _ = newMockClient(t)
	refused(tokenclient.ClientRegistrationRequest{}, "Config.Endpoints.Registration")
}

// register registers a client at a server that gives the answer.
func register(t *testing.T, status int, body string) (*tokenclient.ClientRegistrationResponse, error) {
	t.Helper()
	client, mock := newMockClient(t, withRegistration)
	mock.RegisterResponder(http.MethodPost, registrationURL, answer(make(chan *http.Request, 1), status, body))
	return client.RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{})
}

func TestRegistrationResponse(t *testing.T) {
	t.Parallel()
	response, err := register(t, http.StatusCreated, fixture(t, "registration/registered.json"))
	require.NoError(t, err)
	assert.Equal(t, "s6BhdRkqt3", response.ClientID)
	assert.Equal(t, "cf136dc3c1fc93f31185e5885805d", response.ClientSecret)
	assert.Equal(t, time.Date(2061, 9, 6, 18, 26, 40, 0, time.UTC), response.ClientIDIssuedAt, "beyond 2038")
	assert.Equal(t, time.Date(2061, 9, 7, 0, 0, 0, 0, time.UTC), response.ClientSecretExpiresAt)
	assert.Empty(t, response.RegistrationAccessToken)
	assert.Empty(t, response.RegistrationClientURI)
	assert.Equal(t, tokenclient.ClientRegistration{
		RedirectURIs:            []string{"https://client.example.org/callback", "https://client.example.org/callback2"},
		GrantTypes:              []string{"authorization_code", "refresh_token"},
		ClientName:              "My Example Client",
		TokenEndpointAuthMethod: "client_secret_basic",
		LogoURI:                 "https://client.example.org/logo.png",
		JWKSURI:                 "https://client.example.org/my_public_keys.jwks",
		Extensions: map[string]json.RawMessage{
			"client_name#ja-Jpan-JP":      json.RawMessage(`"\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D"`),
			"example_extension_parameter": json.RawMessage(`"example_value"`),
		},
	}, response.Registration)
	assert.Equal(t, "クライアント名", response.Field("client_name#ja-Jpan-JP").String())

	response, err = register(t, http.StatusCreated, fixture(t, "registration/managed.json"))
	require.NoError(t, err)
	assert.Equal(t, "reg-23410913-abewfq.123483", response.RegistrationAccessToken)
	assert.Equal(t, "https://server.example.com/register/s6BhdRkqt3", response.RegistrationClientURI)

	all := strings.Replace(fixture(t, "registration/metadata.json"), "{", `{"client_id":"c",`, 1)
	response, err = register(t, http.StatusCreated, all)
	require.NoError(t, err)
	assert.Equal(t, allMetadata(), response.Registration)
}

func TestRegistrationTimes(t *testing.T) {
	t.Parallel()
	latest := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	for value, want := range map[string]time.Time{
		`0`: {}, `0.5`: {}, `-0`: {}, `1`: time.Unix(1, 0).UTC(), `1.9e9`: time.Unix(1900000000, 0).UTC(),
		`2147483648`: time.Unix(1<<31, 0).UTC(), `4294967296`: time.Unix(1<<32, 0).UTC(), `253402300799`: latest,
		`253402300800`: latest, `9223372036854775808`: latest, `1e300`: latest,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			response, err := register(t, http.StatusCreated,
				`{"client_id":"c","client_secret":"s","client_secret_expires_at":`+value+`,"client_id_issued_at":`+value+`}`)
			require.NoError(t, err)
			assert.Equal(t, want, response.ClientSecretExpiresAt)
			assert.Equal(t, want, response.ClientIDIssuedAt)
		})
	}
	for _, value := range []string{`-1`, `"1900000000"`, `null`, `true`, `[]`} {
		response, err := register(t, http.StatusCreated, `{"client_id":"c","client_id_issued_at":`+value+`,"client_secret_expires_at":`+value+`}`)
		require.NoError(t, err, "nothing depends on it without a secret")
		assert.Zero(t, response.ClientIDIssuedAt, value)
		assert.Zero(t, response.ClientSecretExpiresAt, value)
	}
}

// TestRegistrationLeavesOutWhatItCannotRead checks that a client is not lost for
// a member that is no credential.
func TestRegistrationLeavesOutWhatItCannotRead(t *testing.T) {
	t.Parallel()
	response, err := register(t, http.StatusCreated, `{"client_id":"c","client_secret":"","scope":["a","b"],"contacts":"x","jwks":1,
		"default_max_age":"1","require_auth_time":"true","registration_access_token":1,"registration_client_uri":null,"client_name":"n"}`)
	require.NoError(t, err)
	assert.Equal(t, tokenclient.ClientRegistration{ClientName: "n"}, response.Registration)
	assert.Empty(t, response.ClientSecret)
	assert.Empty(t, response.RegistrationAccessToken)
	assert.Len(t, response.Field("scope").Array(), 2)
}

// malformedClients are bodies that describe no usable client.
var malformedClients = map[string]string{
	"empty":                    ``,
	"a blank client_id":        `{"client_id":" "}`,
	"no object":                `[]`,
	"no client_id":             `{"client_secret":"CANARY","client_secret_expires_at":0}`,
	"client_id null":           `{"client_id":null}`,
	"client_id a number":       `{"client_id":1}`,
	"client_id empty":          `{"client_id":""}`,
	"two of one name":          `{"client_id":"c","client_id":"d"}`,
	"a secret without expiry":  `{"client_id":"c","client_secret":"CANARY"}`,
	"expiry null":              `{"client_id":"c","client_secret":"CANARY","client_secret_expires_at":null}`,
	"expiry text":              `{"client_id":"c","client_secret":"CANARY","client_secret_expires_at":"0"}`,
	"expiry negative":          `{"client_secret_expires_at":-1,"client_id":"c","client_secret":"CANARY"}`,
	"a secret that is no text": `{"client_id":"c","client_secret":1,"client_secret_expires_at":0}`,
}

func TestMalformedRegistrationResponse(t *testing.T) {
	t.Parallel()
	for name, body := range malformedClients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := register(t, http.StatusCreated, body)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindMalformed, failed.Kind)
			assert.Equal(t, tokenclient.Final, failed.Outcome)
			assert.Contains(t, failed.Error(), "the client may be registered; Raw has what came")
			assert.NotContains(t, failed.Error(), "CANARY")
			assert.Equal(t, tokenclient.ClientRegistrationResponse{Response: response.Response}, *response, "no field is set")
			assert.Equal(t, body, response.Raw(), "and nothing is lost")
		})
	}
	response, err := register(t, http.StatusOK, `{"client_id":"c"}`)
	assert.Equal(t, tokenclient.KindMalformed, requireError(t, err).Kind, "a registration is 201")
	assert.Empty(t, response.ClientID)
	assert.Equal(t, "c", response.Field("client_id").String())
}

func TestRegistrationErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{
		"invalid_redirect_uri":          tokenclient.ErrInvalidRedirectURI,
		"invalid_client_metadata":       tokenclient.ErrInvalidClientMetadata,
		"invalid_software_statement":    tokenclient.ErrInvalidSoftwareStatement,
		"unapproved_software_statement": tokenclient.ErrUnapprovedSoftwareStatement,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			_, err := register(t, http.StatusBadRequest, `{"error":"`+code+`","error_description":"d"}`)
			require.ErrorIs(t, err, want)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindProtocol, failed.Kind)
			assert.Equal(t, "d", failed.Description)
		})
	}
}

func TestRegistrationIsNotSentAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer  tokentest.Answer
		outcome tokenclient.Outcome
	}{
		"a reset":                   {tokentest.Answer{Fault: tokentest.ResetBeforeAnswer}, tokenclient.Unknown},
		"a close":                   {tokentest.Answer{Fault: tokentest.CloseBeforeAnswer}, tokenclient.Unknown},
		"a cut off body":            {tokentest.Answer{Status: 201, Body: `{"client_id":"c"}`, Fault: tokentest.TruncateBody}, tokenclient.Unknown},
		"502":                       {tokentest.Answer{Status: 502}, tokenclient.Unknown},
		"503":                       {tokentest.Answer{Status: 503}, tokenclient.Unknown},
		"503 that asks to wait":     {tokentest.Answer{Status: 503, RetryAfter: "1"}, tokenclient.NotProcessed},
		"too many requests":         {tokentest.Answer{Status: 429}, tokenclient.NotProcessed},
		"a redirect":                {tokentest.Redirect(307, "/elsewhere"), tokenclient.Final},
		"200, which is no creation": {tokentest.Answer{Status: 200, Body: `{"client_id":"c"}`}, tokenclient.Final},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newRegistrationClient(t)
			server.Handle(registrationPath, func(tokentest.Request) tokentest.Answer { return test.answer })
			_, err := client.RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{})
			failed := requireError(t, err)
			assert.Equal(t, test.outcome, failed.Outcome)
			assert.NotContains(t, failed.Error(), "spent", "there is no credential")
			if test.outcome == tokenclient.Unknown {
				assert.Contains(t, failed.Error(), "the client may be registered")
			}
			assert.Equal(t, 1, server.Count(registrationPath), "sent once")
			assert.Len(t, server.Requests(), 1, "and nowhere else")
		})
	}
}

// newRegistrationClient returns a client of a real server that registers.
func newRegistrationClient(t *testing.T) (*tokenclient.Client, *tokentest.Server) {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Registration: server.URL() + registrationPath},
		Retry:     tokenclient.Retry{MinWait: time.Nanosecond},
	})
	require.NoError(t, err)
	return client, server
}
