// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package dpop

import (
	"slices"
	"sync"
)

// maxOrigins is how many servers' nonces are kept: those heard from last.
const maxOrigins = 100

// nonces are the nonces of servers, by origin.
type nonces struct {
	mu     sync.RWMutex
	values map[string]string
	order  []string // the origin that was heard from longest ago first
}

func (n *nonces) get(origin string) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.values[origin]
}

// put keeps a nonce.
func (n *nonces) put(origin, nonce string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.values == nil {
		n.values = make(map[string]string)
	}
	if at := slices.Index(n.order, origin); at >= 0 {
		n.order = slices.Delete(n.order, at, at+1)
	} else if len(n.order) == maxOrigins {
		delete(n.values, n.order[0])
		n.order = slices.Delete(n.order, 0, 1)
	}
	n.order = append(n.order, origin)
	n.values[origin] = nonce
}
