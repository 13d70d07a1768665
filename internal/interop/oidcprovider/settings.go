// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"encoding/json"
	"fmt"
	"time"
)

// settings is the argument of server.mjs; settings.mjs explains the members.
type settings struct {
	Port          int       `json:"port"`
	HTTPSPort     int       `json:"httpsPort"`
	IssuerScheme  string    `json:"issuerScheme"`
	Interactive   bool      `json:"interactive"`
	Interval      int64     `json:"interval,omitempty"`
	CIBADelay     int64     `json:"cibaDelay"`
	DPoPNonce     bool      `json:"dpopNonce"`
	RequirePushed bool      `json:"requirePushed"`
	Lifetimes     lifetimes `json:"ttl"`
	TLS           tlsFiles  `json:"tls"`
	JWKS          jwks      `json:"jwks"`
}

type lifetimes struct {
	AccessToken       int64 `json:"accessToken,omitempty"`
	AuthorizationCode int64 `json:"authorizationCode,omitempty"`
	DeviceCode        int64 `json:"deviceCode,omitempty"`
	IDToken           int64 `json:"idToken,omitempty"`
	RefreshToken      int64 `json:"refreshToken,omitempty"`
}

type tlsFiles struct {
	Key  string `json:"key"`
	Cert string `json:"cert"`
	CA   string `json:"ca"`
}

type jwks struct {
	PrivateKeyJWT   json.RawMessage `json:"privateKeyJWT"`
	SelfSignedTLS   json.RawMessage `json:"selfSignedTLS"`
	AssertionIssuer json.RawMessage `json:"assertionIssuer"`
}

// settings returns the JSON of the options and keys.
func (o Options) settings(keys *keyMaterial) (string, error) {
	for name, duration := range map[string]time.Duration{
		"Interval":                  o.Interval,
		"AccessTokenLifetime":       o.AccessTokenLifetime,
		"IDTokenLifetime":           o.IDTokenLifetime,
		"RefreshTokenLifetime":      o.RefreshTokenLifetime,
		"AuthorizationCodeLifetime": o.AuthorizationCodeLifetime,
		"DeviceCodeLifetime":        o.DeviceCodeLifetime,
	} {
		if duration < 0 || duration%time.Second != 0 {
			return "", fmt.Errorf("oidcprovider: %s is not a number of whole seconds: %v", name, duration)
		}
	}

	issuerScheme := "http"
	if o.HTTPSIssuer {
		issuerScheme = "https"
	}
	clientJWKS := o.ClientJWKS
	if clientJWKS == nil {
		clientJWKS = keys.clientJWKS
	}

	text, err := json.Marshal(settings{
		Port:          o.Port,
		HTTPSPort:     o.HTTPSPort,
		IssuerScheme:  issuerScheme,
		Interactive:   o.Interactive,
		Interval:      int64(o.Interval / time.Second),
		CIBADelay:     o.CIBADelay.Milliseconds(),
		DPoPNonce:     o.RequireDPoPNonce,
		RequirePushed: o.RequirePushedAuthorization,
		Lifetimes: lifetimes{
			AccessToken:       int64(o.AccessTokenLifetime / time.Second),
			AuthorizationCode: int64(o.AuthorizationCodeLifetime / time.Second),
			DeviceCode:        int64(o.DeviceCodeLifetime / time.Second),
			IDToken:           int64(o.IDTokenLifetime / time.Second),
			RefreshToken:      int64(o.RefreshTokenLifetime / time.Second),
		},
		TLS: keys.files,
		JWKS: jwks{
			PrivateKeyJWT: clientJWKS, SelfSignedTLS: keys.selfSignedTLSJWKS, AssertionIssuer: keys.assertionJWKS,
		},
	})
	if err != nil {
		return "", fmt.Errorf("oidcprovider: encode settings: %w", err)
	}
	return string(text), nil
}
