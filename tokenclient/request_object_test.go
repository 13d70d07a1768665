// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"encoding/base64"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// TestNothingBesideARequestObject sets every field there is, so that a new one
// cannot be forgotten.
func TestNothingBesideARequestObject(t *testing.T) {
	t.Parallel()
	login := tokenclient.AuthorizeRequest{RedirectURI: redirectURI, State: "s", CodeVerifier: verifier, Request: "a.b.c"}
	for _, name := range fieldsBeside(login, "RedirectURI", "State", "Nonce", "CodeVerifier", "ResponseType", "Request",
		"RequestURI", "RequestURIExpiry", "Issuer") {
		t.Run("login/"+name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t)
			request := login
			setField(t, &request, name)
			_, err := client.AuthorizeURL(request)
			assert.ErrorContains(t, err, "beside a request object")
		})
	}
	for _, name := range fieldsBeside(tokenclient.BackchannelAuthenticationRequest{}, "Request") {
		t.Run("CIBA/"+name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t)
			request := tokenclient.BackchannelAuthenticationRequest{Request: "a.b.c"}
			setField(t, &request, name)
			_, err := client.RequestBackchannelAuthentication(t.Context(), request)
			assert.ErrorContains(t, err, "beside a request object")
		})
	}
}

// TestRequestMustBeSigned: where the metadata says so. Whether the signature is right
// is the server's business.
func TestRequestMustBeSigned(t *testing.T) {
	t.Parallel()
	yes := true
	jwt := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + ".e30.c2lnbmVk"
	}
	for name, test := range map[string]struct {
		jwt      string
		accepted []string
		ok       bool
	}{
		"signed":              {jwt(`{"alg":"PS256"}`), nil, true},
		"accepted":            {jwt(`{"alg":"PS256"}`), []string{"ES256", "PS256"}, true},
		"encrypted":           {"a.b.c.d.e", []string{"ES256"}, true},
		"not accepted":        {jwt(`{"alg":"RS256"}`), []string{"ES256", "PS256"}, false},
		"alg none":            {"eyJhbGciOiJub25lIn0.e30.", nil, false},
		"alg None, signature": {jwt(`{"alg":"None"}`), nil, false},
		"no signature":        {strings.TrimSuffix(jwt(`{"alg":"PS256"}`), "c2lnbmVk"), nil, false},
		"no alg":              {jwt(`{}`), nil, false},
		"two algs":            {jwt(`{"alg":"PS256","alg":"none"}`), nil, false},
		"no JWT":              {"abc", nil, false},
		"no header":           {"!.e30.c2lnbmVk", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newMockClient(t, func(c *tokenclient.Config) {
				c.Metadata = &discovery.Metadata{RequireSignedRequestObject: &yes, RequestObjectSigningAlgValuesSupported: test.accepted}
			})
			login := testLogin()
			login.Scope, login.Request = "", test.jwt
			address, err := client.AuthorizeURL(login)
			if !test.ok {
				assert.Equal(t, "request", requireError(t, err).Parameter)
				assert.NotContains(t, err.Error(), test.jwt)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "https://as.example/connect/authorize?client_id=client&request="+test.jwt, address)
		})
	}
}

// fieldsBeside returns the names of the exported fields but for those.
func fieldsBeside(request any, without ...string) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(request)) {
		if field.IsExported() && !slices.Contains(without, field.Name) {
			names = append(names, field.Name)
		}
	}
	return names
}

// setField sets a field to something, which need not be right.
func setField(t *testing.T, request any, name string) {
	t.Helper()
	field := reflect.ValueOf(request).Elem().FieldByName(name)
	switch value := field.Addr().Interface().(type) {
	case *string:
		*value = "x"
	case *[]string:
		*value = []string{""}
	case **int:
		*value = new(int)
	case *url.Values:
		*value = url.Values{"x": nil}
	default:
		require.True(t, field.CanInt(), "a field of another type: set it here")
		field.SetInt(1)
	}
}
