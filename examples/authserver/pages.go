// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

//go:embed pages.html
var pageFiles embed.FS

// consentPage is the data of the page that asks to log in and to allow.
type consentPage struct {
	Action   string // where the form goes
	Client   string
	Scopes   string
	UserCode string // of the device; empty for an authorization request
	AskLogin bool
	Error    string
}

// errorPage is the data of the page for an error that has no redirect URI.
type errorPage struct{ Code, Description string }

// renderError shows an error of the authorization endpoint or the device page.
func renderError(w http.ResponseWriter, _ *http.Request, err error) error {
	oidcErr := goidc.NewError(goidc.ErrorCodeInternalError, "internal error")
	errors.As(err, &oidcErr)
	return render(w, oidcErr.StatusCode(), "error", errorPage{string(oidcErr.Code), oidcErr.Description})
}

// promptUserCode asks for the user code when the link had none or a wrong one.
func promptUserCode(w http.ResponseWriter, r *http.Request) error {
	wrong := r.URL.Query().Get("user_code") != ""
	return render(w, http.StatusOK, "user_code", wrong)
}

// renderDeviceConfirmation says that the device was approved.
func renderDeviceConfirmation(w http.ResponseWriter, _ *http.Request) error {
	return render(w, http.StatusOK, "approved", nil)
}

// render writes one of the templates in pages.html.
func render(w http.ResponseWriter, status int, name string, data any) error {
	pages, err := template.ParseFS(pageFiles, "pages.html")
	if err != nil {
		return fmt.Errorf("parsing the pages: %w", err)
	}
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		return fmt.Errorf("rendering the page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, err = w.Write(page.Bytes())
	return err
}
