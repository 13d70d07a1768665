// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// The user's part of a flow: logging in and consenting. Unless the server is
// interactive it happens by itself: login_hint "bob" logs in bob, "deny"
// refuses, anything else logs in alice; all that is asked for is granted.

import { findAccount, passwordMatches } from './accounts.mjs';
import { consentPage, loginPage } from './pages.mjs';

const path = /^\/interaction\/[^/]+$/;

const refused = { error: 'access_denied', error_description: 'the user refused' };

export const interactionURL = (_ctx, interaction) => `/interaction/${interaction.uid}`;

// interactionRoutes returns the Koa middleware that answers interactionURL.
export function interactionRoutes(provider, { interactive }) {
  return async (ctx, next) => {
    if (!path.test(ctx.path)) {
      await next();
      return;
    }

    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    const result = interactive
      ? await askUser(ctx, provider, interaction)
      : await answerForUser(provider, interaction);
    if (result) {
      ctx.status = 303;
      ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
    }
  };
}

async function answerForUser(provider, interaction) {
  const { prompt, params: { login_hint: hint } } = interaction;
  if (hint === 'deny') {
    return refused;
  }
  if (prompt.name === 'login') {
    return { login: { accountId: findAccount(undefined, hint)?.accountId ?? 'alice' } };
  }
  return consent(provider, interaction);
}

// askUser returns nothing when it has shown a page.
async function askUser(ctx, provider, interaction) {
  const { prompt, params } = interaction;
  const form = ctx.method === 'POST' ? await readForm(ctx.req) : undefined;
  if (form?.get('action') === 'cancel') {
    return refused;
  }

  if (prompt.name === 'consent') {
    if (form) {
      return consent(provider, interaction);
    }
    ctx.body = consentPage({ clientId: params.client_id, scopes: params.scope });
    return undefined;
  }

  if (form && passwordMatches(form.get('login'), form.get('password'))) {
    return { login: { accountId: form.get('login') } };
  }
  ctx.body = loginPage({
    clientId: params.client_id,
    hint: form?.get('login') ?? params.login_hint,
    error: form && 'unknown user or wrong password',
  });
  return undefined;
}

async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

async function consent(provider, { grantId, params, prompt: { details }, session }) {
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });

  if (details.missingOIDCScope) {
    grant.addOIDCScope(details.missingOIDCScope.join(' '));
  }
  if (details.missingOIDCClaims) {
    grant.addOIDCClaims(details.missingOIDCClaims);
  }
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return { consent: { grantId: await grant.save() } };
}
