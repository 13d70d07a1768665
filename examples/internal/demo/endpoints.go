// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"strings"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// An Endpoint is one that a flag names by hand, such as -token-endpoint.
type Endpoint string

// The endpoints. The first three have a flag in every program.
const (
	Token                     Endpoint = "token"
	Authorization             Endpoint = "authorization"
	DeviceAuthorization       Endpoint = "device-authorization"
	BackchannelAuthentication Endpoint = "backchannel-authentication"
	PushedAuthorization       Endpoint = "pushed-authorization"
	Introspection             Endpoint = "introspection"
	Revocation                Endpoint = "revocation"
	UserInfo                  Endpoint = "userinfo"
	Registration              Endpoint = "registration"
)

// define defines the flag of an endpoint.
func (e Endpoint) define() *string {
	name := string(e) + "-endpoint"
	environment := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	return String(name, environment, strings.ReplaceAll(name, "-", " "))
}

// set writes the address of an endpoint to where it belongs.
func (e Endpoint) set(all *tokenclient.Endpoints, address string) {
	switch e {
	case Token:
		all.Token = address
	case Authorization:
		all.Authorization = address
	case DeviceAuthorization:
		all.DeviceAuthorization = address
	case BackchannelAuthentication:
		all.BackchannelAuthentication = address
	case PushedAuthorization:
		all.PushedAuthorization = address
	case Introspection:
		all.Introspection = address
	case Revocation:
		all.Revocation = address
	case UserInfo:
		all.UserInfo = address
	case Registration:
		all.Registration = address
	}
}
