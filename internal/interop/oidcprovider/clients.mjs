// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// One client for each way to authenticate. The Go constants in accounts.go
// repeat the identifiers and secrets.

const anyLoopbackPort = [
  'http://127.0.0.1/callback',
  'http://127.0.0.1/',
  'http://127.0.0.1',
  'http://localhost/callback',
  'http://[::1]/callback',
];

const userGrants = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
];

const allGrants = [
  ...userGrants,
  'client_credentials',
  'password',
  'urn:example:custom',
  'urn:openid:params:grant-type:ciba',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
];

// Native clients may send any port of a loopback redirect URI (RFC 8252 §7.3).
const confidential = {
  application_type: 'native',
  redirect_uris: anyLoopbackPort,
  grant_types: allGrants,
  backchannel_token_delivery_mode: 'poll',
};

export function clients({ jwks, tls }) {
  const list = [
    {
      ...confidential,
      client_id: 'client',
      client_secret: 'secret',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...confidential,
      client_id: 'sp ecial:id',
      client_secret: 'p@ss:w%rd+& /~',
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...confidential,
      client_id: 'client-post',
      client_secret: 'secret',
      token_endpoint_auth_method: 'client_secret_post',
    },
    {
      application_type: 'native',
      redirect_uris: anyLoopbackPort,
      grant_types: userGrants,
      client_id: 'public',
      token_endpoint_auth_method: 'none',
    },
    {
      ...confidential,
      client_id: 'client-secret-jwt',
      client_secret: 'a secret of at least thirty-two bytes',
      token_endpoint_auth_method: 'client_secret_jwt',
    },
  ];

  if (jwks.privateKeyJWT) {
    list.push({
      ...confidential,
      client_id: 'private-key-jwt',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: jwks.privateKeyJWT,
    });
  }
  if (tls) {
    list.push({
      ...confidential,
      client_id: 'tls-client',
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=tls-client',
      tls_client_certificate_bound_access_tokens: true,
    });
  }
  if (tls && jwks.selfSignedTLS) {
    list.push({
      ...confidential,
      client_id: 'self-signed-tls-client',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: jwks.selfSignedTLS,
      tls_client_certificate_bound_access_tokens: true,
    });
  }
  return list;
}
