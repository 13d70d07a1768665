// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// oidc-provider 9 calls URL.parse, which Node 20 does not have. Import this
// module before oidc-provider.

URL.parse ??= (url, base) => {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
};
