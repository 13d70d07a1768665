// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// The grants that oidc-provider does not bring: password and one of our own.

import { errors } from 'oidc-provider';

import {
  api, apiScopes, apiServer, oidcScopes, passwordMatches, rejectUnknownScopes,
} from './accounts.mjs';

export function registerGrants(provider) {
  provider.registerGrantType('password', passwordGrant, ['username', 'password', 'scope']);
  provider.registerGrantType('urn:example:custom', customGrant, ['custom_parameter', 'scope']);
}

// grantEverything gives the client what it asked for, in the user's name, and
// returns the identifier of the grant.
export async function grantEverything(provider, accountId, clientId, scopes) {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(oidcScopes.filter((scope) => scopes.has(scope)).join(' '));
  grant.addResourceScope(api, apiScopes.filter((scope) => scopes.has(scope)).join(' '));
  return grant.save();
}

async function passwordGrant(ctx) {
  const { client, params, provider, requestParamScopes: scopes } = ctx.oidc;

  if (!params.username || !params.password) {
    throw new errors.InvalidRequest('username and password are required');
  }
  if (!passwordMatches(params.username, params.password)) {
    throw new errors.InvalidGrant('unknown user or wrong password');
  }
  rejectUnknownScopes(scopes, [...oidcScopes, ...apiScopes]);

  ctx.body = await issueTokens(provider, client, params.username, scopes);
}

async function issueTokens(provider, client, accountId, scopes) {
  const grantId = await grantEverything(provider, accountId, client.clientId, scopes);
  const scope = [...scopes].join(' ') || undefined;
  const common = { accountId, client, grantId, gty: 'password', scope };

  const accessToken = new provider.AccessToken(common);
  if (!scopes.has('openid')) {
    accessToken.resourceServer = new provider.ResourceServer(api, apiServer);
  }
  const refreshToken = new provider.RefreshToken({
    ...common,
    resource: accessToken.aud,
    rotations: 0,
  });

  return {
    access_token: await accessToken.save(),
    token_type: accessToken.tokenType,
    expires_in: accessToken.expiration,
    refresh_token: await refreshToken.save(),
    scope,
  };
}

async function customGrant(ctx) {
  const { client, params, provider, requestParamScopes: scopes } = ctx.oidc;

  if (!params.custom_parameter) {
    throw new errors.InvalidRequest('custom_parameter is required');
  }
  rejectUnknownScopes(scopes, apiScopes);

  const token = new provider.ClientCredentials({
    client,
    scope: [...scopes].join(' ') || undefined,
  });
  token.resourceServer = new provider.ResourceServer(api, apiServer);

  ctx.body = {
    access_token: await token.save(),
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope: token.scope,
    custom_member: params.custom_parameter,
  };
}
