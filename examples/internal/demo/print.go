// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/tidwall/gjson"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// PrintToken prints what a token response says, without its secrets.
func PrintToken(w io.Writer, response *tokenclient.TokenResponse) {
	fields := [][2]string{
		{"token type", orDash(response.TokenType)},
		{"lifetime", Lifetime(response)},
		{"scope", orDash(response.Scope)},
		{"access token", redacted(response.AccessToken)},
	}
	if response.RefreshToken != "" {
		fields = append(fields, [2]string{"refresh token", redacted(response.RefreshToken)})
	}
	if response.IDToken != "" {
		fields = append(fields, [2]string{"ID token", redacted(response.IDToken) + ", not validated"})
	}
	if response.IssuedTokenType != "" {
		fields = append(fields, [2]string{"issued token type", response.IssuedTokenType})
	}
	// A Token never prints its secret, so it can be logged.
	fields = append(fields, [2]string{"Token", fmt.Sprint(response.Token())})
	PrintFields(w, fields)
}

// PrintMember prints a member of a token response, unless it is a secret.
func PrintMember(w io.Writer, name string, value gjson.Result) {
	text := "the answer has no such member"
	switch {
	case slices.Contains([]string{"access_token", "refresh_token", "id_token"}, name):
		text = redacted(value.String())
	case value.Exists():
		text = value.Raw
	}
	PrintFields(w, [][2]string{{name, text}})
}

// Lifetime returns the lifetime of a token, or says that the server did not say.
func Lifetime(response *tokenclient.TokenResponse) string {
	if response.Token().Expiry.IsZero() {
		return "unknown"
	}
	return response.ExpiresIn.Round(time.Second).String()
}

// redacted tells that a secret is there, and not what it is.
func redacted(secret string) string {
	return fmt.Sprintf("[redacted], %d characters", len(secret))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// PrintFields prints names and values in two columns.
func PrintFields(w io.Writer, fields [][2]string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, field := range fields {
		fmt.Fprintf(table, "  %s\t%s\n", field[0], Printable(field[1]))
	}
	_ = table.Flush() // a result that cannot be shown has nobody to be told
}

// Printable replaces what could change a terminal in a text that a server chose.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
