// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"net/http"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// denyHint is the login_hint that the automatic policy refuses.
const denyHint = "deny"

// authenticate is the policy of go-oidc: it decides about an authorization
// request or a device, or shows a page and decides on the next request.
func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, as *goidc.AuthnSession, c *goidc.Client) (goidc.Status, error) {
	if as.Status != goidc.StatusPending {
		// go-oidc would make a second grant for the same device code.
		return goidc.StatusFailure, goidc.NewError(goidc.ErrorCodeInvalidRequest, "this request was already decided")
	}
	if d := decisionFrom(r.Context()); d != nil {
		d.reached = true
		return decide(as, d.user)
	}

	isDevice := as.DeviceCode != ""
	if !isDevice && !s.opts.Interactive {
		return decide(as, automaticUser(as.LoginHint))
	}
	if as.Prompt == goidc.PromptTypeNone {
		return goidc.StatusFailure, goidc.NewError(goidc.ErrorCodeLoginRequired, "the user must log in")
	}

	page := consentPage{
		Action: authorizePath + "/" + as.ID, Client: c.ID, Scopes: as.Scopes,
		AskLogin: s.opts.Interactive, UserCode: as.UserCode,
	}
	if isDevice {
		page.Action = devicePath + "/" + as.ID
	}
	return page.answer(w, r, as)
}

// automaticUser is who approves when nobody is asked, or "" to refuse.
func automaticUser(loginHint string) string {
	if loginHint == denyHint {
		return ""
	}
	if _, ok := findUser(loginHint); ok {
		return loginHint
	}
	return Alice
}

// decide approves everything that was asked for as user; no user refuses.
func decide(as *goidc.AuthnSession, user string) (goidc.Status, error) {
	if user == "" {
		return goidc.StatusFailure, goidc.NewError(goidc.ErrorCodeAccessDenied, "the user refused")
	}
	as.Subject, as.Username = user, user
	as.GrantedScopes = as.Scopes
	as.GrantedResources = as.Resources
	as.GrantedAuthDetails = as.AuthDetails
	return goidc.StatusSuccess, nil
}

// answer does what the buttons of the page say, or shows the page.
func (p consentPage) answer(w http.ResponseWriter, r *http.Request, as *goidc.AuthnSession) (goidc.Status, error) {
	switch r.PostFormValue("decision") {
	case "deny":
		return decide(as, "")
	case "allow":
		if !p.AskLogin {
			return decide(as, Alice)
		}
		name := r.PostFormValue("username")
		if login(name, r.PostFormValue("password")) {
			return decide(as, name)
		}
		p.Error = "Wrong user name or password."
	}
	if err := render(w, http.StatusOK, "consent", p); err != nil {
		return goidc.StatusFailure, err
	}
	return goidc.StatusPending, nil
}
