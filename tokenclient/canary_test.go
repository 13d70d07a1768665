// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokentest"
)

// canary is the secret that must not be printed, and what it looks like inside a
// form and a Basic header.
const canary = "CANARY-5f1d/+=&"

var canaries = []string{canary, url.QueryEscape(canary), "CANARY", base64.StdEncoding.EncodeToString([]byte("client:" + url.QueryEscape(canary)))}

// prints returns all that fmt and slog make of a value.
func prints(value any) string {
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&text, verb+"\n", value)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(handler).Info("value", "value", value, slog.Group("group", "value", value))
	}
	return text.String()
}

// printsChain is the same for an error and everything it wraps.
func printsChain(err error) string {
	var text strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		text.WriteString(prints(err) + prints(hold(err)))
	}
	return text.String()
}

func assertNoCanary(t *testing.T, text string) {
	t.Helper()
	for _, secret := range canaries {
		assert.NotContains(t, text, secret)
		assert.NotContains(t, text, fmt.Sprintf("%x", secret))
		assert.NotContains(t, text, fmt.Sprintf("%X", secret))
	}
}

// holder is a caller's struct: fmt cannot call methods on unexported fields.
type holder[T any] struct {
	hidden  T
	pointer *T
	slice   []T
	lookup  map[string]T
	any     any
}

// As pointers that the methods return them, responses are safe with every verb
// that prints a pointer. With others fmt reports a bad verb, and in doing so
// follows a pointer in an unexported field without asking the value.
var pointerVerbs = []string{"%v", "%+v", "%#v", "%p"}

func hold[T any](value T) holder[T] {
	return holder[T]{value, &value, []T{value}, map[string]T{"key": value}, value}
}

type shown[T any] struct {
	Value T
	Any   any
}

// canaryQuery is that of an endpoint whose address is a secret.
const canaryQuery = "?key=CANARY-query"

func newCanaryClient(t *testing.T, config ...func(*tokenclient.Config)) (*tokenclient.Client, *tokentest.Server) {
	t.Helper()
	secrets := func(c *tokenclient.Config) {
		c.Endpoints.BackchannelAuthentication = strings.Replace(c.Endpoints.Token, tokentest.TokenPath, backchannelPath, 1)
		c.Endpoints.Token += canaryQuery
		c.Auth = clientauth.SecretBasic(canary)
		c.Parameters = url.Values{"default_parameter": {canary}}
		c.Header = http.Header{"X-Api-Key": {canary}}
	}
	return newServerClient(t, append([]func(*tokenclient.Config){secrets}, config...)...)
}

