// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Metadata is the part of the discovery document that tests need.
type Metadata struct {
	Issuer                             string            `json:"issuer"`
	AuthorizationEndpoint              string            `json:"authorization_endpoint"`
	TokenEndpoint                      string            `json:"token_endpoint"`
	DeviceAuthorizationEndpoint        string            `json:"device_authorization_endpoint"`
	BackchannelAuthenticationEndpoint  string            `json:"backchannel_authentication_endpoint"`
	PushedAuthorizationRequestEndpoint string            `json:"pushed_authorization_request_endpoint"`
	IntrospectionEndpoint              string            `json:"introspection_endpoint"`
	RevocationEndpoint                 string            `json:"revocation_endpoint"`
	UserinfoEndpoint                   string            `json:"userinfo_endpoint"`
	RegistrationEndpoint               string            `json:"registration_endpoint"`
	EndSessionEndpoint                 string            `json:"end_session_endpoint"`
	JWKSURI                            string            `json:"jwks_uri"`
	MTLSEndpointAliases                map[string]string `json:"mtls_endpoint_aliases"`
}

func fetchMetadata(ctx context.Context, client *http.Client, issuer string) (Metadata, error) {
	address := issuer + "/.well-known/openid-configuration"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Metadata{}, fmt.Errorf("oidcprovider: fetch metadata: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return Metadata{}, fmt.Errorf("oidcprovider: fetch metadata: %w", err)
	}
	defer response.Body.Close()

	if response.StatusCode != http.StatusOK {
		return Metadata{}, fmt.Errorf("oidcprovider: fetch metadata: status %d", response.StatusCode)
	}
	var metadata Metadata
	if err := json.NewDecoder(response.Body).Decode(&metadata); err != nil {
		return Metadata{}, fmt.Errorf("oidcprovider: read metadata: %w", err)
	}
	return metadata, nil
}
