// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

func pointer[T any](value T) *T { return &value }

// allMetadata is what testdata/registration/metadata.json says.
func allMetadata() tokenclient.ClientRegistration {
	return tokenclient.ClientRegistration{
		RedirectURIs:                          []string{"https://app.example/callback?a=1&b=2", "com.example.app:/callback"},
		ResponseTypes:                         []string{"code", "code id_token"},
		GrantTypes:                            []string{"authorization_code", "refresh_token"},
		ApplicationType:                       "native",
		Contacts:                              []string{"ve7jtb@example.com"},
		ClientName:                            "Büro & <Co>",
		LogoURI:                               "https://app.example/logo",
		ClientURI:                             "https://app.example/",
		PolicyURI:                             "https://app.example/policy",
		TOSURI:                                "https://app.example/tos",
		JWKSURI:                               "https://app.example/jwks",
		JWKS:                                  json.RawMessage(`{"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]}`),
		SectorIdentifierURI:                   "https://app.example/sector",
		SubjectType:                           "pairwise",
		Scope:                                 "openid api1",
		PostLogoutRedirectURIs:                []string{"https://app.example/bye"},
		FrontchannelLogoutURI:                 "https://app.example/front",
		FrontchannelLogoutSessionRequired:     pointer(true),
		BackchannelLogoutURI:                  "https://app.example/back",
		BackchannelLogoutSessionRequired:      pointer(false),
		SoftwareStatement:                     "e30.e30.",
		SoftwareID:                            "4NRB1-0XZABZI9E6-5SM3R",
		SoftwareVersion:                       "2.1",
		IDTokenSignedResponseAlg:              "ES256",
		IDTokenEncryptedResponseAlg:           "RSA-OAEP-256",
		IDTokenEncryptedResponseEnc:           "A256GCM",
		UserInfoSignedResponseAlg:             "PS256",
		UserInfoEncryptedResponseAlg:          "ECDH-ES",
		UserInfoEncryptedResponseEnc:          "A128GCM",
		RequestObjectSigningAlg:               "EdDSA",
		RequestObjectEncryptionAlg:            "ECDH-ES+A128KW",
		RequestObjectEncryptionEnc:            "A128CBC-HS256",
		RequireSignedRequestObject:            pointer(true),
		TokenEndpointAuthMethod:               "private_key_jwt",
		TokenEndpointAuthSigningAlg:           "ES384",
		DefaultMaxAge:                         pointer(int64(1 << 32)),
		RequireAuthTime:                       pointer(false),
		DefaultACRValues:                      []string{"urn:mace:incommon:iap:silver", "1"},
		InitiateLoginURI:                      "https://app.example/login",
		RequestURIs:                           []string{"https://app.example/request.jwt#hash"},
		IntrospectionSignedResponseAlg:        "ES512",
		IntrospectionEncryptedResponseAlg:     "RSA-OAEP",
		IntrospectionEncryptedResponseEnc:     "A192GCM",
		DPoPBoundAccessTokens:                 pointer(true),
		TLSClientCertificateBoundAccessTokens: pointer(false),
		TLSClientAuthSubjectDN:                "CN=app",
		TLSClientAuthSANDNS:                   "app.example",
		TLSClientAuthSANURI:                   "spiffe://app.example/app",
		TLSClientAuthSANIP:                    "192.0.2.1",
		TLSClientAuthSANEmail:                 "app@example.com",
		Extensions: map[string]json.RawMessage{
			"a.b*":           json.RawMessage(`{"nested": [1, {"a": 1, "a": 2}]}`),
			"big":            json.RawMessage(`123456789012345678901234567890.10`),
			"client_name#de": json.RawMessage(`"Büro"`),
			"nothing":        json.RawMessage(`null`),
		},
	}
}

// compact returns JSON without white space, and otherwise as it is.
func compact(t *testing.T, text string) string {
	t.Helper()
	var short bytes.Buffer
	require.NoError(t, json.Compact(&short, []byte(text)))
	return short.String()
}

