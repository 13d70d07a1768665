// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

type (
	secretFunc  = func(context.Context) (string, error)
	contextName struct{}
)

// fromFunc has every constructor whose secret may change.
func fromFunc() map[string]func(secretFunc) clientauth.Method {
	return map[string]func(secretFunc) clientauth.Method{
		"SecretBasicFunc":        clientauth.SecretBasicFunc,
		"SecretBasicRFC2617Func": clientauth.SecretBasicRFC2617Func,
		"SecretPostFunc":         clientauth.SecretPostFunc,
		"Assertion": func(read secretFunc) clientauth.Method {
			if read == nil {
				return clientauth.Assertion(nil)
			}
			return clientauth.Assertion(func(ctx context.Context, _ clientauth.Attempt) (string, error) { return read(ctx) })
		},
	}
}

// shown returns the secret that credentials hold.
func shown(t *testing.T, got clientauth.Credentials) string {
	t.Helper()
	if got.Authorization == "" {
		require.NotEmpty(t, got.Parameters)
		return got.Parameters[len(got.Parameters)-1].Value
	}
	decoded, err := base64.StdEncoding.DecodeString(got.Authorization[len("Basic "):])
	require.NoError(t, err)
	require.Contains(t, string(decoded), "client:")
	return string(decoded)[len("client:"):]
}

func TestFuncIsReadOncePerAttempt(t *testing.T) {
	t.Parallel()
	for name, build := range fromFunc() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reads := 0
			method := build(func(ctx context.Context) (string, error) {
				reads++
				assert.Equal(t, "mine", ctx.Value(contextName{}))
				return fmt.Sprintf("secret%d", reads/2), nil
			})
			require.NoError(t, validate(t, method, "client"))
			require.Zero(t, reads, "Validate reads no secret that may change")
			ctx := context.WithValue(t.Context(), contextName{}, "mine")
			for number := 1; number <= 6; number++ {
				got, err := method.Credentials(ctx, clientauth.Attempt{ClientID: "client", Number: number})
				require.NoError(t, err)
				require.Equal(t, number, reads)
				assert.Equal(t, fmt.Sprintf("secret%d", number/2), shown(t, got))
			}
		})
	}
}

func TestFuncErrors(t *testing.T) {
	t.Parallel()
	for name, build := range fromFunc() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			errVault := errors.New("the vault is closed")
			answer, failure := "secret", error(nil)
			method := build(func(context.Context) (string, error) { return answer, failure })
			_, err := credentials(t, method, "client")
			require.NoError(t, err)

			failure = errVault // even though a header is at hand
			got, err := credentials(t, method, "client")
			require.ErrorIs(t, err, errVault)
			assert.Equal(t, clientauth.Credentials{}, got)

			answer, failure = "", nil
			got, err = credentials(t, method, "client")
			require.ErrorContains(t, err, "empty")
			assert.Equal(t, clientauth.Credentials{}, got)

			answer = "secret"
			got, err = credentials(t, method, "client")
			require.NoError(t, err)
			assert.Equal(t, "secret", shown(t, got))
		})
	}
}

func TestNilFunc(t *testing.T) {
	t.Parallel()
	for name, build := range fromFunc() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := build(nil)
			require.ErrorContains(t, validate(t, method, "client"), "nil")
			got, err := credentials(t, method, "client")
			require.ErrorContains(t, err, "nil")
			assert.Equal(t, clientauth.Credentials{}, got)
		})
	}
}

// TestHeaderCache uses one Method for two clients and a secret that changes.
func TestHeaderCache(t *testing.T) {
	t.Parallel()
	secret := "one"
	method := clientauth.SecretBasicFunc(func(context.Context) (string, error) { return secret, nil })
	for _, step := range []struct{ id, secret, want string }{
		{"a", "one", "Basic YTpvbmU="},
		{"a", "one", "Basic YTpvbmU="},
		{"b", "one", "Basic YjpvbmU="},
		{"b", "two", "Basic Yjp0d28="},
		{"a", "two", "Basic YTp0d28="},
		{"a", "one", "Basic YTpvbmU="},
	} {
		secret = step.secret
		got, err := credentials(t, method, step.id)
		require.NoError(t, err)
		assert.Equal(t, step.want, got.Authorization)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	for name, build := range fromFunc() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := build(func(ctx context.Context) (string, error) {
				return fmt.Sprint(ctx.Value(contextName{})), nil
			})
			var group sync.WaitGroup
			for worker := range 8 {
				group.Go(func() {
					for turn := range 200 {
						secret := fmt.Sprint("secret", (worker+turn)%3)
						ctx := context.WithValue(t.Context(), contextName{}, secret)
						got, err := method.Credentials(ctx, clientauth.Attempt{ClientID: "client"})
						if assert.NoError(t, err) {
							assert.Equal(t, secret, shown(t, got))
						}
					}
				})
			}
			group.Wait()
		})
	}
}
