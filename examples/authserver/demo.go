// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"slices"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// The demo clients. Each may ask for every scope in [Scopes].
const (
	// ClientID and ClientSecret are the confidential client that authenticates
	// with client_secret_basic. It may use every grant.
	ClientID     = "client"
	ClientSecret = "secret"

	// PostClientID and PostClientSecret are the confidential client that
	// authenticates with client_secret_post. It may use every grant.
	PostClientID     = "client.post"
	PostClientSecret = "secret.post"

	// PublicClientID is the client without a secret. It may use
	// authorization_code, for which it must use PKCE, device_code and
	// refresh_token.
	PublicClientID = "public"

	// SpecialClientID and SpecialClientSecret are a client_secret_basic client
	// whose credentials are only understood when they are form-encoded as
	// RFC 6749 §2.3.1 requires. It may use every grant.
	SpecialClientID     = "sp ecial:id"
	SpecialClientSecret = "p@ss:w%rd+& /~"
)

// The demo users. Their password is their name.
const (
	// Alice is who approves when the server approves by itself.
	Alice         = "alice"
	AlicePassword = "alice"
	// Bob is the other user.
	Bob         = "bob"
	BobPassword = "bob"
)

// Grant types beyond RFC 6749 and RFC 8628. Both are shims.
const (
	// GrantPassword takes username and password.
	GrantPassword = "password"
	// GrantCustom takes [CustomParameter] and answers [CustomMember].
	GrantCustom = "urn:example:custom"

	// CustomParameter is the form parameter that [GrantCustom] requires.
	CustomParameter = "custom_parameter"
	// CustomMember is the JSON member that echoes [CustomParameter].
	CustomMember = "custom_member"
)

// Scopes are the scopes that the server knows, separated by spaces.
const Scopes = "openid profile email offline_access api1 api2"

// A Client is a registered demo client.
type Client struct {
	// ID and Secret are the credentials. Secret is empty for a public client.
	ID, Secret string
	// AuthMethod is the token_endpoint_auth_method.
	AuthMethod string
	// GrantTypes are the grants that the client may use.
	GrantTypes []string
	// RedirectURIs are the registered redirect URIs. Those on a loopback
	// address match with any port (RFC 8252 §7.3).
	RedirectURIs []string
}

// A User is a demo user.
type User struct {
	// Name is what the user logs in with, and the subject of the tokens.
	Name string
	// Password is what the user logs in with.
	Password string
	// Email is in the claims when the scope email was granted.
	Email string
}

// Clients returns the registered clients.
func Clients() []Client {
	all := []string{
		string(goidc.GrantClientCredentials), string(goidc.GrantAuthorizationCode),
		string(goidc.GrantRefreshToken), string(goidc.GrantDeviceCode), string(goidc.GrantCIBA),
		string(goidc.GrantTokenExchange), string(goidc.GrantJWTBearer),
		GrantPassword, GrantCustom,
	}
	interactive := []string{
		string(goidc.GrantAuthorizationCode), string(goidc.GrantRefreshToken),
		string(goidc.GrantDeviceCode),
	}
	basic, post := string(goidc.AuthnMethodSecretBasic), string(goidc.AuthnMethodSecretPost)
	none := string(goidc.AuthnMethodNone)

	return []Client{
		{ID: ClientID, Secret: ClientSecret, AuthMethod: basic, GrantTypes: all, RedirectURIs: redirectURIs()},
		{ID: PostClientID, Secret: PostClientSecret, AuthMethod: post, GrantTypes: all, RedirectURIs: redirectURIs()},
		{ID: PublicClientID, AuthMethod: none, GrantTypes: interactive, RedirectURIs: redirectURIs()},
		{ID: SpecialClientID, Secret: SpecialClientSecret, AuthMethod: basic, GrantTypes: all, RedirectURIs: redirectURIs()},
	}
}

// Users returns the users that can log in.
func Users() []User {
	return []User{
		{Name: Alice, Password: AlicePassword, Email: "alice@example.com"},
		{Name: Bob, Password: BobPassword, Email: "bob@example.com"},
	}
}

// redirectURIs are the loopback redirect URIs of every client, without a port.
func redirectURIs() []string {
	return []string{
		"http://127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/callback",
		"http://[::1]", "http://[::1]/", "http://[::1]/callback",
	}
}

// findClient returns the demo client with this id.
func findClient(id string) (Client, bool) {
	clients := Clients()
	i := slices.IndexFunc(clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return clients[i], true
}

// findUser returns the demo user with this name.
func findUser(name string) (User, bool) {
	users := Users()
	i := slices.IndexFunc(users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, false
	}
	return users[i], true
}

// login reports whether the name and the password belong together.
func login(name, password string) bool {
	u, ok := findUser(name)
	return ok && u.Password == password
}
