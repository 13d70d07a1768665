// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// holder is a caller's struct: fmt cannot call methods on unexported fields.
type holder struct {
	hidden any
	list   []any
	lookup map[string]any
}

func TestNothingPrintsAToken(t *testing.T) {
	t.Parallel()
	fetch := func(context.Context) (*tokenclient.TokenResponse, error) {
		return &tokenclient.TokenResponse{AccessToken: canary, RefreshToken: canary, TokenType: "Bearer", ExpiresIn: time.Hour}, nil
	}
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	source := tokensource.NewCached(fetch, tokensource.CachedOptions{Hooks: tokensource.Hooks{
		Fetched: func(_ context.Context, event tokensource.FetchEvent) { logger.Info("fetched", "event", event) },
	}})
	defer source.Close()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, canary, token.AccessToken())
	keyed := &tokensource.Keyed[string]{New: func(string) *tokensource.Cached { return tokensource.NewCached(fetch, tokensource.CachedOptions{}) }}
	defer keyed.Close()
	mustToken(t, keyed.Source("key"))
	base := &recording{}
	transport := &tokensource.Transport{Source: source, Base: &nothing{http.Response{StatusCode: http.StatusOK}}, Origins: []string{"https://api.example"}}
	keyedTransport := &tokensource.Transport{Source: keyed.Source("key"), Base: base, Origins: []string{"https://api.example"}}
	for _, one := range []*tokensource.Transport{transport, keyedTransport} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example", nil)
		require.NoError(t, err)
		_, err = one.RoundTrip(request)
		require.NoError(t, err)
		base.header = nil
	}
	broken := tokensource.NewCached(func(context.Context) (*tokenclient.TokenResponse, error) { panic(canary) }, tokensource.CachedOptions{})
	defer broken.Close()
	_, failed := broken.Token(t.Context())

	values := []any{
		token, source, *source, keyed, transport, keyedTransport, keyed.Source("key"), failed,
		tokensource.FetchEvent{Err: failed},
		&http.Client{Transport: transport},
		http.Client{Transport: transport},
	}
	for _, value := range values {
		for _, value := range []any{value, &value, []any{value}, holder{value, []any{value}, map[string]any{"key": value}}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%p"} {
				text := fmt.Sprintf(verb, value)
				assert.NotContains(t, text, canary, verb)
				assert.NotContains(t, text, fmt.Sprintf("%x", canary), verb)
			}
			logger.Info("value", "value", value)
		}
	}
	assert.NotContains(t, log.String(), canary)
}
