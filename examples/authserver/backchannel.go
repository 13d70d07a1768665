// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"context"
	"errors"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// maxBindingMessage is how long a binding message may be.
const maxBindingMessage = 64

// errAuthRequest is what ApproveBackchannel and DenyBackchannel return.
var errAuthRequest = errors.New("authserver: no user is asked by this auth_req_id")

// ApproveBackchannel lets the user of a CIBA request in, as if the user had
// agreed on the phone. It returns an error if the auth_req_id is unknown, expired
// or already decided.
func (s *Server) ApproveBackchannel(authRequestID string) error {
	return s.decideBackchannel(authRequestID, func(ctx context.Context) error {
		return s.provider.GrantCIBARequest(ctx, authRequestID)
	})
}

// DenyBackchannel refuses a CIBA request. It returns an error if the auth_req_id
// is unknown, expired or already decided.
func (s *Server) DenyBackchannel(authRequestID string) error {
	return s.decideBackchannel(authRequestID, func(ctx context.Context) error {
		return s.provider.DenyCIBARequest(ctx, authRequestID, goidc.NewError(goidc.ErrorCodeAccessDenied, "the user refused"))
	})
}

// decideBackchannel decides once: go-oidc would take a decision back.
func (s *Server) decideBackchannel(authRequestID string, decide func(context.Context) error) error {
	s.deciding.Lock()
	defer s.deciding.Unlock()

	ctx := context.Background()
	as, err := s.store.SessionByAuthReqID(ctx, authRequestID)
	if err != nil || as.Status != goidc.StatusPending || int(time.Now().Unix()) >= as.ExpiresAt {
		return errAuthRequest
	}
	return decide(ctx)
}

// decideByPolls is what [Options.ApproveBackchannelAfter] does: the login_hint
// "deny" refuses, and every other user agrees.
func (s *Server) decideByPolls(authRequestID string) error {
	as, err := s.store.SessionByAuthReqID(context.Background(), authRequestID)
	if err == nil && as.LoginHint == denyHint {
		return s.DenyBackchannel(authRequestID)
	}
	return s.ApproveBackchannel(authRequestID)
}

// ringUser is go-oidc's callback for a CIBA request: it finds the user, and would
// ring a phone.
func (s *Server) ringUser(_ context.Context, as *goidc.AuthnSession, _ *goidc.Client) error {
	name := as.LoginHint
	if name == "" {
		name, _ = as.IDTokenHintClaims[goidc.ClaimSubject].(string)
	}
	if _, known := findUser(name); !known && name != denyHint {
		return goidc.NewError(goidc.ErrorCodeUnknownUserID, "no user is known by this hint")
	}
	if len(as.BindingMessage) > maxBindingMessage {
		return goidc.NewError(goidc.ErrorCodeInvalidBindingMessage, "the message is too long for a phone")
	}
	s.backchannelPolls.start(as.AuthReqID, as.AuthReqID, time.Now())
	as.Status = goidc.StatusPending
	_, err := decide(as, name)
	return err
}
