// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import "github.com/seed-df263610/identitymodel/discovery"

// providers are the documents in testdata/discovery, by file name. Where each
// comes from is in SOURCES.md there.
func providers() map[string]provider {
	const (
		otherHost, otherBase = string(discovery.RuleEndpointHost) + ": ", string(discovery.RuleEndpointBase) + ": "
		otherIssuer, noKeys  = string(discovery.RuleIssuerMismatch) + ": issuer", string(discovery.RuleKeySetMissing) + ": jwks_uri"
	)
	equals := func(issuer string) func(string) bool { return func(other string) bool { return other == issuer } }
	return map[string]provider{
		"agentgateway-auth0.json": {
			name: "Auth0 behind agentgateway", address: "https://ceposta-agw.ngrok.io/.well-known/oauth-authorization-server/server/mcp",
			document: "https://ceposta-agw.ngrok.io/.well-known/oauth-authorization-server/server/mcp",
			refused: []string{
				otherIssuer,
				otherHost + "authorization_endpoint token_endpoint device_authorization_endpoint userinfo_endpoint mfa_challenge_endpoint jwks_uri registration_endpoint revocation_endpoint global_token_revocation_endpoint",
			},
			policy: discovery.Policy{Issuer: "https://ceposta-solo.auth0.com/"},
		},
		"agentgateway-resource.json": {
			name: "agentgateway (resource)", address: "https://ceposta-agw.ngrok.io/server/mcp",
			document: "https://ceposta-agw.ngrok.io/.well-known/oauth-protected-resource/server/mcp",
			resource: true,
		},
		"apple.json": {
			name: "Apple", address: "https://appleid.apple.com",
		},
		"auth0.json": {
			name: "Auth0", address: "https://accordproject.us.auth0.com/",
		},
		"azure-b2c.json": {
			name: "Azure AD B2C", address: "https://login.microsoftonline.com/devunleashedb2c.onmicrosoft.com/v2.0?p=b2c_1_testsignupandsigninpolicy",
			document: "https://login.microsoftonline.com/devunleashedb2c.onmicrosoft.com/v2.0/.well-known/openid-configuration?p=b2c_1_testsignupandsigninpolicy",
			refused: []string{
				otherIssuer,
				otherBase + "authorization_endpoint token_endpoint end_session_endpoint jwks_uri",
			},
			policy: discovery.Policy{Issuer: "https://login.microsoftonline.com/bc2fb659-725b-48d8-b571-7420094e41cc/v2.0/", AdditionalBaseAddresses: []string{"https://login.microsoftonline.com/devunleashedb2c.onmicrosoft.com"}},
		},
		"cilogon.json": {
			name: "CILogon", address: "https://cilogon.org",
			refused: []string{noKeys},
			policy:  discovery.Policy{AllowNoKeySet: true},
		},
		"cognito-2017.json": {
			name: "AWS Cognito (2017)", address: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_BGU9CKFCM",
		},
		"cognito-no-domain.json": {
			name: "AWS Cognito, without a domain", address: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_evUpJWE9u",
		},
		"cognito.json": {
			name: "AWS Cognito, with a domain", address: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_4OqDoWVrZ",
			refused: []string{otherHost + "authorization_endpoint token_endpoint userinfo_endpoint"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://auth-groovycalamari.auth.us-east-1.amazoncognito.com"}},
		},
		"dex.json": {
			name: "Dex", address: "https://mydex.myco.com/dex",
		},
		"discord.json": {
			name: "Discord", address: "https://discord.com",
		},
		"docker.json": {
			name: "Docker", address: "https://login.docker.com/",
		},
		"dropbox.json": {
			name: "Dropbox", address: "https://www.dropbox.com",
			refused: []string{otherHost + "token_endpoint"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://api.dropboxapi.com"}},
		},
		"duende-demo.json": {
			name: "Duende IdentityServer (demo)", address: "https://demo.duendesoftware.com",
		},
		"entra-common.json": {
			name: "Microsoft Entra, any tenant", address: "https://login.microsoftonline.com/common/v2.0",
			refused: []string{
				otherIssuer,
				otherBase + "token_endpoint jwks_uri authorization_endpoint device_authorization_endpoint end_session_endpoint kerberos_endpoint",
				otherHost + "userinfo_endpoint",
			},
			policy: discovery.Policy{ExpectedIssuer: equals("https://login.microsoftonline.com/{tenantid}/v2.0"), AdditionalBaseAddresses: []string{"https://login.microsoftonline.com/common", "https://graph.microsoft.com"}},
		},
		"entra-tenant.json": {
			name: "Microsoft Entra, one tenant", address: "https://login.microsoftonline.com/3c631bb7-a9f7-4343-a5ba-a6159135f1fc/v2.0",
			refused: []string{
				otherBase + "token_endpoint jwks_uri authorization_endpoint device_authorization_endpoint end_session_endpoint kerberos_endpoint",
				otherHost + "userinfo_endpoint",
			},
			policy: discovery.Policy{AdditionalBaseAddresses: []string{"https://login.microsoftonline.com/3c631bb7-a9f7-4343-a5ba-a6159135f1fc", "https://graph.microsoft.com"}},
		},
		"entra-v1-common.json": {
			name: "Microsoft Entra v1, any tenant", address: "https://login.microsoftonline.com/common",
			refused: []string{otherIssuer},
			policy:  discovery.Policy{ExpectedIssuer: equals("https://sts.windows.net/{tenantid}/")},
		},
		"facebook.json": {
			name: "Facebook", address: "https://www.facebook.com",
			refused: []string{otherHost + "authorization_endpoint"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://facebook.com"}},
		},
		"forgerock-am.json": {
			name: "ForgeRock AM", address: "http://localhost:8000/openam/oauth2/realms/test",
			refused: []string{
				otherIssuer,
				otherBase + "introspection_endpoint check_session_iframe authorization_endpoint token_endpoint end_session_endpoint userinfo_endpoint jwks_uri registration_endpoint",
			},
			policy: discovery.Policy{Issuer: "http://localhost:8000/openam/oauth2/test", AdditionalBaseAddresses: []string{"http://localhost:8000/openam/oauth2/realms/root/realms/test"}},
		},
		"github-actions.json": {
			name: "GitHub Actions", address: "https://token.actions.githubusercontent.com",
		},
		"github-mcp-resource.json": {
			name: "GitHub MCP (resource)", address: "https://api.githubcopilot.com/mcp",
			document: "https://api.githubcopilot.com/.well-known/oauth-protected-resource/mcp",
			resource: true,
		},
		"github-oauth.json": {
			name: "GitHub", address: "https://github.com/login/oauth",
			document: "https://github.com/.well-known/oauth-authorization-server/login/oauth",
			refused:  []string{noKeys},
			policy:   discovery.Policy{AllowNoKeySet: true},
		},
		"gitlab.json": {
			name: "GitLab", address: "https://gitlab.com",
		},
		"google.json": {
			name: "Google", address: "https://accounts.google.com",
			refused: []string{otherHost + "device_authorization_endpoint token_endpoint userinfo_endpoint revocation_endpoint jwks_uri"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://oauth2.googleapis.com", "https://openidconnect.googleapis.com", "https://www.googleapis.com"}},
		},
		"identityserver4-demo-mtls.json": {
			name: "IdentityServer4 demo, mTLS (IdentityModel's test data)", address: "https://demo.identityserver.io",
			refused: []string{otherHost + "mtls_endpoint_aliases.token_endpoint mtls_endpoint_aliases.revocation_endpoint mtls_endpoint_aliases.introspection_endpoint mtls_endpoint_aliases.device_authorization_endpoint"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://mtls.identityserver.io"}},
		},
		"identityserver4-demo.json": {
			name: "IdentityServer4 demo (IdentityModel's test data)", address: "https://demo.identityserver.io",
		},
		"keycloak-eudi.json": {
			name: "Keycloak", address: "https://keycloak-eudi.netcompany-intrasoft.com/realms/pid-issuer-realm",
		},
		"klarna.json": {
			name: "Klarna", address: "https://login.klarna.com",
		},
		"lego.json": {
			name: "LEGO", address: "https://identity.lego.com",
		},
		"login-gov-sandbox.json": {
			name: "Login.gov", address: "https://idp.int.identitysandbox.gov/",
		},
		"maskinporten-test.json": {
			name: "Maskinporten", address: "https://ver2.maskinporten.no/",
			document: "https://ver2.maskinporten.no/.well-known/oauth-authorization-server",
		},
		"mojeid.json": {
			name: "mojeID", address: "https://mojeid.cz/oidc/",
		},
		"notion-mcp-resource.json": {
			name: "Notion MCP (resource)", address: "https://mcp.notion.com",
			document: "https://mcp.notion.com/.well-known/oauth-protected-resource",
			resource: true,
		},
		"notion-mcp.json": {
			name: "Notion MCP", address: "https://mcp.notion.com",
			document: "https://mcp.notion.com/.well-known/oauth-authorization-server",
			refused:  []string{noKeys},
			policy:   discovery.Policy{AllowNoKeySet: true},
		},
		"okta-custom.json": {
			name: "Okta, custom server", address: "https://auth-js-test.okta.com/oauth2/aus8aus76q8iphupD0h7",
			document: "https://auth-js-test.okta.com/.well-known/oauth-authorization-server/oauth2/aus8aus76q8iphupD0h7",
		},
		"okta-default.json": {
			name: "Okta, default server", address: "https://dev-490527.okta.com/oauth2/default",
			refused: []string{otherBase + "registration_endpoint"},
			policy:  discovery.Policy{Exclude: []string{"registration_endpoint"}},
		},
		"okta-org.json": {
			name: "Okta, org server", address: "https://auth-js-test.okta.com",
		},
		"paypal.json": {
			name: "PayPal", address: "https://www.paypal.com",
			refused: []string{otherHost + "registration_endpoint token_endpoint userinfo_endpoint jwks_uri revocation_endpoint"},
			policy:  discovery.Policy{AdditionalBaseAddresses: []string{"https://api.paypal.com"}},
		},
		"pingfederate.json": {
			name: "PingFederate", address: "https://connect-interop.pinglabs.org:9031",
			refused: []string{noKeys},
			policy:  discovery.Policy{AllowNoKeySet: true},
		},
		"rfc8414-example.json": {
			name: "RFC 8414, its example", address: "https://server.example.com",
			document: "https://server.example.com/.well-known/oauth-authorization-server",
		},
		"rfc9728-example.json": {
			name: "RFC 9728, its example (resource)", address: "https://resource.example.com",
			document: "https://resource.example.com/.well-known/oauth-protected-resource",
			resource: true,
		},
		"salesforce.json": {
			name: "Salesforce", address: "https://login.salesforce.com",
		},
		"slack.json": {
			name: "Slack", address: "https://slack.com",
		},
		"stackoverflow.json": {
			name: "Stack Overflow", address: "https://stackoverflow.com",
		},
		"twitch.json": {
			name: "Twitch", address: "https://id.twitch.tv/oauth2",
		},
		"verimi.json": {
			name: "Verimi", address: "https://web.verimi.de",
		},
		"yahoo.json": {
			name: "Yahoo", address: "https://api.login.yahoo.com",
		},
	}
}
