// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Every page a browser can see. They load nothing from anywhere.

export const escapeHTML = (text) => String(text ?? '').replace(
  /[&<>"']/g,
  (character) => `&#${character.charCodeAt(0)};`,
);

const page = (title, body) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title><style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 28rem; margin: 3rem auto }
#error { color: #b00 }
</style></head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>`;

const complaint = (text) => (text ? `<p id="error">${escapeHTML(text)}</p>` : '');

export const loginPage = ({ clientId, hint, error }) => page('Log in', `
${complaint(error)}
<p>to continue to <strong>${escapeHTML(clientId)}</strong></p>
<form method="post">
<p><label for="login">Name</label><br>
<input id="login" name="login" value="${escapeHTML(hint)}" autocomplete="off" autofocus></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password"></p>
<button id="submit" type="submit" name="action" value="continue">Log in</button>
<button id="cancel" type="submit" name="action" value="cancel">Cancel</button>
</form>`);

export const consentPage = ({ clientId, scopes }) => page('Consent', `
<p><strong>${escapeHTML(clientId)}</strong> asks for <em id="scopes">${escapeHTML(scopes)}</em></p>
<form method="post">
<button id="submit" type="submit" name="action" value="continue" autofocus>Allow</button>
<button id="cancel" type="submit" name="action" value="cancel">Refuse</button>
</form>`);

// oidc-provider gives the form that carries its cross-site protection; the
// buttons belong to it by its id.
export const userCodePage = (form, error) => page('Device', `
${complaint(error)}
<p>Enter the code that the device shows.</p>
${form}
<button id="submit" type="submit" form="op.deviceInputForm">Continue</button>`);

export const deviceConfirmPage = (form, clientId, userCode) => page('Confirm the device', `
<p><strong>${escapeHTML(clientId)}</strong> asks for access. Continue only if your device shows
<code id="user-code">${escapeHTML(userCode)}</code>.</p>
${form}
<button id="submit" type="submit" form="op.deviceConfirmForm" autofocus>Continue</button>
<button id="cancel" type="submit" form="op.deviceConfirmForm" name="abort" value="yes">Abort</button>`);

export const deviceSuccessPage = () => page('Device connected', `
<p id="success">You can close this page.</p>`);

export const errorPage = (answer) => page('Error', `
${complaint(`${answer.error}: ${answer.error_description}`)}`);

export const logoutPage = (form) => page('Log out', `
${form}
<button id="submit" type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Log out</button>
<button id="cancel" type="submit" form="op.logoutForm">Stay logged in</button>`);

export const loggedOutPage = () => page('Logged out', `
<p id="success">You can close this page.</p>`);