func TestClientRegistrationJSON(t *testing.T) {
	t.Parallel()
	text := fixture(t, "registration/metadata.json")
	want := allMetadata()
	for i, value := 0, reflect.ValueOf(want); i < value.NumField(); i++ {
		require.False(t, value.Field(i).IsZero(), "%s has a case", value.Type().Field(i).Name)
	}

	var read tokenclient.ClientRegistration
	require.NoError(t, json.Unmarshal([]byte(text), &read))
	assert.Equal(t, want, read, "as it is written, white space within values included")
	written, err := want.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, compact(t, text), compact(t, string(written)), "the same members in the same order")
	assert.Contains(t, string(written), "a=1&b=2", "readable")

	written, err = json.Marshal(map[string]any{"client": want})
	require.NoError(t, err)
	assert.JSONEq(t, `{"client":`+text+`}`, string(written))
}

func TestClientRegistrationLeavesOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		registration tokenclient.ClientRegistration
		want         string
	}{
		"nothing":         {tokenclient.ClientRegistration{}, `{}`},
		"an empty list":   {tokenclient.ClientRegistration{RedirectURIs: []string{}, Contacts: nil}, `{}`},
		"empty raw JSON":  {tokenclient.ClientRegistration{JWKS: json.RawMessage{}}, `{}`},
		"empty map":       {tokenclient.ClientRegistration{Extensions: map[string]json.RawMessage{}}, `{}`},
		"not false":       {tokenclient.ClientRegistration{RequireAuthTime: pointer(false)}, `{"require_auth_time":false}`},
		"not zero":        {tokenclient.ClientRegistration{DefaultMaxAge: pointer(int64(0))}, `{"default_max_age":0}`},
		"only extensions": {tokenclient.ClientRegistration{Extensions: map[string]json.RawMessage{"b": json.RawMessage(`[]`), "a": json.RawMessage(`""`)}}, `{"a":"","b":[]}`},
		"an empty name":   {tokenclient.ClientRegistration{Extensions: map[string]json.RawMessage{"": json.RawMessage(`1`)}}, `{"":1}`},
		"quotes":          {tokenclient.ClientRegistration{ClientName: "\"\\\n<&>\u2028"}, `{"client_name":"\"\\\n<&>\u2028"}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written, err := test.registration.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, test.want, string(written))
			var read tokenclient.ClientRegistration
			require.NoError(t, read.UnmarshalJSON(written))
			again, err := read.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, test.want, string(again))
		})
	}
}

func extension(name, value string) tokenclient.ClientRegistration {
	return tokenclient.ClientRegistration{Extensions: map[string]json.RawMessage{name: json.RawMessage(value)}}
}

// unwritable is what has no JSON form, and the member that the error names.
var unwritable = map[string]struct {
	registration tokenclient.ClientRegistration
	member       string
}{
	"text that is not UTF-8":   {tokenclient.ClientRegistration{ClientName: "\xff"}, "client_name"},
	"a list that is not UTF-8": {tokenclient.ClientRegistration{Contacts: []string{"a", "\xff"}}, "contacts"},
	"jwks of text":             {tokenclient.ClientRegistration{JWKS: json.RawMessage(`"keys"`)}, "jwks"},
	"jwks null":                {tokenclient.ClientRegistration{JWKS: json.RawMessage(`null`)}, "jwks"},
	"jwks cut off":             {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{"keys":[]`)}, "jwks"},
	"jwks and more":            {tokenclient.ClientRegistration{JWKS: json.RawMessage(`{},"x":{}`)}, "jwks"},
	"the name of a field":      {extension("scope", `"api1"`), "scope"},
	"an unset field's name":    {extension("tls_client_auth_san_ip", `null`), "tls_client_auth_san_ip"},
	"client_id":                {extension("client_id", `"c"`), "client_id"},
	"client_secret":            {extension("client_secret", `"c"`), "client_secret"},
	"client_id_issued_at":      {extension("client_id_issued_at", `1`), "client_id_issued_at"},
	"client_secret_expires_at": {extension("client_secret_expires_at", `1`), "client_secret_expires_at"},
	"registration token":       {extension("registration_access_token", `"t"`), "registration_access_token"},
	"registration_client_uri":  {extension("registration_client_uri", `"u"`), "registration_client_uri"},
	"no value":                 {extension("x", ``), `"x"`},
	"a broken value":           {extension("x", `{`), `"x"`},
	"a value and more":         {extension("x", `1,"client_id":"other"`), `"x"`},
	"half a surrogate pair":    {extension("x", `"\ud800"`), `"x"`},
	"a value nested too deep":  {extension("x", strings.Repeat("[", 64)+strings.Repeat("]", 64)), `"x"`},
	"a name that is not UTF-8": {extension("\xff", `1`), "UTF-8"},
	"a value that is not UTF8": {extension("x", "\"\xff\""), `"x"`},
}

