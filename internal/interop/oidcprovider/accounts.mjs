// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// The users, each with a password equal to the name, and the scopes.

import { errors } from 'oidc-provider';

const users = ['alice', 'bob'];

export const oidcScopes = ['openid', 'offline_access', 'profile', 'email'];
export const apiScopes = ['api1', 'api2'];

// The one protected resource; api1 and api2 are its scopes.
export const api = 'urn:example:api';

export const apiServer = {
  scope: apiScopes.join(' '),
  accessTokenFormat: 'opaque',
};

export function findAccount(_ctx, accountId) {
  if (!users.includes(accountId)) {
    return undefined;
  }
  return {
    accountId,
    claims: () => ({
      sub: accountId,
      name: accountId[0].toUpperCase() + accountId.slice(1),
      preferred_username: accountId,
      email: `${accountId}@example.com`,
      email_verified: true,
    }),
  };
}

export function passwordMatches(username, password) {
  return users.includes(username) && password === username;
}

// oidc-provider leaves out a scope that it does not know; this refuses it.
export function rejectUnknownScopes(requested, known) {
  const unknown = [...requested].filter((scope) => !known.includes(scope));
  if (unknown.length > 0) {
    throw new errors.InvalidScope('unknown scope', unknown.join(' '));
  }
}
