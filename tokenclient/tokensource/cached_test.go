// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// issuer is a server that is asked by a Fetch.
type issuer struct {
	calls    atomic.Int64
	latency  time.Duration
	lifetime time.Duration
	err      atomic.Pointer[error] // what it answers instead of a token
}

func (i *issuer) fetch(ctx context.Context) (*tokenclient.TokenResponse, error) {
	number := i.calls.Add(1)
	if i.latency > 0 {
		select {
		case <-time.After(i.latency):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := i.err.Load(); err != nil {
		return nil, *err
	}
	return &tokenclient.TokenResponse{AccessToken: "token-" + strconv.FormatInt(number, 10), TokenType: "Bearer", ExpiresIn: i.lifetime}, nil
}

func (i *issuer) fail(err error) { i.err.Store(&err) }

func (i *issuer) recover() { i.err.Store(nil) }

func (i *issuer) cached(options ...tokensource.CachedOptions) *tokensource.Cached {
	return tokensource.NewCached(i.fetch, append(options, tokensource.CachedOptions{})[0])
}

var errDown = errors.New("down")

func unavailable(wait time.Duration) error {
	return &tokenclient.Error{Kind: tokenclient.KindHTTP, StatusCode: http.StatusServiceUnavailable, RetryAfter: wait}
}

func refusal(code tokenclient.ErrorCode) error {
	return &tokenclient.Error{Kind: tokenclient.KindProtocol, Outcome: tokenclient.Final, Code: code, StatusCode: http.StatusBadRequest}
}

func mustToken(t *testing.T, source tokensource.Source) string {
	t.Helper()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	return token.AccessToken()
}

func newServer(t *testing.T) (*tokentest.Server, *tokenclient.Client) {
	t.Helper()
	server := tokentest.Start()
	t.Cleanup(server.Close)
	server.AddClient("client", "secret")
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()}, ClientID: "client", Auth: clientauth.SecretBasic("secret"),
		HTTPClient: server.HTTPClient(), Retry: tokenclient.Retry{MaxAttempts: 1},
	})
	require.NoError(t, err)
	return server, client
}

func TestOneRequestForAll(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Default: true, Delay: 300 * time.Millisecond})
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	defer source.Close()
	var failed, other atomic.Int64
	var first atomic.Pointer[string]
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			token, err := source.Token(t.Context())
			if err != nil {
				failed.Add(1)
			}
			if value := token.AccessToken(); !first.CompareAndSwap(nil, &value) && *first.Load() != value {
				other.Add(1)
			}
		})
	}
	group.Wait()
	assert.Zero(t, failed.Load())
	assert.Zero(t, other.Load())
	assert.Equal(t, 1, server.Count(tokentest.TokenPath))
	assert.True(t, server.TokenActive(*first.Load()))
}

func TestOneRequestForAllThatFail(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer {
		return tokentest.Answer{Status: http.StatusInternalServerError, Delay: 50 * time.Millisecond, RetryAfter: "60"}
	})
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{})
	defer source.Close()
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			_, err := source.Token(t.Context())
			var failed *tokensource.Error
			var cause *tokenclient.Error
			if assert.ErrorAs(t, err, &failed) && assert.ErrorAs(t, err, &cause) {
				assert.Equal(t, http.StatusInternalServerError, cause.StatusCode)
				assert.WithinDuration(t, time.Now().Add(time.Minute), failed.RetryAt, 30*time.Second)
			}
		})
	}
	group.Wait()
	assert.Equal(t, 1, server.Count(tokentest.TokenPath))
}

func TestRequestIsCopied(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	resources, parameters := []string{"https://api.example"}, map[string][]string{"tenant": {"a"}}
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{Resource: resources, Parameters: parameters})
	defer source.Close()
	resources[0], parameters["tenant"][0] = "https://other.example", "b"
	mustToken(t, source)
	form := server.TokenRequests()[0].Form
	assert.Equal(t, "https://api.example", form.Get("resource"))
	assert.Equal(t, "a", form.Get("tenant"))
}

