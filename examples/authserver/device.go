// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// errUserCode is what ApproveDevice and DenyDevice return.
var errUserCode = errors.New("authserver: no device waits with this user code")

// ApproveDevice approves, as alice, the device that shows userCode. It returns
// an error if the code is unknown, expired or already decided.
func (s *Server) ApproveDevice(userCode string) error {
	return s.decideDevice(userCode, Alice)
}

// DenyDevice refuses the device that shows userCode. It returns an error if
// the code is unknown, expired or already decided.
func (s *Server) DenyDevice(userCode string) error {
	return s.decideDevice(userCode, "")
}

// decision is what the policy does instead of showing a page.
type decision struct {
	user    string // empty to refuse
	reached bool   // the policy met the decision
}

type decisionKey struct{}

// decisionFrom returns the decision that came with the request, or nil.
func decisionFrom(ctx context.Context) *decision {
	d, _ := ctx.Value(decisionKey{}).(*decision)
	return d
}

// decideDevice opens go-oidc's verification page with the decision made:
// go-oidc has no function for it.
func (s *Server) decideDevice(userCode, user string) error {
	d := &decision{user: user}
	ctx := context.WithValue(context.Background(), decisionKey{}, d)
	target := s.issuer + devicePath + "?" + url.Values{"user_code": {userCode}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	want := http.StatusOK
	if user == "" {
		want = http.StatusForbidden // go-oidc's status for access_denied
	}
	if a := ask(s.oidc, r); !d.reached || a.status != want {
		return errUserCode
	}
	return nil
}
