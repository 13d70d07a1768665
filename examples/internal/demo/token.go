// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/examples/authserver"
	"github.com/seed-df263610/identitymodel/tokenclient"
)

// Given is the access token that a program works on.
type Given struct{ file, username, password *string }

// GivenToken defines the flags for the access token that a program works on;
// flag.Parse comes next.
func GivenToken() *Given {
	return &Given{
		file:     String("token-file", "TOKEN_FILE", "file that holds the access token, and nothing else"),
		username: String("username", "USER_NAME", "who logs in when there is no file; alice on the embedded server, and without a user the client itself"),
		password: String("password", "USER_PASSWORD", "password of the user"),
	}
}

// AccessToken returns the token in the file, or requests one: for the user, or,
// when there is none, for the client itself.
func (g *Given) AccessToken(ctx context.Context, client *tokenclient.Client, server *Server) (string, error) {
	if *g.file != "" {
		return ReadSecret(*g.file)
	}
	request := tokenclient.PasswordTokenRequest{
		UserName: server.Or(*g.username, authserver.Alice),
		Password: server.Or(*g.password, authserver.AlicePassword),
		Scope:    server.Scope,
	}
	if request.UserName == "" {
		response, err := client.RequestClientCredentialsToken(ctx, tokenclient.ClientCredentialsTokenRequest{Scope: server.Scope})
		return response.AccessToken, err
	}
	response, err := client.RequestPasswordToken(ctx, request)
	return response.AccessToken, err // a response is never nil, and empty after an error
}

// PrintIntrospection prints what a token is worth.
func PrintIntrospection(w io.Writer, info *tokenclient.TokenIntrospectionResponse) {
	if !info.Active {
		PrintFields(w, [][2]string{{"active", "no"}})
		return
	}
	PrintFields(w, [][2]string{
		{"active", "yes"},
		{"token type", orDash(info.TokenType)},
		{"subject", orDash(info.Subject)},
		{"user name", orDash(info.Username)},
		{"client", orDash(info.ClientID)},
		{"scopes", orDash(strings.Join(info.Scopes, " "))},
		{"audiences", orDash(strings.Join(info.Audiences, " "))},
		{"issuer", orDash(info.Issuer)},
		{"expires", moment(info.Expiry)},
	})
}

// moment prints a time, if there is one.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// PrintClient prints a registered client, without its secrets.
func PrintClient(w io.Writer, title string, client *tokenclient.ClientRegistrationResponse) {
	fields := [][2]string{
		{"client", client.ClientID},
		{"name", orDash(client.Registration.ClientName)},
		{"grants", orDash(strings.Join(client.Registration.GrantTypes, " "))},
		{"authentication", orDash(client.Registration.TokenEndpointAuthMethod)},
	}
	if client.ClientSecret != "" {
		expiry := "for ever"
		if !client.ClientSecretExpiresAt.IsZero() {
			expiry = "until " + moment(client.ClientSecretExpiresAt)
		}
		fields = append(fields, [2]string{"secret", redacted(client.ClientSecret) + ", " + expiry})
	}
	if client.RegistrationAccessToken != "" {
		fields = append(fields, [2]string{"registration access token", redacted(client.RegistrationAccessToken)})
	}
	fmt.Fprintln(w, title)
	PrintFields(w, fields)
}
