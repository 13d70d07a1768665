// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

// The users. The password of each is the same as the name.
const (
	Alice = "alice"
	Bob   = "bob"
)

// HintDeny is the login_hint with which a server that is not interactive refuses
// the request in the user's name. [Bob] logs in bob; anything else, alice.
const HintDeny = "deny"

// Scopes of the API beside openid, offline_access, profile and email.
const (
	ScopeAPI1 = "api1"
	ScopeAPI2 = "api2"
)

// Resource is the resource indicator of the API. A request for one of its scopes
// need not name it.
const Resource = "urn:example:api"

// CustomGrantType is the grant of our own. It wants the parameter
// custom_parameter and answers with its value in custom_member.
const CustomGrantType = "urn:example:custom"

// RedirectURI may be sent with any port added to its host. So may
// http://localhost/callback, http://[::1]/callback and http://127.0.0.1/.
const RedirectURI = "http://127.0.0.1/callback"

// The clients, by the way they authenticate. All but [PublicClientID], which has
// neither client_credentials nor password, may use every grant.
const (
	// BasicClientID authenticates by client_secret_basic with [ClientSecret].
	BasicClientID = "client"

	// SpecialClientID authenticates by client_secret_basic with
	// [SpecialClientSecret]; both need the form encoding of RFC 6749 §2.3.1.
	SpecialClientID     = "sp ecial:id"
	SpecialClientSecret = "p@ss:w%rd+& /~"

	// PostClientID authenticates by client_secret_post with [ClientSecret].
	PostClientID = "client-post"

	// PublicClientID does not authenticate.
	PublicClientID = "public"

	// SecretJWTClientID authenticates by client_secret_jwt with
	// [SecretJWTClientSecret].
	SecretJWTClientID     = "client-secret-jwt"
	SecretJWTClientSecret = "a secret of at least thirty-two bytes"

	// PrivateKeyJWTClientID authenticates by private_key_jwt with
	// [Server.ClientKey], or with the keys in Options.ClientJWKS.
	PrivateKeyJWTClientID = "private-key-jwt"

	// TLSClientID authenticates by tls_client_auth with
	// [Server.TLSClientCertificate]. Its tokens are bound to it.
	TLSClientID = "tls-client"

	// SelfSignedTLSClientID authenticates by self_signed_tls_client_auth with
	// [Server.SelfSignedTLSClientCertificate]. Its tokens are bound to it.
	SelfSignedTLSClientID = "self-signed-tls-client"

	// ClientSecret is the secret of [BasicClientID] and [PostClientID].
	ClientSecret = "secret"

	// ClientKeyID is the key ID of [Server.ClientKey].
	ClientKeyID = "client-key"
)
