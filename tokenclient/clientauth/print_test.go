// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

const canary = "CANARY-5ecret"

// disguises are the forms in which the canary must not show.
func disguises() []string {
	decimal := strings.Trim(fmt.Sprintf("%d", []byte(canary)), "[]")
	return []string{
		canary, strings.ToLower(canary), decimal, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary),
		base64.StdEncoding.EncodeToString([]byte("client:" + canary)), base64.StdEncoding.EncodeToString([]byte(canary)),
	}
}

// holder is a type of a caller's that keeps a Method.
type holder struct {
	name   string
	method clientauth.Method
	nested struct{ methods []clientauth.Method }
}

func TestNothingPrintsASecret(t *testing.T) {
	t.Parallel()
	read := func(context.Context) (string, error) { return canary, nil }
	for name, method := range map[string]clientauth.Method{
		"None":                   clientauth.None(),
		"SecretBasic":            clientauth.SecretBasic(canary),
		"SecretBasicFunc":        clientauth.SecretBasicFunc(read),
		"SecretBasicRFC2617":     clientauth.SecretBasicRFC2617(canary),
		"SecretBasicRFC2617Func": clientauth.SecretBasicRFC2617Func(read),
		"SecretPost":             clientauth.SecretPost(canary),
		"SecretPostFunc":         clientauth.SecretPostFunc(read),
		"Assertion":              clientauth.Assertion(func(context.Context, clientauth.Attempt) (string, error) { return canary, nil }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hides(t, method)
			got, err := credentials(t, method, "client") // fills what is kept
			require.NoError(t, err)
			if name != "None" {
				require.Equal(t, canary, shown(t, got))
			}
			hides(t, method)
		})
	}
}

// hides prints a Method in each way and each place that a caller could.
func hides(t *testing.T, method clientauth.Method) {
	t.Helper()
	keeper := holder{name: "keeper", method: method}
	keeper.nested.methods = []clientauth.Method{method}
	var printed bytes.Buffer
	for _, value := range []any{
		method, &method, keeper, &keeper,
		map[string]clientauth.Method{"a": method},
		map[string]holder{"a": keeper},
		map[string]*holder{"a": &keeper},
		[]clientauth.Method{method},
		struct{ Method any }{method},
		struct{ method any }{method},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&printed, verb+"\n", value)
		}
		encoded, err := json.Marshal(value)
		fmt.Fprintln(&printed, string(encoded), err)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
			slog.New(handler).Info("method", "value", value)
		}
	}
	for _, disguise := range disguises() {
		assert.NotContains(t, printed.String(), disguise)
	}
}

func TestCredentialsPrintNoSecret(t *testing.T) {
	t.Parallel()
	for name, method := range map[string]clientauth.Method{
		"basic": clientauth.SecretBasic(canary), "post": clientauth.SecretPost(canary),
	} {
		got, err := credentials(t, method, "client")
		require.NoError(t, err)
		values := []any{got, &got, struct{ Value any }{got}, fmt.Errorf("wrapped: %v", got)}
		for _, parameter := range got.Parameters {
			values = append(values, parameter, &parameter, []clientauth.Parameter{parameter})
		}
		for _, value := range values {
			var printed bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
				fmt.Fprintf(&printed, verb+"\n", value)
			}
			slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "value", value)
			slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "value", value)
			encoded, _ := json.Marshal(value) // an error has no secret either
			for _, disguise := range disguises() {
				assert.NotContains(t, printed.String()+string(encoded), disguise, name)
			}
		}
		_, err = json.Marshal(got)
		assert.Error(t, err)
	}
}