func TestNoTypePrintsASecret(t *testing.T) {
	t.Parallel()
	client, server := newCanaryClient(t)
	server.Enqueue(tokentest.TokenPath, tokentest.JSON(http.StatusOK, map[string]any{
		"access_token": canary, "refresh_token": canary, "id_token": canary, "scope": "x", "custom": canary,
	}))
	response, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	require.Equal(t, canary, response.AccessToken)
	server.Enqueue(tokentest.DeviceAuthorizationPath, tokentest.JSON(http.StatusOK, map[string]any{
		"device_code": canary, "user_code": canary, "verification_uri": "https://as.example", "expires_in": 60,
	}))
	device, err := client.RequestDeviceAuthorization(t.Context(), tokenclient.DeviceAuthorizationRequest{})
	require.NoError(t, err)
	server.Enqueue(backchannelPath, tokentest.JSON(http.StatusOK, map[string]any{"auth_req_id": canary}))
	asked, err := client.RequestBackchannelAuthentication(t.Context(), leastBackchannel())
	require.NoError(t, err)
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	login.CodeVerifier, login.Parameters = canary, url.Values{"p": {canary}}
	callback, err := client.ParseAuthorizeResponse(url.Values{"code": {canary}, "state": {login.State}}, login)
	require.NoError(t, err)

	values := map[string]any{ // also inside a caller's unexported field
		"Token":                        []any{response.Token(), hold(response.Token())},
		"*TokenResponse":               response,
		"*DeviceAuthorizationResponse": device,
		"*AuthorizeResponse":           callback,
		"*Client":                      []any{client, *client, hold(client), hold(*client)},
		"None":                         hold(clientauth.None()),
		"SecretBasic":                  hold(clientauth.SecretBasic(canary)),
		"SecretBasicRFC2617":           hold(clientauth.SecretBasicRFC2617(canary)),
		"SecretPost":                   hold(clientauth.SecretPost(canary)),
		"TokenResponse":                shown[tokenclient.TokenResponse]{*response, *response},
		"Config": shown[tokenclient.Config]{tokenclient.Config{
			Auth: clientauth.SecretPost(canary), Parameters: url.Values{"p": {canary}},
		}, nil},
		"AuthorizeRequest": shown[tokenclient.AuthorizeRequest]{login, login},
		"TokenRequest": shown[tokenclient.TokenRequest]{
			Value: tokenclient.TokenRequest{GrantType: "g", Parameters: url.Values{"p": {canary}}},
		},
		"ClientCredentialsTokenRequest": shown[tokenclient.ClientCredentialsTokenRequest]{
			Value: tokenclient.ClientCredentialsTokenRequest{Parameters: url.Values{"p": {canary}}},
		},
		"PasswordTokenRequest":          shown[tokenclient.PasswordTokenRequest]{tokenclient.PasswordTokenRequest{Password: canary}, nil},
		"AuthorizationCodeTokenRequest": shown[tokenclient.AuthorizationCodeTokenRequest]{callback.TokenRequest(), callback.TokenRequest()},
		"RefreshTokenRequest":           shown[tokenclient.RefreshTokenRequest]{tokenclient.RefreshTokenRequest{RefreshToken: canary}, nil},
		"DeviceTokenRequest":            shown[tokenclient.DeviceTokenRequest]{device.TokenRequest(), device.TokenRequest()},
		"DeviceAuthorizationRequest": shown[tokenclient.DeviceAuthorizationRequest]{
			Value: tokenclient.DeviceAuthorizationRequest{Parameters: url.Values{"p": {canary}}},
		},
		"*BackchannelAuthenticationResponse": asked,
		"BackchannelAuthenticationRequest": shown[tokenclient.BackchannelAuthenticationRequest]{
			Value: tokenclient.BackchannelAuthenticationRequest{ClientNotificationToken: canary, UserCode: canary, LoginHintToken: canary},
		},
		"BackchannelAuthenticationTokenRequest": shown[tokenclient.BackchannelAuthenticationTokenRequest]{asked.TokenRequest(), asked.TokenRequest()},
		"TokenExchangeTokenRequest": shown[tokenclient.TokenExchangeTokenRequest]{
			Value: tokenclient.TokenExchangeTokenRequest{SubjectToken: canary, ActorToken: canary},
		},
		"JWTBearerTokenRequest":   shown[tokenclient.JWTBearerTokenRequest]{tokenclient.JWTBearerTokenRequest{Assertion: canary}, nil},
		"SAML2BearerTokenRequest": shown[tokenclient.SAML2BearerTokenRequest]{tokenclient.SAML2BearerTokenRequest{Assertion: canary}, nil},
	}
	maps.Copy(values, registrationSecrets(t))
	maps.Copy(values, endpointSecrets(t))
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := prints(value)
			assertNoCanary(t, text)
			if name != "None" && !strings.HasPrefix(name, "Secret") && name != "*Client" {
				assert.Contains(t, text, "[redacted]", "and it says so")
			}
		})
	}
}

func TestResponsesInUnexportedFields(t *testing.T) {
	t.Parallel()
	response, err := request(t, reply{body: `{"access_token":"CANARY","refresh_token":"CANARY"}`})
	require.NoError(t, err)
	for _, verb := range pointerVerbs {
		assertNoCanary(t, fmt.Sprintf(verb, hold(response)))
	}
}

func TestSecretsHaveNoJSON(t *testing.T) {
	t.Parallel()
	response, err := request(t, reply{body: tokenBody})
	require.NoError(t, err)
	for name, value := range map[string]any{
		"Token": response.Token(), "TokenResponse": *response, "*TokenResponse": response,
		"PasswordTokenRequest": tokenclient.PasswordTokenRequest{Password: canary},
		"a caller's struct":    shown[tokenclient.Token]{response.Token(), nil},
	} {
		_, err := json.Marshal(value)
		require.ErrorContains(t, err, "EncodeToken", "%s: it names what to use instead", name)
	}
	var token tokenclient.Token
	assert.ErrorContains(t, json.Unmarshal([]byte(`{}`), &token), "DecodeToken")
}

