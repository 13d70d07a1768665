// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// What oidc-provider is told.

import * as crypto from 'node:crypto';

import { errors } from 'oidc-provider';

import {
  api, apiScopes, apiServer, findAccount, oidcScopes, rejectUnknownScopes,
} from './accounts.mjs';
import { clients } from './clients.mjs';
import { grantEverything } from './grants.mjs';
import { interactionURL } from './interactions.mjs';
import * as pages from './pages.mjs';
import { Store } from './store.mjs';

export function configuration(settings, addresses) {
  return {
    adapter: Store,
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'client_secret_jwt',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ],
    clients: clients(settings),
    clockTolerance: 0, // its 15 seconds would outlive short lifetimes
    cookies: { keys: ['interop'] },
    discovery: { mtls_endpoint_aliases: mtlsAliases(addresses.https) },
    expiresWithSession: async () => false,
    extraTokenClaims: async (_ctx, token) => token.extra, // what assertions.mjs has set
    features: features(settings),
    findAccount,
    interactions: { url: interactionURL },
    // Without this a refresh token needs offline_access and prompt=consent.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    pkce: { required: () => true },
    renderError: async (ctx, answer) => {
      ctx.type = 'html';
      ctx.body = pages.errorPage(answer);
    },
    rotateRefreshToken: true,
    scopes: oidcScopes,
    ttl: lifetimes(settings.ttl),
  };
}

function lifetimes(ttl) {
  return {
    AccessToken: ttl.accessToken,
    AuthorizationCode: ttl.authorizationCode,
    BackchannelAuthenticationRequest: ttl.deviceCode,
    ClientCredentials: ttl.accessToken,
    DeviceCode: ttl.deviceCode,
    Grant: 86400,
    IdToken: ttl.idToken,
    Interaction: 3600,
    RefreshToken: ttl.refreshToken,
    Session: 86400,
  };
}

function features(settings) {
  return {
    ciba: ciba(settings),
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: deviceFlow(),
    devInteractions: { enabled: false },
    dPoP: {
      enabled: true,
      nonceSecret: settings.dpopNonce ? crypto.randomBytes(32) : undefined,
      requireNonce: () => settings.dpopNonce,
    },
    introspection: { enabled: true },
    jwtIntrospection: { enabled: true },
    jwtUserinfo: { enabled: true },
    mTLS: mutualTLS(),
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: settings.requirePushed,
    },
    registration: { enabled: true },
    registrationManagement: { enabled: true },
    resourceIndicators: resourceIndicators(),
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => { ctx.body = pages.logoutPage(form); },
      postLogoutSuccessSource: async (ctx) => { ctx.body = pages.loggedOutPage(); },
    },
    userinfo: { enabled: true },
  };
}

// A CIBA request is approved for the user in login_hint, or refused when its
// binding_message is "deny".
function ciba({ cibaDelay }) {
  return {
    enabled: true,
    deliveryModes: ['poll'],
    processLoginHint: async (_ctx, hint) => findAccount(undefined, hint)?.accountId,
    validateRequestContext: async () => {},
    verifyUserCode: async () => {},
    triggerAuthenticationDevice: async (ctx, request, account, client) => {
      const { params, provider, requestParamScopes } = ctx.oidc;
      setTimeout(async () => {
        const result = params.binding_message === 'deny'
          ? new errors.AccessDenied()
          : await grantEverything(
            provider, account.accountId, client.clientId, requestParamScopes,
          );
        await provider.backchannelResult(request, result);
      }, cibaDelay);
    },
  };
}

function deviceFlow() {
  return {
    enabled: true,
    userCodeInputSource: async (ctx, form, _answer, error) => {
      ctx.body = pages.userCodePage(form, error?.message);
    },
    userCodeConfirmSource: async (ctx, form, client, _device, userCode) => {
      ctx.body = pages.deviceConfirmPage(form, client.clientId, userCode);
    },
    successSource: async (ctx) => {
      ctx.body = pages.deviceSuccessPage();
    },
  };
}

function mutualTLS() {
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: true,
    getCertificate: (ctx) => ctx.socket.getPeerX509Certificate?.(),
    certificateAuthorized: (ctx) => ctx.socket.authorized === true,
    certificateSubjectMatches: (ctx, property, expected) => (
      property === 'tls_client_auth_subject_dn'
      && ctx.socket.getPeerX509Certificate().subject === expected
    ),
  };
}

// Whoever asks for api1 or api2 gets a token for the API without naming it by a
// resource parameter. With openid in the scope the token is for userinfo.
function resourceIndicators() {
  return {
    enabled: true,
    defaultResource: async (ctx, _client, oneOf) => {
      if (oneOf) {
        return oneOf[0];
      }
      const scopes = ctx.oidc.requestParamScopes;
      const forAPI = ctx.oidc.params.grant_type === 'client_credentials'
        || apiScopes.some((scope) => scopes.has(scope));
      return forAPI ? api : undefined;
    },
    getResourceServerInfo: async (ctx, resource) => {
      if (resource !== api) {
        throw new errors.InvalidTarget();
      }
      if (ctx.oidc.params.grant_type === 'client_credentials') {
        rejectUnknownScopes(ctx.oidc.requestParamScopes, apiScopes);
      }
      return apiServer;
    },
  };
}

function mtlsAliases(base) {
  return base && {
    token_endpoint: `${base}/token`,
    revocation_endpoint: `${base}/token/revocation`,
    introspection_endpoint: `${base}/token/introspection`,
    device_authorization_endpoint: `${base}/device/auth`,
    pushed_authorization_request_endpoint: `${base}/request`,
    backchannel_authentication_endpoint: `${base}/backchannel`,
    userinfo_endpoint: `${base}/me`,
  };
}
