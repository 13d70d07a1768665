// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// The grants with a token as the grant, which oidc-provider does not bring: token
// exchange (RFC 8693) and JWT bearer (RFC 7523).

import * as crypto from 'node:crypto';

import { errors } from 'oidc-provider';

import {
  api, apiScopes, apiServer, findAccount, oidcScopes, rejectUnknownScopes,
} from './accounts.mjs';
import { grantEverything } from './grants.mjs';

const typePrefix = 'urn:ietf:params:oauth:token-type:';
const accessTokenType = `${typePrefix}access_token`;
const idTokenType = `${typePrefix}id_token`;

const exchangeParameters = [
  'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type',
  'requested_token_type', 'resource', 'audience', 'scope',
];

export function registerAssertionGrants(provider, { jwks }) {
  provider.registerGrantType(
    'urn:ietf:params:oauth:grant-type:token-exchange',
    exchangeGrant,
    exchangeParameters,
    ['audience'],
  );
  provider.registerGrantType(
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    bearerGrant(jwks.assertionIssuer),
    ['assertion', 'scope'],
  );
}

// Subject and actor are access tokens of this server. The audiences are the names
// of the scopes.
async function exchangeGrant(ctx) {
  const { params, provider } = ctx.oidc;
  const audience = [params.audience ?? []].flat();
  if (audience.some((name) => !apiScopes.includes(name))) {
    throw new errors.InvalidTarget('unknown audience');
  }
  rejectUnknownScopes(ctx.oidc.requestParamScopes, apiScopes);
  const subject = await party(provider, params.subject_token, params.subject_token_type);
  const extra = params.actor_token && {
    act: { sub: await party(provider, params.actor_token, params.actor_token_type) },
  };

  ctx.body = params.requested_token_type === idTokenType
    ? await issueIdToken(ctx, subject)
    : {
      issued_token_type: accessTokenType,
      ...await issueAccessToken(ctx, subject, { audience, extra }),
    };
}

// party returns whom a token is about: a user, or the client itself.
async function party(provider, token, type) {
  const found = type === accessTokenType
    && (await provider.AccessToken.find(token) ?? await provider.ClientCredentials.find(token));
  if (!found?.isValid) {
    throw new errors.InvalidRequest('the token is not an active access token');
  }
  return found.accountId ?? found.clientId;
}

async function issueIdToken(ctx, subject) {
  const token = new ctx.oidc.provider.IdToken({ sub: subject }, { ctx });
  token.scope = 'openid';
  return {
    access_token: await token.issue({ use: 'idtoken' }),
    issued_token_type: idTokenType,
    token_type: 'N_A',
  };
}

async function issueAccessToken(ctx, accountId, { audience = [], extra } = {}) {
  const { client, provider, requestParamScopes: scopes } = ctx.oidc;
  const token = new provider.AccessToken({
    accountId,
    client,
    extra,
    grantId: await grantEverything(provider, accountId, client.clientId, scopes),
    gty: ctx.oidc.params.grant_type,
    scope: [...scopes].join(' ') || undefined,
  });
  if (!scopes.has('openid')) {
    token.resourceServer = new provider.ResourceServer(api, apiServer);
  }
  if (audience.length > 0) {
    token.aud = audience;
  }
  return {
    access_token: await token.save(),
    token_type: token.tokenType,
    expires_in: token.expiration,
    scope: token.scope,
  };
}

// bearerGrant takes the JWTs of https://issuer.example, each once.
function bearerGrant(jwks) {
  const used = new Set();
  return async (ctx) => {
    rejectUnknownScopes(ctx.oidc.requestParamScopes, [...oidcScopes, ...apiScopes]);
    const claims = verify(ctx.oidc.params.assertion, jwks.keys[0]);
    const problem = findProblem(claims, ctx.oidc.provider.issuer, used);
    if (problem) {
      throw new errors.InvalidGrant(problem);
    }
    used.add(claims.jti);
    ctx.body = await issueAccessToken(ctx, claims.sub);
  };
}

// verify returns the claims of a JWT that was signed by ES256 with the key, or
// nothing.
function verify(assertion = '', jwk = undefined) {
  const [header, payload, signature] = assertion.split('.');
  const read = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
  try {
    const key = { key: crypto.createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
    const signed = Buffer.from(`${header}.${payload}`);
    const good = read(header).alg === 'ES256'
      && crypto.verify('sha256', signed, key, Buffer.from(signature, 'base64url'));
    return good ? read(payload) : undefined;
  } catch {
    return undefined;
  }
}

function findProblem(claims, audience, used) {
  const now = Date.now() / 1000;
  switch (true) {
    case !claims: return 'the assertion is not a JWT of a trusted issuer';
    case claims.iss !== 'https://issuer.example': return 'iss is another issuer';
    case claims.aud !== audience: return 'aud is another server';
    case !(claims.exp > now && claims.exp <= now + 301): return 'exp is over, or too far away';
    case !findAccount(undefined, claims.sub): return 'sub is not a user';
    case !claims.jti || used.has(claims.jti): return 'jti is missing or was used';
    default: return undefined;
  }
}
