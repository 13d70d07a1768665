// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// What one run of the server can be told, and what holds when it is not.

const defaults = {
  port: 0, // HTTP; 0 takes a free one
  httpsPort: 0,
  issuerScheme: 'http', // which listener is the issuer: "http" or "https"
  interactive: false, // false: log in and consent without asking
  interval: undefined, // seconds, added to device and CIBA answers; oidc-provider sends none
  cibaDelay: 0, // milliseconds until a CIBA request is answered
  dpopNonce: false, // true: every DPoP proof needs a nonce of ours
  requirePushed: false, // true: no authorization request is accepted that was not pushed
  ttl: { // seconds
    accessToken: 3600,
    authorizationCode: 60,
    deviceCode: 600,
    idToken: 3600,
    refreshToken: 86400,
  },
  tls: undefined, // { key, cert, ca }: paths of PEM files; no HTTPS listener without it
  // JWK sets of the clients that prove who they are with a key of their own.
  // A client without its keys is not registered. assertionIssuer has the one key
  // that signs assertions for the JWT bearer grant.
  jwks: { privateKeyJWT: undefined, selfSignedTLS: undefined, assertionIssuer: undefined },
};

// parseSettings reads the JSON object given as the first argument.
export function parseSettings(text = '{}') {
  const given = JSON.parse(text);
  const unknown = Object.keys(given).filter((name) => !(name in defaults));
  if (unknown.length > 0) {
    throw new Error(`unknown settings: ${unknown.join(', ')}`);
  }

  return {
    ...defaults,
    ...given,
    ttl: { ...defaults.ttl, ...given.ttl },
    jwks: { ...defaults.jwks, ...given.jwks },
  };
}
