// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"net/url"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// TestNothingBesideARequestObject sets every field there is, so that a new one
// cannot be forgotten.
func TestNothingBesideARequestObject(t *testing.T) {
	t.Parallel()
	login := tokenclient.AuthorizeRequest{RedirectURI: redirectURI, State: "s", CodeVerifier: verifier, Request: "a.b.c"}
	for _, name := range fieldsBeside(login, "RedirectURI", "State", "Nonce", "CodeVerifier", "ResponseType", "Request",
		"RequestURI", "RequestURIExpiry") {
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