func TestClientRegistrationIsNotWritten(t *testing.T) {
	t.Parallel()
	for name, test := range unwritable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written, err := json.Marshal(test.registration)
			assert.Empty(t, written)
			require.ErrorContains(t, err, "tokenclient: client registration: ")
			assert.ErrorContains(t, err, test.member)
		})
	}
}

func TestClientRegistrationIsNotRead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, reason string }{
		"nothing":                  {``, "empty"},
		"no object":                {`[]`, "not an object"},
		"cut off":                  {`{"scope":"api1"`, "not valid JSON"},
		"two of one name":          {`{"scope":"a","sc\u006fpe":"b"}`, "two members"},
		"two extensions":           {`{"x":1,"x":1}`, "two members"},
		"a number as text":         {`{"scope":1}`, "scope"},
		"an array as text":         {`{"scope":["a"]}`, "scope"},
		"text as a list":           {`{"redirect_uris":"https://app.example"}`, "redirect_uris"},
		"a number in a list":       {`{"redirect_uris":["https://app.example",1]}`, "redirect_uris"},
		"null in a list":           {`{"contacts":[null]}`, "contacts"},
		"text as a boolean":        {`{"require_auth_time":"true"}`, "require_auth_time"},
		"text as a number":         {`{"default_max_age":"1"}`, "default_max_age"},
		"a fraction":               {`{"default_max_age":1.5}`, "default_max_age"},
		"a number too large":       {`{"default_max_age":9223372036854775808}`, "default_max_age"},
		"a list as jwks":           {`{"jwks":[]}`, "jwks"},
		"client_id":                {`{"client_id":"c"}`, "client_id"},
		"client_secret":            {`{"client_secret":"c"}`, "client_secret"},
		"client_id_issued_at":      {`{"client_id_issued_at":1}`, "client_id_issued_at"},
		"client_secret_expires_at": {`{"client_secret_expires_at":0}`, "client_secret_expires_at"},
		"registration token":       {`{"registration_access_token":"t"}`, "registration_access_token"},
		"registration_client_uri":  {`{"registration_client_uri":"u"}`, "registration_client_uri"},
		"a wrong member, then not": {`{"scope":1,"client_uri":"u"}`, "scope"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := tokenclient.ClientRegistration{ClientName: "before"}
			require.ErrorContains(t, read.UnmarshalJSON([]byte(test.text)), test.reason)
			assert.Equal(t, tokenclient.ClientRegistration{ClientName: "before"}, read, "as it was")
		})
	}
}

func TestClientRegistrationIsReplaced(t *testing.T) {
	t.Parallel()
	read := allMetadata()
	require.NoError(t, json.Unmarshal([]byte(`null`), &read))
	assert.Equal(t, allMetadata(), read, "null changes nothing, as everywhere in encoding/json")
	require.NoError(t, json.Unmarshal([]byte(`{"scope":null,"contacts":[],"jwks":null,"default_max_age":null,"X":1}`), &read))
	assert.Equal(t, extension("X", "1"), read, "null is a member that is not there")
}

func FuzzClientRegistration(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `{"scope":"a","x":{"y":[1e400]}}`, `{"redirect_uris":[""],"contacts":[]}`, `{"":null,"a\u0000":"\ud83d\ude00"}`,
		`{"default_max_age":-0,"jwks":{ },"require_auth_time":false}`, `{"Scope":"a","client_name#fr":"<"}`, `{"client_name":"\u2028\u0000"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first tokenclient.ClientRegistration
		if first.UnmarshalJSON(data) != nil {
			assert.Equal(t, tokenclient.ClientRegistration{}, first)
			return
		}
		written, err := first.MarshalJSON()
		require.NoError(t, err, "whatever is read can be written")
		var second tokenclient.ClientRegistration
		require.NoError(t, second.UnmarshalJSON(written), "and read")
		assert.Equal(t, first, second)

		var before, after map[string]json.RawMessage // members in both have one value
		require.NoError(t, json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &before))
		require.NoError(t, json.Unmarshal(written, &after))
		for name, value := range after {
			require.Contains(t, before, name)
			if _, unknown := first.Extensions[name]; unknown {
				assert.Equal(t, string(before[name]), string(value))
			} else {
				assert.JSONEq(t, string(before[name]), string(value))
			}
		}
	})
}
