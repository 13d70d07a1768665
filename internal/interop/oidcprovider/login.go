// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// AnswerError says that the server answered a browser with a page instead of a
// redirect to the client: an error page when it cannot trust the redirect URI,
// a login page when it is interactive.
type AnswerError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Code is the OAuth error code, empty if the page shows no error.
	Code string
	// Description is the error_description of the page.
	Description string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("oidcprovider: the server answered %d %s: %s", e.StatusCode, e.Code, e.Description)
}

// Login goes through the authorization request as a new browser would: it
// follows the redirects with cookies and returns the first one that leads away
// from the server, without following it. That is the callback of the client with
// a code or an error in it. If the server answers with a page, the error is an
// [*AnswerError].
func (s *Server) Login(ctx context.Context, authorizeURL string) (*url.URL, error) {
	response, body, err := s.newBrowser().get(ctx, authorizeURL)
	if err != nil {
		return nil, err
	}
	if location, err := response.Location(); err == nil {
		return location, nil
	}

	answer := &AnswerError{StatusCode: response.StatusCode}
	answer.Code, answer.Description, _ = strings.Cut(complaint(body), ": ")
	return nil, answer
}

// ApproveDevice opens the verification_uri_complete of a device authorization as
// a new browser would, and confirms it.
func (s *Server) ApproveDevice(ctx context.Context, verificationURIComplete string) error {
	return s.answerDevice(ctx, verificationURIComplete, url.Values{}, `id="success"`)
}

// DenyDevice opens the verification_uri_complete of a device authorization as a
// new browser would, and aborts it.
func (s *Server) DenyDevice(ctx context.Context, verificationURIComplete string) error {
	return s.answerDevice(ctx, verificationURIComplete, url.Values{"abort": {"yes"}}, "the interaction was aborted")
}

func (s *Server) answerDevice(ctx context.Context, verificationURIComplete string, answer url.Values, expected string) error {
	browser := s.newBrowser()
	response, page, err := browser.get(ctx, verificationURIComplete)
	if err != nil {
		return err
	}
	// The first page is a form that a browser's JavaScript submits at once.
	response, page, err = browser.submit(ctx, response, page, nil)
	if err != nil {
		return err
	}
	if !strings.Contains(string(page), `id="op.deviceConfirmForm"`) {
		return fmt.Errorf("oidcprovider: the server does not accept the user code: %s", complaint(page))
	}
	_, page, err = browser.submit(ctx, response, page, answer)
	if err != nil {
		return err
	}
	if !strings.Contains(string(page), expected) {
		return fmt.Errorf("oidcprovider: the server did not take the answer: %s", complaint(page))
	}
	return nil
}

// browser is an HTTP client with cookies that stays on the server.
type browser struct {
	client *http.Client
}

func (s *Server) newBrowser() browser {
	const maxRedirects = 20

	client := s.HTTPClient()
	client.Jar, _ = cookiejar.New(nil) // never fails
	client.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		if !s.serves(request.URL) {
			return http.ErrUseLastResponse
		}
		if len(via) >= maxRedirects {
			return errors.New("too many redirects")
		}
		return nil
	}
	return browser{client}
}

func (s *Server) serves(address *url.URL) bool {
	base := address.Scheme + "://" + address.Host
	return base == s.process.announced.HTTP || base == s.process.announced.HTTPS
}

func (b browser) get(ctx context.Context, address string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("oidcprovider: %w", err)
	}
	return b.do(request)
}

func (b browser) do(request *http.Request) (*http.Response, []byte, error) {
	response, err := b.client.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("oidcprovider: %w", err)
	}
	defer response.Body.Close()

	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("oidcprovider: read page: %w", err)
	}
	return response, body, nil
}

var (
	formAction = regexp.MustCompile(`<form\s[^>]*action="([^"]*)"`)
	inputTag   = regexp.MustCompile(`<input\s[^>]*>`)
	inputName  = regexp.MustCompile(`\sname="([^"]*)"`)
	inputValue = regexp.MustCompile(`\svalue="([^"]*)"`)
	errorText  = regexp.MustCompile(`<p id="error">([^<]*)</p>`)
)

// submit posts the form on the page with the values added to its own.
func (b browser) submit(ctx context.Context, from *http.Response, page []byte, added url.Values) (*http.Response, []byte, error) {
	action := formAction.FindSubmatch(page)
	if action == nil {
		return nil, nil, fmt.Errorf("oidcprovider: no form on the page, status %d: %s", from.StatusCode, complaint(page))
	}
	target, err := from.Request.URL.Parse(html.UnescapeString(string(action[1])))
	if err != nil {
		return nil, nil, fmt.Errorf("oidcprovider: %w", err)
	}

	values := url.Values{}
	for _, tag := range inputTag.FindAll(page, -1) {
		name, value := inputName.FindSubmatch(tag), inputValue.FindSubmatch(tag)
		if name != nil && value != nil {
			values.Set(string(name[1]), html.UnescapeString(string(value[1])))
		}
	}
	for name := range added {
		values.Set(name, added.Get(name))
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	if err != nil {
		return nil, nil, fmt.Errorf("oidcprovider: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(request)
}

// complaint returns what the page says is wrong, if anything.
func complaint(page []byte) string {
	if text := errorText.FindSubmatch(page); text != nil {
		return html.UnescapeString(string(text[1]))
	}
	return ""
}
