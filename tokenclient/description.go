// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-df263610/identitymodel/internal/jsonfield"
)

const (
	maxDescription = 1 << 10
	minSecret      = 4 // shorter values would cut up ordinary words
)

// describe cleans a server's description for logs: no credential of the request,
// no control characters, at most 1 KiB. One that may repeat a password that is too
// short to be cut out is dropped.
func describe(text string, k *call) string {
	for _, secret := range k.secrets() {
		switch {
		case len(secret.text) >= minSecret:
			text = strings.ReplaceAll(text, secret.text, redactedText)
		case secret.certain && secret.text != "" && strings.Contains(text, secret.text):
			return redactedText
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxDescription {
		text = strings.ToValidUTF8(text[:maxDescription], "")
	}
	return text
}

// secret is a value that a server could repeat.
type secret struct {
	text    string
	certain bool // it is one, and not only a value that is not known to be public
}

// secrets returns the values of the last attempt that a server could repeat,
// longest first, as they are and as they were encoded. What is not known to be public
// counts as secret.
func (k *call) secrets() []secret {
	var secrets []secret
	if k.contentType == mediaTypeJSON { // of client metadata only this is one
		secrets = append(secrets, secret{jsonfield.Find(string(k.sentBody), "client_secret").Str, true})
	}
	form, _ := url.ParseQuery(string(k.sentBody))
	for name, values := range form {
		if isPublic(name) {
			continue
		}
		for _, value := range values {
			certain := isSecret(name)
			secrets = append(secrets, secret{value, certain}, secret{url.QueryEscape(value), certain}, secret{url.PathEscape(value), certain})
		}
	}
	if scheme, credentials, ok := strings.Cut(k.sentAuthorization, " "); ok {
		secrets = append(secrets, secret{credentials, false})
		if strings.EqualFold(scheme, "Basic") {
			secrets = append(secrets, basicSecret(credentials)...)
		}
	}
	slices.SortFunc(secrets, func(a, b secret) int { return len(b.text) - len(a.text) })
	return secrets
}

// basicSecret returns the secret of a Basic header, as sent and decoded.
func basicSecret(credentials string) []secret {
	joined, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil {
		return nil
	}
	_, sent, _ := strings.Cut(string(joined), ":")
	secrets := []secret{{sent, true}}
	if decoded, err := url.QueryUnescape(sent); err == nil {
		secrets = append(secrets, secret{decoded, true})
	}
	return secrets
}

// isPublic reports whether the values of a parameter may be shown in an error.
func isPublic(name string) bool {
	switch name {
	case "grant_type", "scope", "client_id", "redirect_uri", "resource", "audience", "acr_values", "client_assertion_type",
		"subject_token_type", "actor_token_type", "requested_token_type", "requested_expiry", "token_type_hint",
		"response_type", "response_mode", "code_challenge_method", "prompt", "display":
		return true
	}
	return false
}

// isSecret reports whether the values of a parameter are secret for certain.
func isSecret(name string) bool {
	switch name {
	case "client_secret", "password", "code", "code_verifier", "refresh_token", "device_code", "auth_req_id", "assertion",
		"client_assertion", "subject_token", "actor_token", "token", "user_code", "login_hint_token", "client_notification_token":
		return true
	}
	return false
}
