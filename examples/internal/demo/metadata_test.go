// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve answers the metadata request of an issuer with a path.
func serve(t *testing.T, status int, body func(issuer string) string) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer := server.URL + "/tenant"
	mux.HandleFunc("/tenant/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body(issuer)))
	})
	return issuer
}

func document(issuer string) string {
	return `{"issuer":"` + issuer + `","token_endpoint":"https://as.example/token","device_authorization_endpoint":"https://as.example/device"}`
}

func TestFetchMetadata(t *testing.T) {
	t.Parallel()
	issuer := serve(t, http.StatusOK, document)
	found, err := fetchMetadata(t.Context(), issuer)
	require.NoError(t, err)
	assert.Equal(t, issuer, found.Issuer)
	assert.Equal(t, "https://as.example/token", found.endpoints().Token)
	assert.Equal(t, "https://as.example/device", found.endpoints().DeviceAuthorization)
	assert.Empty(t, found.endpoints().Authorization)
}

func TestFetchMetadataRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   func(string) string
		want   string
	}{
		"another issuer": {http.StatusOK, func(string) string { return document("https://other.example") }, `the issuer "https://other.example"`},
		"not JSON":       {http.StatusOK, func(string) string { return "<html>" }, "invalid character"},
		"not found":      {http.StatusNotFound, document, "status 404"},
		"redirect":       {http.StatusFound, document, "a redirect is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetchMetadata(t.Context(), serve(t, test.status, test.body))
			assert.ErrorContains(t, err, test.want)
		})
	}
}
