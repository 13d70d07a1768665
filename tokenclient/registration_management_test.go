// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const (
	managementURL   = "https://server.example.com/register/s6BhdRkqt3" // not the host of the endpoints
	managementToken = "reg-23410913-abewfq.123483"
)

var management = tokenclient.ClientManagementRequest{RegistrationClientURI: managementURL, RegistrationAccessToken: managementToken}

// update is the example of RFC 7592 section 2.2.
func update() tokenclient.ClientUpdateRequest {
	return tokenclient.ClientUpdateRequest{
		RegistrationClientURI: managementURL, RegistrationAccessToken: managementToken,
		ClientID: "s6BhdRkqt3", ClientSecret: "cf136dc3c1fc93f31185e5885805d",
		Registration: tokenclient.ClientRegistration{
			RedirectURIs: []string{"https://client.example.org/callback", "https://client.example.org/alt"},
			GrantTypes:   []string{"authorization_code", "refresh_token"}, TokenEndpointAuthMethod: "client_secret_basic",
			JWKSURI: "https://client.example.org/my_public_keys.jwks", ClientName: "My New Example",
			Extensions: map[string]json.RawMessage{"client_name#de": json.RawMessage(`"Mein neues Beispiel"`)},
		},
	}
}

// managed has every management call, as it is sent.
var managed = map[string]struct {
	method, body string
	status       int
	repeatable   bool
	send         func(context.Context, *tokenclient.Client, tokenclient.ClientManagementRequest) (*tokenclient.Response, error)
}{
	"read": {
		http.MethodGet, "", http.StatusOK, true,
		func(ctx context.Context, c *tokenclient.Client, r tokenclient.ClientManagementRequest) (*tokenclient.Response, error) {
			response, err := c.ReadClient(ctx, r)
			return &response.Response, err
		},
	},
	"update": {
		http.MethodPut, `{"client_id":"s6BhdRkqt3","client_secret":"cf136dc3c1fc93f31185e5885805d",` +
			`"redirect_uris":["https://client.example.org/callback","https://client.example.org/alt"],` +
			`"grant_types":["authorization_code","refresh_token"],"client_name":"My New Example",` +
			`"jwks_uri":"https://client.example.org/my_public_keys.jwks","token_endpoint_auth_method":"client_secret_basic",` +
			`"client_name#de":"Mein neues Beispiel"}`, http.StatusOK, false,
		func(ctx context.Context, c *tokenclient.Client, r tokenclient.ClientManagementRequest) (*tokenclient.Response, error) {
			request := update()
			request.RegistrationClientURI, request.RegistrationAccessToken = r.RegistrationClientURI, r.RegistrationAccessToken
			response, err := c.UpdateClient(ctx, request)
			return &response.Response, err
		},
	},
	"delete": {
		http.MethodDelete, "", http.StatusNoContent, true,
		func(ctx context.Context, c *tokenclient.Client, r tokenclient.ClientManagementRequest) (*tokenclient.Response, error) {
			response, err := c.DeleteClient(ctx, r)
			return &response.Response, err
		},
	},
}

func TestManagementRequest(t *testing.T) {
	t.Parallel()
	for name, test := range managed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := make(chan *http.Request, 1)
			client, mock := newMockClient(t)
			mock.RegisterResponder(test.method, managementURL, answer(sent, test.status, `{"client_id":"s6BhdRkqt3"}`))
			response, err := test.send(t.Context(), client, management)
			require.NoError(t, err)
			assert.Equal(t, test.status, response.StatusCode)
			request := <-sent
			assert.Equal(t, "Bearer "+managementToken, request.Header.Get("Authorization"))
			assert.Equal(t, "application/json", request.Header.Get("Accept"))
			if test.body == "" {
				assert.Nil(t, request.Body)
				assert.NotContains(t, request.Header, "Content-Type")
				return
			}
			assert.Equal(t, test.body, bodyOf(t, request))
			assert.Equal(t, "application/json", request.Header.Get("Content-Type"))
		})
	}
}

// TestUpdateForgetsNothing: what the server has registered in another form than
// ours is sent back as it was, or nothing is sent.
func TestUpdateForgetsNothing(t *testing.T) {
	t.Parallel()
	sent := make(chan *http.Request, 2)
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodGet, managementURL, answer(sent, http.StatusOK,
		`{"client_id":"c","contacts":"a@b","default_max_age":3600.0,"require_auth_time":"true","scope":null,"x_y":{"a":1.0}}`))
	mock.RegisterResponder(http.MethodPut, managementURL, answer(sent, http.StatusOK, `{"client_id":"c"}`))
	registered, err := client.ReadClient(t.Context(), management)
	require.NoError(t, err)
	<-sent
	request := registered.UpdateRequest()
	for _, name := range []string{"contacts", "require_auth_time"} {
		_, err = client.UpdateClient(t.Context(), request)
		failed := requireError(t, err)
		assert.Equal(t, tokenclient.KindRequest, failed.Kind)
		assert.Equal(t, name, failed.Parameter)
		if name == "contacts" {
			request.Registration.Contacts = []string{"a@b"}
		}
	}
	request.Registration.RequireAuthTime = new(bool)
	_, err = client.UpdateClient(t.Context(), request)
	require.NoError(t, err)
	assert.JSONEq(t, `{"client_id":"c","contacts":["a@b"],"default_max_age":3600,"require_auth_time":false,"x_y":{"a":1.0}}`, bodyOf(t, <-sent))
}