func TestNoErrorPrintsASecret(t *testing.T) {
	t.Parallel()
	echo := `{"error":"invalid_request","error_description":"you sent ` + canary + `","debug":"` + canary + `"}`
	answers := map[string]tokentest.Answer{
		"echoed in a description":   {Status: 400, Body: echo},
		"echoed by a failing proxy": {Status: 502, Body: "<html>" + canary, ContentType: "text/html"},
		"200 with HTML":             {Body: canary, ContentType: "text/html"},
		"200 with a form":           {Body: "access_token=" + url.QueryEscape(canary), ContentType: "application/x-www-form-urlencoded"},
		"200 with broken JSON":      {Body: `{"access_token":"` + canary + `"`},
		"200 with a bad token":      {Body: `{"access_token":"` + canary + `\r\n"}`},
		"200 with a duplicate":      {Body: `{"access_token":"` + canary + `","access_token":"` + canary + `"}`},
		"echoed in the code":        {Status: 400, Body: `{"error":"unknown ` + canary + `"}`},
		"echoed in a challenge":     {Status: 401, Header: http.Header{"Www-Authenticate": {`Basic error="` + canary + `"`}}},
		"an error code":             {Status: 400, Body: `{"error":"` + strings.Repeat("x", 200) + canary + `"}`},
		"a redirect":                tokentest.Redirect(302, "https://user:"+url.QueryEscape(canary)+"@other.example/?code="+url.QueryEscape(canary)),
		"a strange redirect":        tokentest.Redirect(302, "::"+canary),
		"a reset":                   {Fault: tokentest.ResetBeforeAnswer},
		"a close":                   {Fault: tokentest.CloseBeforeAnswer},
		"a cut off body":            {Body: `{"access_token":"` + canary + `"}`, Fault: tokentest.TruncateBody},
	}
	calls := map[string]send{
		"client_credentials": clientCredentials(tokenclient.ClientCredentialsTokenRequest{Parameters: url.Values{"p": {canary}}}),
		"password":           password(tokenclient.PasswordTokenRequest{UserName: "bob", Password: canary}),
		"authorization_code": authorizationCode(tokenclient.AuthorizationCodeTokenRequest{Code: canary, RedirectURI: "https://app", CodeVerifier: verifier}),
		"refresh_token":      refreshToken(tokenclient.RefreshTokenRequest{RefreshToken: canary}),
		"device_code":        deviceToken(tokenclient.DeviceTokenRequest{DeviceCode: canary}),
		"token exchange": tokenExchange(tokenclient.TokenExchangeTokenRequest{
			SubjectToken: canary, SubjectTokenType: accessTokenType, ActorToken: canary, ActorTokenType: accessTokenType,
		}),
		"JWT, given":  jwtBearer(tokenclient.JWTBearerTokenRequest{Assertion: canary}),
		"JWT, made":   jwtBearer(tokenclient.JWTBearerTokenRequest{AssertionFunc: always(canary)}),
		"SAML":        saml2Bearer(tokenclient.SAML2BearerTokenRequest{Assertion: canary}),
		"backchannel": backchannelToken(tokenclient.BackchannelAuthenticationTokenRequest{AuthenticationRequestID: canary}),
	}
	for name, answer := range answers {
		for grant, send := range calls {
			for _, auth := range []clientauth.Method{clientauth.SecretBasic(canary), clientauth.Assertion(always(canary))} {
				t.Run(name+"/"+grant+"/"+auth.Name(), func(t *testing.T) {
					t.Parallel()
					client, server := newCanaryClient(t, func(c *tokenclient.Config) { c.Auth = auth })
					server.Handle(tokentest.TokenPath, func(tokentest.Request) tokentest.Answer { return answer })
					response, err := send(t.Context(), client)
					assertNoCanary(t, printsChain(fmt.Errorf("wrapped: %w", err)))
					for _, value := range []any{shown[error]{err, err}, response} {
						assertNoCanary(t, prints(value))
					}
					encoded, err := json.Marshal(requireError(t, err))
					require.NoError(t, err)
					assertNoCanary(t, string(encoded))
				})
			}
		}
	}
}

