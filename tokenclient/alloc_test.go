// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// inMemory answers every request at once with a token response of 1.2 KB.
type inMemory struct{}

var inMemoryBody = `{"access_token":"` + strings.Repeat("a", 1100) + `","token_type":"Bearer","expires_in":3600,"scope":"api1"}`

func (inMemory) RoundTrip(request *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, request.Body)
	return &http.Response{
		StatusCode:    http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(inMemoryBody)),
		Body:          io.NopCloser(strings.NewReader(inMemoryBody)),
		Request:       request,
	}, nil
}

func newInMemoryClient(tb testing.TB) *tokenclient.Client {
	tb.Helper()
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: "https://as.example/token"},
		ClientID:   "client",
		Auth:       clientauth.SecretBasic("secret"),
		HTTPClient: &http.Client{Transport: inMemory{}},
	})
	require.NoError(tb, err)
	return client
}

// maxAllocations is the goal of one request in memory, everything included.
const maxAllocations = 35

func TestRequestAllocations(t *testing.T) { //nolint:paralleltest // testing.AllocsPerRun counts the whole process
	client := newInMemoryClient(t)
	request := tokenclient.ClientCredentialsTokenRequest{Scope: "api1"}
	allocations := testing.AllocsPerRun(200, func() {
		response, err := client.RequestClientCredentialsToken(context.Background(), request)
		if err != nil || response.AccessToken == "" {
			t.Fatal("the request failed: ", err)
		}
	})
	assert.LessOrEqual(t, allocations, float64(maxAllocations))
}

func BenchmarkRequestInMemory(b *testing.B) {
	client := newInMemoryClient(b)
	request := tokenclient.ClientCredentialsTokenRequest{Scope: "api1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.RequestClientCredentialsToken(context.Background(), request); err != nil {
			b.Fatal(err)
		}
	}
}
