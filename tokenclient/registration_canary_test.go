// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

const clientOfCanary = `{"client_id":"c","client_secret":"` + canary + `","client_secret_expires_at":0,"registration_access_token":"` + canary + `"}`

// registrationSecrets are the values of TestNoTypePrintsASecret that have to do
// with registration.
func registrationSecrets(t *testing.T) map[string]any {
	t.Helper()
	response, err := register(t, http.StatusCreated, clientOfCanary)
	require.NoError(t, err)
	require.Equal(t, canary, response.ClientSecret)
	require.Equal(t, canary, response.RegistrationAccessToken)
	return map[string]any{
		"*ClientRegistrationResponse": response,
		"ClientRegistrationResponse":  shown[tokenclient.ClientRegistrationResponse]{*response, *response},
		"ClientRegistrationRequest": shown[tokenclient.ClientRegistrationRequest]{
			Value: tokenclient.ClientRegistrationRequest{InitialAccessToken: canary},
		},
		"ClientManagementRequest": shown[tokenclient.ClientManagementRequest]{response.ManagementRequest(), response.ManagementRequest()},
		"ClientUpdateRequest":     shown[tokenclient.ClientUpdateRequest]{response.UpdateRequest(), response.UpdateRequest()},
	}
}

func TestRegistrationSecretsHaveNoJSON(t *testing.T) {
	t.Parallel()
	for name, value := range registrationSecrets(t) {
		_, err := json.Marshal(value)
		require.ErrorContains(t, err, "hold secrets", name)
	}
	response, err := register(t, http.StatusCreated, clientOfCanary)
	require.NoError(t, err)
	for _, verb := range pointerVerbs {
		assertNoCanary(t, fmt.Sprintf(verb, hold(response)))
	}
	written, err := json.Marshal(response.Registration)
	require.NoError(t, err, "the metadata is no secret")
	assert.Equal(t, `{}`, string(written))
}

func TestNoRegistrationErrorPrintsASecret(t *testing.T) {
	t.Parallel()
	answers := map[string]tokentest.Answer{
		"echoed in a description": {Status: 400, Body: `{"error":"e","error_description":"you sent ` + canary + `"}`},
		"echoed by a proxy":       {Status: 502, Body: "<html>" + canary, ContentType: "text/html"},
		"created, broken":         {Status: 201, Body: `{"client_secret":"` + canary + `"`},
		"created, no expiry":      {Status: 201, Body: `{"client_id":"c","client_secret":"` + canary + `"}`},
		"broken":                  {Body: `{"client_secret":"` + canary + `"`},
		"no expiry":               {Body: `{"client_id":"c","client_secret":"` + canary + `"}`},
		"another client":          {Body: clientOfCanary},
		"a redirect":              tokentest.Redirect(302, "https://other.example/?token="+url.QueryEscape(canary)),
		"a cut off body":          {Status: 201, Body: clientOfCanary, Fault: tokentest.TruncateBody},
		"a reset":                 {Fault: tokentest.ResetBeforeAnswer},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, server := newRegistrationClient(t)
			server.Handle(registrationPath, func(tokentest.Request) tokentest.Answer { return answer })
			address := server.URL() + registrationPath + "?" + url.QueryEscape(canary)
			failures := map[string]any{}
			_, failures["register"] = client.RegisterClient(t.Context(), tokenclient.ClientRegistrationRequest{InitialAccessToken: canary})
			_, failures["update, token"] = client.UpdateClient(t.Context(), tokenclient.ClientUpdateRequest{
				RegistrationClientURI: address, RegistrationAccessToken: canary, ClientID: "mine",
			})
			_, failures["update, secret"] = client.UpdateClient(t.Context(), tokenclient.ClientUpdateRequest{
				RegistrationClientURI: address, RegistrationAccessToken: "t", ClientID: "mine", ClientSecret: canary,
			})
			management := tokenclient.ClientManagementRequest{RegistrationClientURI: address, RegistrationAccessToken: canary}
			_, failures["delete"] = client.DeleteClient(t.Context(), management)
			if name != "another client" { // which is fine when it is read
				_, failures["read"] = client.ReadClient(t.Context(), management)
			}
			for operation, failure := range failures {
				err, ok := failure.(error)
				require.True(t, ok, operation)
				for _, value := range []any{err, fmt.Errorf("wrapped: %w", err), hold(err)} {
					assertNoCanary(t, prints(value))
				}
				if name == "echoed in a description" {
					assert.Equal(t, "you sent [redacted]", requireError(t, err).Description, operation)
				}
			}
		})
	}
}
