// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package clientauth_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// credentials asks for the credentials of one attempt of a client.
func credentials(t *testing.T, method clientauth.Method, id string) (clientauth.Credentials, error) {
	t.Helper()
	return method.Credentials(t.Context(), clientauth.Attempt{ClientID: id, Endpoint: "https://as.example/token", Number: 1})
}

// validate calls the optional method that tokenclient.New calls.
func validate(t *testing.T, method clientauth.Method, id string) error {
	t.Helper()
	validator, ok := method.(interface{ Validate(clientID string) error })
	require.True(t, ok)
	return validator.Validate(id)
}

// TestSecretBasicGolden has the vectors of the specifications and of IdentityModel.
func TestSecretBasicGolden(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ id, secret, joined, value string }{
		"RFC 6749": {
			"s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw",
			"s6BhdRkqt3:7Fjfp0ZBr1KtDRbnfVdmIw", "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3",
		},
		"colon, at, space, plus, percent": {
			"client:id", "p@ss:w ord+1%",
			"client%3Aid:p%40ss%3Aw+ord%2B1%25", "Y2xpZW50JTNBaWQ6cCU0MHNzJTNBdytvcmQlMkIxJTI1",
		},
		"unreserved and reserved": {
			"a-b_c.d~e*f", "!'()$&,;=/?#[]@",
			"a-b_c.d~e%2Af:%21%27%28%29%24%26%2C%3B%3D%2F%3F%23%5B%5D%40",
			"YS1iX2MuZH5lJTJBZjolMjElMjclMjglMjklMjQlMjYlMkMlM0IlM0QlMkYlM0YlMjMlNUIlNUQlNDA=",
		},
		"beyond ASCII": {
			"ünïcode", "p€😀",
			"%C3%BCn%C3%AFcode:p%E2%82%AC%F0%9F%98%80", "JUMzJUJDbiVDMyVBRmNvZGU6cCVFMiU4MiVBQyVGMCU5RiU5OCU4MA==",
		},
		"IdentityModel":       {"client", "secret", "client:secret", "Y2xpZW50OnNlY3JldA=="},
		"short":               {"foo", "bar", "foo:bar", "Zm9vOmJhcg=="},
		"plus":                {"foo", "very+secret", "foo:very%2Bsecret", "Zm9vOnZlcnklMkJzZWNyZXQ="},
		"space":               {"firstname lastname", "bar", "firstname+lastname:bar", "Zmlyc3RuYW1lK2xhc3RuYW1lOmJhcg=="},
		"colon in identifier": {"firstname:lastname", "bar", "firstname%3Alastname:bar", "Zmlyc3RuYW1lJTNBbGFzdG5hbWU6YmFy"},
		"colon in both": {
			"firstname:lastname", "bar:bar2", "firstname%3Alastname:bar%3Abar2", "Zmlyc3RuYW1lJTNBbGFzdG5hbWU6YmFyJTNBYmFyMg==",
		},
		"umlauts": {
			"sören:müller", "bar:bar2", "s%C3%B6ren%3Am%C3%BCller:bar%3Abar2", "cyVDMyVCNnJlbiUzQW0lQzMlQkNsbGVyOmJhciUzQWJhcjI=",
		},
		"punctuation": {
			":/&%%(/(&/) %&%&/%/&", ")(/)(/&  /%/&%$&$$&",
			"%3A%2F%26%25%25%28%2F%28%26%2F%29+%25%26%25%26%2F%25%2F%26:%29%28%2F%29%28%2F%26++%2F%25%2F%26%25%24%26%24%24%26",
			"JTNBJTJGJTI2JTI1JTI1JTI4JTJGJTI4JTI2JTJGJTI5KyUyNSUyNiUyNSUyNiUyRiUyNSUyRiUyNjolMjklMjglMkYlMjklMjglMkYlMjYrKyUyRiUyNSUyRiUyNiUyNSUyNCUyNiUyNCUyNCUyNg==",
		},
		"RFC 6749 appendix B": {"a", " %&+£€", "a:+%25%26%2B%C2%A3%E2%82%AC", "YTorJTI1JTI2JTJCJUMyJUEzJUUyJTgyJUFD"},
		"control characters":  {"a\nb", "c\x00", "a%0Ab:c%00", "YSUwQWI6YyUwMA=="},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := clientauth.SecretBasic(test.secret)
			require.NoError(t, validate(t, method, test.id))
			got, err := credentials(t, method, test.id)
			require.NoError(t, err)
			assert.Equal(t, clientauth.Credentials{Authorization: "Basic " + test.value}, got)

			decoded, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(got.Authorization, "Basic "))
			require.NoError(t, err)
			assert.Equal(t, test.joined, string(decoded))
		})
	}
}

