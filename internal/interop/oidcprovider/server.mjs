// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// An OpenID provider for interoperability tests, on loopback addresses only.
//
//   node server.mjs '{"port": 8080, "interactive": true}'
//
// Settings are in settings.mjs. One line of JSON on the standard output says
// that the server is ready: {"issuer": "…", "http": "…", "https": "…"}. All else
// goes to the standard error. The server ends when its standard input does, so
// that it never outlives the test that started it.

import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

import './polyfill.mjs';
import { Provider } from 'oidc-provider';

import { registerAssertionGrants } from './assertions.mjs';
import { configuration } from './configuration.mjs';
import { registerGrants } from './grants.mjs';
import { interactionRoutes } from './interactions.mjs';
import { parseSettings } from './settings.mjs';

const host = '127.0.0.1';

console.info = console.error;
console.log = console.error;
console.warn = console.error;

process.stdin.resume().once('close', () => process.exit(0));

await hangOnce(process.env.OIDC_PROVIDER_HANG_ONCE);
await main(parseSettings(process.argv[2]));

// hangOnce never returns for the first process that is given the file: it makes
// it and stays. The runner's test of its second start needs that.
async function hangOnce(file) {
  if (!file || fs.existsSync(file)) {
    return;
  }
  fs.writeFileSync(file, `${process.pid}`);
  console.error('hanging as told by OIDC_PROVIDER_HANG_ONCE');
  await new Promise(() => {});
}

async function main(settings) {
  const servers = { http: http.createServer() };
  const addresses = { http: await listen(servers.http, 'http', settings.port) };
  if (settings.tls) {
    servers.https = https.createServer(tlsOptions(settings.tls));
    addresses.https = await listen(servers.https, 'https', settings.httpsPort);
  }

  const provider = new Provider(
    addresses[settings.issuerScheme],
    configuration(settings, addresses),
  );
  registerGrants(provider);
  registerAssertionGrants(provider, settings);
  provider.use(interactionRoutes(provider, settings));
  provider.use(addInterval(settings.interval));
  provider.on('server_error', (_ctx, error) => console.error(error));

  const handler = provider.callback();
  for (const server of Object.values(servers)) {
    server.on('request', handler);
  }
  process.stdout.write(`${JSON.stringify({ issuer: provider.issuer, ...addresses })}\n`);
}

async function listen(server, scheme, port) {
  server.listen(port, host);
  await once(server, 'listening');
  return `${scheme}://${host}:${server.address().port}`;
}

// Certificates are asked for and not insisted on: oidc-provider decides, per
// client, whether one is needed and whether ours must have signed it.
function tlsOptions({ key, cert, ca }) {
  return {
    key: fs.readFileSync(key),
    cert: fs.readFileSync(cert),
    ca: fs.readFileSync(ca),
    requestCert: true,
    rejectUnauthorized: false,
  };
}

// oidc-provider never says how often a device may poll.
function addInterval(interval) {
  return async (ctx, next) => {
    await next();
    if (interval && (ctx.body?.device_code || ctx.body?.auth_req_id)) {
      ctx.body = { ...ctx.body, interval };
    }
  };
}
