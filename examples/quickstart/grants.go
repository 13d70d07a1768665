// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
)

// grant is one row of the table.
type grant struct {
	name     string
	clientID string
	auth     clientauth.Method
	shim     string // what the server has from us and not from go-oidc
	// request returns the answer and what is remarkable about it.
	request func(context.Context, *tokenclient.Client) (*tokenclient.TokenResponse, string, error)
}

// authName says how the client authenticates, and which client it is.
func (g grant) authName() string { return g.auth.Name() + " (" + g.clientID + ")" }

// grants are all grants, each with the client that shows it best.
func grants(server *authserver.Server) []grant {
	basic := clientauth.SecretBasic(authserver.ClientSecret)
	return []grant{
		{"client_credentials", authserver.ClientID, basic, "", clientCredentials},
		{"client_credentials", authserver.PostClientID, clientauth.SecretPost(authserver.PostClientSecret), "", clientCredentials},
		{
			"client_credentials", authserver.SpecialClientID, clientauth.SecretBasic(authserver.SpecialClientSecret),
			"decoding of RFC 6749 section 2.3.1", clientCredentials,
		},
		{"password", authserver.ClientID, basic, "grant", password},
		{"authorization_code", authserver.PublicClientID, clientauth.None(), "", authorizationCode},
		{"refresh_token", authserver.PublicClientID, clientauth.None(), "", refreshToken},
		{"device_code", authserver.PublicClientID, clientauth.None(), "", deviceCode},
		{"ciba", authserver.ClientID, basic, "", backchannel},
		{"token-exchange", authserver.PostClientID, clientauth.SecretPost(authserver.PostClientSecret), "", tokenExchange},
		{"jwt-bearer", authserver.ClientID, basic, "", jwtBearer(server)},
		{authserver.GrantCustom, authserver.ClientID, basic, "grant", custom},
	}
}

func clientCredentials(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: "api1"})
	return response, "for the client itself", err
}

func password(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	response, err := client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{
		UserName: authserver.Alice, Password: authserver.AlicePassword, Scope: "api1 api2",
	})
	return response, "for " + authserver.Alice, err
}

func authorizationCode(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	login := tokenclient.NewAuthorizeRequest("openid api1 offline_access", "http://127.0.0.1/callback")
	address, err := client.AuthorizeURL(login)
	if err != nil {
		return nil, "", err
	}
	values, err := browse(ctx, address, login.RedirectURI)
	if err != nil {
		return nil, "", err
	}
	answer, err := client.ParseAuthorizeResponse(values, login)
	if err != nil {
		return nil, "", err
	}
	remark := "with PKCE and state"
	if answer.Issuer != "" {
		remark += ", and iss compared"
	}
	response, err := client.RequestAuthorizationCodeToken(ctx, answer.TokenRequest())
	return response, remark, err
}

func refreshToken(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	first, _, err := authorizationCode(ctx, client)
	if err != nil {
		return nil, "", err
	}
	response, err := client.RequestRefreshToken(ctx, tokenclient.RefreshTokenRequest{RefreshToken: first.RefreshToken})
	if err == nil && (response.RefreshToken == "" || response.RefreshToken == first.RefreshToken) {
		err = errors.New("the server did not rotate the refresh token")
	}
	return response, "rotated: a new refresh token came with it", err
}

func deviceCode(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	device, err := client.RequestDeviceAuthorization(ctx, tokenclient.DeviceAuthorizationRequest{Scope: "openid api1"})
	if err != nil {
		return nil, "", err
	}
	polls := 1
	request := device.TokenRequest()
	request.Pending = func(tokenclient.PendingPoll) { polls++ }
	response, err := client.PollDeviceToken(ctx, request)
	return response, fmt.Sprintf("polled %d times, until the user had decided", polls), err
}

func backchannel(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	asked, err := client.RequestBackchannelAuthentication(ctx, tokenclient.BackchannelAuthenticationRequest{
		Scope: "openid api1", LoginHint: authserver.Bob, BindingMessage: "quickstart",
	})
	if err != nil {
		return nil, "", err
	}
	response, err := client.PollBackchannelAuthenticationToken(ctx, asked.TokenRequest())
	return response, authserver.Bob + " was asked on the phone", err
}

func tokenExchange(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	user, _, err := password(ctx, client)
	if err != nil {
		return nil, "", err
	}
	response, err := client.RequestTokenExchangeToken(ctx, tokenclient.TokenExchangeTokenRequest{
		SubjectToken: user.AccessToken, SubjectTokenType: tokenclient.TokenTypeIdentifierAccessToken,
		Audience: []string{"api2"}, Scope: "api2",
	})
	return response, "a token of " + authserver.Alice + " for the audience api2", err
}

// jwtBearer gets its assertions from the issuer that the server trusts: a new one
// for each attempt, because each works once.
func jwtBearer(issuer *authserver.Server) func(context.Context, *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	return func(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
		response, err := client.RequestJWTBearerToken(ctx, tokenclient.JWTBearerTokenRequest{
			AssertionFunc: func(context.Context, clientauth.Attempt) (string, error) { return issuer.NewAssertion(authserver.Bob) },
			Scope:         "api1",
		})
		return response, "for " + authserver.Bob + ", by a JWT of " + authserver.AssertionIssuer, err
	}
}

func custom(ctx context.Context, client *tokenclient.Client) (*tokenclient.TokenResponse, string, error) {
	response, err := client.RequestToken(ctx, tokenclient.TokenRequest{
		GrantType:  authserver.GrantCustom,
		Parameters: url.Values{authserver.CustomParameter: {"custom value"}, "scope": {"api1"}},
	})
	member := response.Field(authserver.CustomMember).String()
	if err == nil && member != "custom value" {
		err = errors.New("the answer lacks " + authserver.CustomMember)
	}
	return response, fmt.Sprintf("%s = %q", authserver.CustomMember, member), err
}

// browse does what a user's browser does: it follows the server's redirects up to
// the redirect URI, and returns the parameters there. The server asks nobody.
func browse(ctx context.Context, address, redirectURI string) (url.Values, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	var back url.Values
	browser := &http.Client{Jar: jar, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		target := *next.URL
		target.RawQuery = ""
		if target.String() != redirectURI {
			return nil
		}
		back = next.URL.Query()
		return http.ErrUseLastResponse
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := browser.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if back == nil {
		return nil, fmt.Errorf("the server did not redirect to %s (status %d)", redirectURI, response.StatusCode)
	}
	return back, nil
}