func TestSecretBasicRFC2617(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ id, secret, value string }{
		"RFC 7617":        {"Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
		"RFC 7617, UTF-8": {"test", "123£", "dGVzdDoxMjPCow=="},
		"IdentityServer3": {"client", "secret", "Y2xpZW50OnNlY3JldA=="},
		"nothing escaped": {"a b+c%", "p@ss:w ord+1%", "YSBiK2MlOnBAc3M6dyBvcmQrMSU="},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := clientauth.SecretBasicRFC2617(test.secret)
			require.NoError(t, validate(t, method, test.id))
			got, err := credentials(t, method, test.id)
			require.NoError(t, err)
			assert.Equal(t, clientauth.Credentials{Authorization: "Basic " + test.value}, got)
		})
	}
}

func TestSecretBasicRFC2617Refuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ id, secret, want string }{
		"colon in identifier":   {"canary:id", "canary", "colon"},
		"control in identifier": {"canary\x00", "canary", "control"},
		"new line in secret":    {"client", "canary\n", "control"},
		"tab in secret":         {"client", "canary\t", "control"},
		"delete in secret":      {"client", "canary\x7f", "control"},
		"last control":          {"client", "canary\x1f", "control"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := func(context.Context) (string, error) { return test.secret, nil }
			for _, method := range []clientauth.Method{
				clientauth.SecretBasicRFC2617(test.secret), clientauth.SecretBasicRFC2617Func(read),
			} {
				got, err := credentials(t, method, test.id)
				require.ErrorContains(t, err, test.want)
				assert.NotContains(t, err.Error(), "canary")
				assert.Equal(t, clientauth.Credentials{}, got)
			}
			// what is known beforehand is found beforehand
			require.ErrorContains(t, validate(t, clientauth.SecretBasicRFC2617(test.secret), test.id), test.want)
			if err := validate(t, clientauth.SecretBasicRFC2617Func(read), test.id); test.id == "client" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestSecretPost(t *testing.T) {
	t.Parallel()
	method := clientauth.SecretPost("p@ss:w ord+1%")
	require.NoError(t, validate(t, method, "client:id"))
	got, err := credentials(t, method, "client:id")
	require.NoError(t, err)
	assert.Equal(t, clientauth.Credentials{Parameters: []clientauth.Parameter{
		{Name: "client_id", Value: "client:id"}, {Name: "client_secret", Value: "p@ss:w ord+1%"},
	}}, got)
}

func TestEmptySecret(t *testing.T) {
	t.Parallel()
	empty := func(context.Context) (string, error) { return "", nil }
	tests := map[string]struct {
		method clientauth.Method
		fixed  bool
	}{
		"SecretBasic":            {clientauth.SecretBasic(""), true},
		"SecretBasicRFC2617":     {clientauth.SecretBasicRFC2617(""), true},
		"SecretPost":             {clientauth.SecretPost(""), true},
		"SecretBasicFunc":        {clientauth.SecretBasicFunc(empty), false},
		"SecretBasicRFC2617Func": {clientauth.SecretBasicRFC2617Func(empty), false},
		"SecretPostFunc":         {clientauth.SecretPostFunc(empty), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := credentials(t, test.method, "client")
			require.ErrorContains(t, err, "empty")
			assert.Equal(t, clientauth.Credentials{}, got)
			if err := validate(t, test.method, "client"); test.fixed {
				require.ErrorContains(t, err, "empty")
			} else {
				require.NoError(t, err) // known only when it is read
			}
		})
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for want, methods := range map[string][]clientauth.Method{
		"none":                {clientauth.None()},
		"client_secret_basic": {clientauth.SecretBasic("s"), clientauth.SecretBasicRFC2617("s"), clientauth.SecretBasicFunc(nil), clientauth.SecretBasicRFC2617Func(nil)},
		"client_secret_post":  {clientauth.SecretPost("s"), clientauth.SecretPostFunc(nil)},
		"private_key_jwt":     {clientauth.Assertion(nil)},
	} {
		for _, method := range methods {
			assert.Equal(t, want, method.Name())
		}
	}
	assert.Equal(t, "none", clientauth.NameNone)
}

func TestNone(t *testing.T) {
	t.Parallel()
	got, err := credentials(t, clientauth.None(), "client")
	require.NoError(t, err)
	assert.Equal(t, clientauth.Credentials{Parameters: []clientauth.Parameter{{Name: "client_id", Value: "client"}}}, got)

	got, err = credentials(t, clientauth.None(), "")
	require.NoError(t, err)
	assert.Equal(t, clientauth.Credentials{}, got)
}