func TestUpdateWithoutASecret(t *testing.T) {
	t.Parallel()
	sent := make(chan *http.Request, 1)
	client, mock := newMockClient(t)
	mock.RegisterResponder(http.MethodPut, managementURL, answer(sent, http.StatusOK, `{"client_id":"c"}`))
	_, err := client.UpdateClient(t.Context(), tokenclient.ClientUpdateRequest{
		RegistrationClientURI: managementURL, RegistrationAccessToken: managementToken, ClientID: "c",
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"client_id":"c"}`, bodyOf(t, <-sent))
}

func TestManagementRequestIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ uri, token, parameter string }{
		"no address":               {"", "t", "RegistrationClientURI"},
		"relative":                 {"/register/CANARY", "t", "RegistrationClientURI"},
		"http":                     {"http://as.example/register/CANARY", "t", "RegistrationClientURI"},
		"user information":         {"https://CANARY:CANARY@as.example/register", "t", "RegistrationClientURI"},
		"fragment":                 {"https://as.example/register#CANARY", "t", "RegistrationClientURI"},
		"not ASCII":                {"https://bücher.example/CANARY", "t", "RegistrationClientURI"},
		"file":                     {"file:///CANARY", "t", "RegistrationClientURI"},
		"not a URL":                {"https://as.example/%zzCANARY", "t", "RegistrationClientURI"},
		"no token":                 {managementURL, "", "RegistrationAccessToken"},
		"CR LF in the token":       {managementURL, "CANARY\r\nX: y", "RegistrationAccessToken"},
		"a space in the token":     {managementURL, "CANARY t", "RegistrationAccessToken"},
		"a token that is no ASCII": {managementURL, "CANARY\xff", "RegistrationAccessToken"},
	}
	client, mock := newMockClient(t)
	refused := func(t *testing.T, err error, parameter string) {
		t.Helper()
		failed := requireError(t, err)
		assert.Equal(t, tokenclient.KindRequest, failed.Kind)
		assert.Equal(t, parameter, failed.Parameter)
		assert.NotContains(t, failed.Error(), "CANARY")
	}
	for name, test := range tests {
		for operation, call := range managed {
			t.Run(name+"/"+operation, func(t *testing.T) {
				t.Parallel()
				response, err := call.send(t.Context(), client, tokenclient.ClientManagementRequest{
					RegistrationClientURI: test.uri, RegistrationAccessToken: test.token,
				})
				refused(t, err, test.parameter)
				assert.True(t, response.IsError())
			})
		}
	}
	for _, test := range notSent {
		request := update()
		request.Registration = test.registration
		_, err := client.UpdateClient(t.Context(), request)
		refused(t, err, test.parameter)
	}
	request := update()
	request.ClientID = ""
	_, err := client.UpdateClient(t.Context(), request)
	refused(t, err, "client_id")
	request = update()
	request.ClientSecret = "CANARY\xff"
	_, err = client.UpdateClient(t.Context(), request)
	refused(t, err, "client_secret")
	assert.Zero(t, mock.GetTotalCallCount(), "nothing was sent")
}

func TestManagedClient(t *testing.T) {
	t.Parallel()
	client, mock := newMockClient(t)
	body := fixture(t, "registration/managed.json")
	mock.RegisterResponder(http.MethodGet, managementURL, answer(make(chan *http.Request, 1), http.StatusOK, body))
	read, err := client.ReadClient(t.Context(), management)
	require.NoError(t, err)
	assert.Equal(t, management, read.ManagementRequest())
	change := read.UpdateRequest()
	assert.Equal(t, tokenclient.ClientUpdateRequest{
		RegistrationClientURI: managementURL, RegistrationAccessToken: managementToken, ClientID: "s6BhdRkqt3",
		ClientSecret: "cf136dc3c1fc93f31185e5885805d", Registration: read.Registration,
	}, change)
	assert.Equal(t, "My Example Client", change.Registration.ClientName)
}

func TestRegistrationTokenRotates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want tokenclient.ClientManagementRequest
	}{
		"both stay":   {`{"client_id":"s6BhdRkqt3"}`, management},
		"a new token": {`{"client_id":"s6BhdRkqt3","registration_access_token":"new"}`, tokenclient.ClientManagementRequest{RegistrationClientURI: managementURL, RegistrationAccessToken: "new"}},
		"a new URI": {
			`{"client_id":"s6BhdRkqt3","registration_client_uri":"https://new.example"}`,
			tokenclient.ClientManagementRequest{RegistrationClientURI: "https://new.example", RegistrationAccessToken: managementToken},
		},
		"null and empty": {`{"client_id":"s6BhdRkqt3","registration_access_token":null,"registration_client_uri":""}`, management},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t)
			mock.RegisterResponder(http.MethodGet, managementURL, answer(make(chan *http.Request, 1), http.StatusOK, test.body))
			mock.RegisterResponder(http.MethodPut, managementURL, answer(make(chan *http.Request, 1), http.StatusOK, test.body))
			read, err := client.ReadClient(t.Context(), management)
			require.NoError(t, err)
			assert.Equal(t, test.want, read.ManagementRequest())
			updated, err := client.UpdateClient(t.Context(), update())
			require.NoError(t, err)
			assert.Equal(t, test.want, updated.ManagementRequest())
		})
	}
}

func TestMalformedManagementResponse(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{"read/created": "", "update/created": "", "delete/ok": ""}
	for name, body := range malformedClients {
		bodies["read/"+name], bodies["update/"+name] = body, body
	}
	bodies["update/another client"] = `{"client_id":"other","client_secret":"CANARY","client_secret_expires_at":0}`
	statuses := map[string]int{"read/created": http.StatusCreated, "update/created": http.StatusCreated}
	advice := map[string]string{
		"read": "the registration access token may be replaced", "update": "the registration may be changed", "delete": "the client may be deleted",
	}
	client, mock := newMockClient(t)
	for name, body := range bodies {
		operation, _, _ := strings.Cut(name, "/")
		call := managed[operation]
		status := statuses[name]
		if status == 0 {
			status = http.StatusOK
		}
		mock.RegisterResponder(call.method, managementURL, answer(make(chan *http.Request, 1), status, body))
		response, err := call.send(t.Context(), client, management)
		failed := requireError(t, err)
		assert.Equal(t, tokenclient.KindMalformed, failed.Kind, name)
		assert.Contains(t, failed.Error(), advice[operation]+"; Raw has what came", name)
		assert.NotContains(t, failed.Error(), "CANARY")
		assert.Equal(t, body, response.Raw())
	}
	mock.RegisterResponder(http.MethodPut, managementURL, answer(make(chan *http.Request, 1), http.StatusOK, bodies["update/another client"]))
	updated, err := client.UpdateClient(t.Context(), update())
	require.Error(t, err)
	assert.Equal(t, tokenclient.ClientRegistrationResponse{Response: updated.Response}, *updated, "no field is set")
}

func TestManagementRetries(t *testing.T) {
	t.Parallel()
	for name, call := range managed {
		for failure, first := range map[string]tokentest.Answer{
			"reset": {Fault: tokentest.ResetBeforeAnswer}, "503": {Status: http.StatusServiceUnavailable},
		} {
			t.Run(name+"/"+failure, func(t *testing.T) {
				t.Parallel()
				client, server := newRegistrationClient(t)
				server.Enqueue("/client", first)
				server.Handle("/client", func(tokentest.Request) tokentest.Answer {
					return tokentest.Answer{Status: call.status, Body: `{"client_id":"s6BhdRkqt3"}`}
				})
				_, err := call.send(t.Context(), client, tokenclient.ClientManagementRequest{
					RegistrationClientURI: server.URL() + "/client", RegistrationAccessToken: managementToken,
				})
				if call.repeatable {
					require.NoError(t, err)
					assert.Equal(t, 2, server.Count("/client"))
					return
				}
				failed := requireError(t, err)
				assert.Equal(t, tokenclient.Unknown, failed.Outcome)
				assert.Contains(t, failed.Error(), "the registration may be changed")
				assert.Equal(t, 1, server.Count("/client"))
			})
		}
	}
}

func TestManagementErrors(t *testing.T) {
	t.Parallel()
	for name, call := range managed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t)
			mock.RegisterResponder(call.method, managementURL, func(*http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: http.StatusUnauthorized, Body: http.NoBody, Header: http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}},
				}, nil
			})
			_, err := call.send(t.Context(), client, management)
			failed := requireError(t, err)
			assert.Equal(t, tokenclient.KindProtocol, failed.Kind)
			assert.Equal(t, tokenclient.ErrorCode("invalid_token"), failed.Code)
			assert.Equal(t, tokenclient.Final, failed.Outcome)
			assert.Equal(t, managementURL, failed.Endpoint)
		})
	}
}