func TestNoRequestErrorPrintsASecret(t *testing.T) {
	t.Parallel()
	_, err := tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: "https://user:" + url.QueryEscape(canary) + "@as.example"}})
	assertNoCanary(t, prints(requireError(t, err)))
	_, err = tokenclient.New(tokenclient.Config{Endpoints: tokenclient.Endpoints{Token: "https://as.example/%zz" + canary}})
	assertNoCanary(t, prints(requireError(t, err)))

	client, _ := newMockClient(t)
	_, err = client.RequestPasswordToken(t.Context(), tokenclient.PasswordTokenRequest{Password: canary})
	assertNoCanary(t, prints(requireError(t, err)))
	_, err = client.RequestAuthorizationCodeToken(t.Context(), tokenclient.AuthorizationCodeTokenRequest{Code: "c", RedirectURI: "r", CodeVerifier: canary})
	assertNoCanary(t, prints(requireError(t, err)))
	login := tokenclient.NewAuthorizeRequest("openid", redirectURI)
	login.State = canary
	_, err = client.ParseAuthorizeResponse(url.Values{"state": {canary}, "error": {"e"}, "error_description": {canary}}, login)
	assertNoCanary(t, prints(requireError(t, err)))
	_, err = client.ParseAuthorizeResponse(url.Values{"state": {canary}, "code": {canary + "\n"}}, login)
	assertNoCanary(t, prints(requireError(t, err)))
}

// dumpError is an error of a transport that tells everything.
type dumpError string

func (e dumpError) Error() string { return "POST body: " + string(e) }

func (e dumpError) Timeout() bool { return len(e) > 0 }

func (e dumpError) Temporary() bool { return false }

func TestForeignErrorsAreNotPrinted(t *testing.T) {
	t.Parallel()
	errDump := errors.New("POST body: " + canary)
	refused := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	for name, foreign := range map[string]error{
		"an error":         errDump,
		"wrapped":          fmt.Errorf("%s: %w", canary, errDump),
		"a value":          dumpError(canary),
		"joined":           errors.Join(errDump, refused),
		"around a known":   fmt.Errorf("%s: %w", canary, refused),
		"around a timeout": fmt.Errorf("%s: %w", canary, context.DeadlineExceeded),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, mock := newMockClient(t)
			mock.RegisterResponder(http.MethodPost, tokenURL, func(*http.Request) (*http.Response, error) { return nil, foreign })
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: "r"})
			assertNoCanary(t, printsChain(err))
			if name != "around a timeout" {
				assert.ErrorIs(t, err, foreign, "but it can be found")
			}
			var dump dumpError
			assert.Equal(t, name == "a value", errors.As(err, &dump))
			var operation *net.OpError
			assert.Equal(t, errors.Is(foreign, refused), errors.As(err, &operation))
			assert.Equal(t, errors.Is(foreign, refused), errors.Is(err, syscall.ECONNRESET))
			assert.NotErrorIs(t, err, context.DeadlineExceeded, "that is for the caller's own context")
			assert.Equal(t, name == "a value" || name == "around a timeout", requireError(t, err).Timeout())
		})
	}
}

func TestTokenIsStored(t *testing.T) {
	t.Parallel()
	expiry := time.Now().Add(time.Hour)
	data, err := tokenclient.EncodeToken(tokenclient.NewToken(canary, "Bearer", expiry))
	require.NoError(t, err)
	token, err := tokenclient.DecodeToken(data)
	require.NoError(t, err)
	assert.Equal(t, canary, token.AccessToken())
	assert.Equal(t, "Bearer", token.Type)
	assert.True(t, token.Expiry.Equal(expiry))

	data, err = tokenclient.EncodeToken(tokenclient.NewToken("t", "", time.Time{}))
	require.NoError(t, err)
	token, err = tokenclient.DecodeToken(data)
	require.NoError(t, err)
	assert.True(t, token.Expiry.IsZero(), "unknown stays unknown")

	_, err = tokenclient.EncodeToken(tokenclient.Token{})
	require.Error(t, err)
	for _, data := range []string{"", "null", "{}", `{"access_token":""}`, `{"access_token":1}`, `"` + canary} {
		_, err = tokenclient.DecodeToken([]byte(data))
		require.Error(t, err, data)
		assertNoCanary(t, err.Error())
	}
}

func TestSecretIsReadForEachAttempt(t *testing.T) {
	t.Parallel()
	reads := 0
	client, server := newServerClient(t, func(c *tokenclient.Config) {
		c.Auth = clientauth.SecretBasicFunc(func(context.Context) (string, error) {
			reads++
			return fmt.Sprint("secret-", reads), nil
		})
	})
	server.Enqueue(tokentest.TokenPath, tokentest.Answer{Status: 503})
	_, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{})
	require.NoError(t, err)
	for i, sent := range server.TokenRequests() {
		_, secret, _ := sent.BasicAuth()
		assert.Equal(t, fmt.Sprint("secret-", i+1), secret)
	}
	assert.Equal(t, 2, reads)
}
