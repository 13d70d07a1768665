// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// clientStore keeps the clients that were registered at run time. It hands out
// copies, like [store].
type clientStore struct {
	mu      sync.Mutex
	clients map[string]goidc.Client
}

var _ goidc.DCRManager = (*clientStore)(nil)

// maxClients bounds what anybody can make the server keep.
const maxClients = 10_000

// SaveClient implements [goidc.DCRManager].
func (s *clientStore) SaveClient(_ context.Context, c *goidc.Client) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	if _, known := s.clients[c.ID]; !known && len(s.clients) >= maxClients {
		return goidc.NewError(goidc.ErrorCodeInternalError, "too many clients")
	}
	s.clients[c.ID] = copyClient(*c)
	return nil
}

// Client implements [goidc.DCRManager].
func (s *clientStore) Client(_ context.Context, id string) (*goidc.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	c, ok := s.clients[id]
	if !ok {
		return nil, goidc.ErrNotFound
	}
	c = copyClient(c)
	return &c, nil
}

// DeleteClient implements [goidc.DCRManager].
func (s *clientStore) DeleteClient(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()

	delete(s.clients, id)
	return nil
}

// completeClient is go-oidc's callback for a registration: it sets what a client
// may leave out.
func completeClient(_ context.Context, _ string, meta *goidc.ClientMeta) error {
	if meta.ScopeIDs == "" {
		meta.ScopeIDs = Scopes
	}
	if slices.Contains(meta.GrantTypes, goidc.GrantCIBA) && meta.CIBATokenDeliveryMode == "" {
		meta.CIBATokenDeliveryMode = goidc.CIBADeliveryModePoll
	}
	return nil
}

func copyClient(c goidc.Client) goidc.Client {
	c.RedirectURIs = slices.Clone(c.RedirectURIs)
	c.GrantTypes = slices.Clone(c.GrantTypes)
	c.ResponseTypes = slices.Clone(c.ResponseTypes)
	c.CustomAttributes = maps.Clone(c.CustomAttributes)
	return c
}
