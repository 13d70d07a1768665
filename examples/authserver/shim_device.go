// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// pacePolls is the shim for all that go-oidc leaves out of RFC 8628: it writes
// the interval, the lifetime and verification_uri_complete into the device
// authorization answer, answers slow_down to polls that come too fast, also to
// those of CIBA, and decides by itself if [Options.ApproveDeviceAfter] or
// [Options.ApproveBackchannelAfter] says so.
func (s *Server) pacePolls(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == deviceAuthorizationPath {
			s.authorizeDevice(w, r, next)
			return
		}
		if r.Method == http.MethodPost && r.URL.Path == tokenPath {
			r = withForm(r)
			switch r.PostForm.Get("grant_type") {
			case string(goidc.GrantDeviceCode):
				v := s.poll(w, r, next, s.devicePolls, "device_code")
				s.decideIf(v, s.ApproveDevice)
				return
			case string(goidc.GrantCIBA):
				v := s.poll(w, r, next, s.backchannelPolls, "auth_req_id")
				s.decideIf(v, s.decideByPolls)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// authorizeDevice rewrites the device authorization answer.
func (s *Server) authorizeDevice(w http.ResponseWriter, r *http.Request, next http.Handler) {
	a := ask(next, r)
	a.change(func(members map[string]json.RawMessage) {
		var deviceCode, userCode, page string
		_ = json.Unmarshal(members["device_code"], &deviceCode)
		_ = json.Unmarshal(members["user_code"], &userCode)
		_ = json.Unmarshal(members["verification_uri"], &page)

		s.devicePolls.start(deviceCode, userCode, time.Now())
		members["interval"] = jsonValue(seconds(s.opts.DeviceInterval))
		members["expires_in"] = jsonValue(seconds(s.opts.DeviceLifetime))
		members["verification_uri_complete"] = jsonValue(page + "?user_code=" + userCode)
	})
	a.send(w)
}

// poll lets go-oidc answer a poll, and turns authorization_pending into
// slow_down if the poll came too fast.
func (s *Server) poll(w http.ResponseWriter, r *http.Request, next http.Handler, polls *polls, parameter string) verdict {
	now := time.Now()
	a := ask(next, r)
	if a.errorCode() != string(goidc.ErrorCodeAuthPending) {
		a.send(w)
		return verdict{}
	}
	v := polls.pending(r.PostForm.Get(parameter), now)
	if v.tooFast {
		writeError(w, http.StatusBadRequest, string(goidc.ErrorCodeSlowDown), "poll less often")
		return v
	}
	a.send(w)
	return v
}

// decideIf decides instead of a user, when it is time to.
func (s *Server) decideIf(v verdict, decide func(string) error) {
	if !v.approve {
		return
	}
	if err := decide(v.decideBy); err != nil {
		s.log.Info("automatic decision", "error", err)
	}
}
