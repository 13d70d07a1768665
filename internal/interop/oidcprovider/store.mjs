// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Storage for everything oidc-provider keeps. Its own memory adapter holds a
// thousand entries and forgets expired ones, so that a busy test loses live
// sessions and an expired device code is answered with invalid_grant instead of
// expired_token. This one forgets nothing: a run is short.

const entries = new Map(); // "model:id" to payload
const grantMembers = new Map(); // grant id to the set of "model:id" that revoking it removes
const sessionsByUid = new Map();
const idsByUserCode = new Map();

export class Store {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    const key = this.key(id);
    entries.set(key, payload);
    if (this.model === 'Session') {
      sessionsByUid.set(payload.uid, id);
    }
    if (payload.userCode) {
      idsByUserCode.set(payload.userCode, id);
    }
    if (payload.grantId && this.model !== 'Session' && this.model !== 'Interaction') {
      const members = grantMembers.get(payload.grantId) ?? new Set();
      grantMembers.set(payload.grantId, members.add(key));
    }
  }

  async find(id) {
    return entries.get(this.key(id));
  }

  async findByUid(uid) {
    return this.find(sessionsByUid.get(uid));
  }

  async findByUserCode(userCode) {
    return this.find(idsByUserCode.get(userCode));
  }

  async consume(id) {
    entries.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    entries.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of grantMembers.get(grantId) ?? []) {
      entries.delete(key);
    }
    grantMembers.delete(grantId);
  }
}