// TestRotatedSecret: the secret is read for each fetch.
func TestRotatedSecret(t *testing.T) {
	t.Parallel()
	server, _ := newServer(t)
	var secret atomic.Pointer[string]
	set := func(value string) { secret.Store(&value); server.AddClient("client", value) }
	set("first")
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints: tokenclient.Endpoints{Token: server.TokenURL()}, ClientID: "client", HTTPClient: server.HTTPClient(),
		Auth: clientauth.SecretBasicFunc(func(context.Context) (string, error) { return *secret.Load(), nil }),
	})
	require.NoError(t, err)
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{})
	defer source.Close()
	token, err := source.Token(t.Context())
	require.NoError(t, err)
	set("second")
	source.Invalidate(t.Context(), token)
	assert.NotEqual(t, token.AccessToken(), mustToken(t, source))
}

func TestExpiresIn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		member string
		kept   time.Duration // until when the same token is given out, more or less; 0 = not at all
	}{
		"a number":         {`,"expires_in":3600`, time.Hour},
		"a string":         {`,"expires_in":"3600"`, time.Hour},
		"an exponent":      {`,"expires_in":3.6e3`, time.Hour},
		"a fraction":       {`,"expires_in":3600.9`, time.Hour},
		"missing":          {``, 5 * time.Minute},
		"null":             {`,"expires_in":null`, 5 * time.Minute},
		"junk":             {`,"expires_in":"soon"`, 5 * time.Minute},
		"an object":        {`,"expires_in":{}`, 5 * time.Minute},
		"negative":         {`,"expires_in":-1`, 5 * time.Minute},
		"zero":             {`,"expires_in":0`, 0},
		"zero as a string": {`,"expires_in":"0"`, 0},
		"huge":             {`,"expires_in":1e300`, 10 * 365 * 24 * time.Hour},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newServer(t)
			server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer {
				return tokentest.Answer{Body: `{"access_token":"t","token_type":"Bearer"` + test.member + `}`}
			})
			source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{})
			defer source.Close()
			mustToken(t, source)
			mustToken(t, source)
			if test.kept == 0 {
				assert.Equal(t, 2, server.Count(tokentest.TokenPath), "it can be used once")
				return
			}
			assert.Equal(t, 1, server.Count(tokentest.TokenPath))
			assert.InEpsilon(t, 0.8*test.kept.Seconds(), tokensource.RefreshAt(source).Seconds(), 0.07)
		})
	}
}

// TestExpiryCountsFromTheRequest: the client knows when it has sent it.
func TestExpiryCountsFromTheRequest(t *testing.T) {
	t.Parallel()
	server, client := newServer(t)
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Delay: 400 * time.Millisecond, Body: `{"access_token":"t","token_type":"Bearer","expires_in":10}`})
	source := tokensource.ClientCredentials(client, tokenclient.ClientCredentialsTokenRequest{})
	defer source.Close()
	tokensource.Randomize(source, func() float64 { return 0 })
	mustToken(t, source)
	assert.LessOrEqual(t, tokensource.RefreshAt(source), 7500*time.Millisecond-400*time.Millisecond)
}

func TestCachedReadAllocations(t *testing.T) { //nolint:paralleltest // testing.AllocsPerRun counts the whole process
	source := (&issuer{lifetime: time.Hour}).cached()
	defer source.Close()
	ctx := context.Background()
	allocations := testing.AllocsPerRun(1000, func() {
		if _, err := source.Token(ctx); err != nil {
			t.Fatal(err)
		}
	})
	assert.Zero(t, allocations)
}

func BenchmarkCachedToken(b *testing.B) {
	source := (&issuer{lifetime: time.Hour}).cached()
	defer source.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		ctx := context.Background()
		for pb.Next() {
			if _, err := source.Token(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClock is what a cached read is measured against.
func BenchmarkClock(b *testing.B) {
	var current atomic.Pointer[tokenclient.Token]
	current.Store(&tokenclient.Token{})
	now := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if current.Load() == nil || time.Now().Before(now) {
				b.Fail()
			}
		}
	})
}

// canary is the secret that must not be printed.
const canary = "CANARY-5f1d"
