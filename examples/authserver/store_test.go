// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"strconv"
	"testing"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStoreHandsOutCopiesAndRefusesAStaleOne(t *testing.T) {
	t.Parallel()

	st := newStore(withDefaults(Options{}))
	require.NoError(t, st.SaveGrant(t.Context(), &goidc.Grant{ID: "id", AuthCode: "code"}))
	first, err := st.GrantByAuthCode(t.Context(), "code")
	require.NoError(t, err)
	second, err := st.GrantByAuthCode(t.Context(), "code")
	require.NoError(t, err)
	require.NotSame(t, first, second)

	first.AuthCodeConsumedAt = 1
	require.NoError(t, st.SaveGrant(t.Context(), first))
	var conflict goidc.Error
	require.ErrorAs(t, st.SaveGrant(t.Context(), second), &conflict)
	assert.Equal(t, goidc.ErrorCodeInvalidGrant, conflict.Code)
	require.NoError(t, st.SaveGrant(t.Context(), first), "the same copy may be saved again")

	_, err = st.GrantByAuthCode(t.Context(), "")
	require.ErrorIs(t, err, goidc.ErrNotFound)
}

func TestStoreRefusesAStaleSession(t *testing.T) {
	t.Parallel()

	st := newStore(withDefaults(Options{}))
	require.NoError(t, st.SaveSession(t.Context(), &goidc.AuthnSession{ID: "id"}))
	first, err := st.Session(t.Context(), "id")
	require.NoError(t, err)
	second, err := st.Session(t.Context(), "id")
	require.NoError(t, err)

	require.NoError(t, st.SaveSession(t.Context(), first))
	var conflict goidc.Error
	require.ErrorAs(t, st.SaveSession(t.Context(), second), &conflict)
	assert.Equal(t, goidc.ErrorCodeInvalidRequest, conflict.Code)
}

func TestStoreKeepsManyAndForgetsWhatExpired(t *testing.T) {
	t.Parallel()

	st := newStore(withDefaults(Options{}))
	now := int(time.Now().Unix())
	for i := range pruneEvery {
		id := strconv.Itoa(i)
		g := &goidc.Grant{ID: id, CreatedAt: now, RefreshToken: "r" + id, RefreshTokenExpiresAt: now + 60}
		if i%2 == 0 {
			g.RefreshTokenExpiresAt = now - 1
		}
		require.NoError(t, st.SaveGrant(t.Context(), g))
	}
	_, err := st.GrantByRefreshToken(t.Context(), "r1")
	require.NoError(t, err)
	_, err = st.GrantByRefreshToken(t.Context(), "r0")
	require.ErrorIs(t, err, goidc.ErrNotFound)
	assert.Len(t, st.grants, pruneEvery/2)
	assert.Len(t, st.ids, pruneEvery/2)
}
