// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package authserver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

// answer is a [http.ResponseWriter] that keeps the answer of go-oidc, so that
// a shim can change it before it is sent.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func newAnswer() *answer {
	return &answer{header: http.Header{}, status: http.StatusOK}
}

// ask lets the handler answer into memory.
func ask(h http.Handler, r *http.Request) *answer {
	a := newAnswer()
	h.ServeHTTP(a, r)
	return a
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// errorCode returns the OAuth error code, or "".
func (a *answer) errorCode() string {
	var body struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(a.body.Bytes(), &body) != nil {
		return ""
	}
	return body.Error
}

// change edits a JSON object with status 200. Any other answer stays as it is.
func (a *answer) change(edit func(members map[string]json.RawMessage)) {
	var members map[string]json.RawMessage
	if a.status != http.StatusOK || json.Unmarshal(a.body.Bytes(), &members) != nil {
		return
	}
	edit(members)
	if body, err := json.Marshal(members); err == nil {
		a.body.Reset()
		a.body.Write(body)
	}
}

// send writes the answer to the client.
func (a *answer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}

// jsonValue encodes a string, a number or a list of strings, which cannot fail.
func jsonValue(v any) json.RawMessage {
	raw, _ := json.Marshal(v) //nolint:errchkjson // only plain values come here
	return raw
}

// writeError answers like go-oidc does.
func writeError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache, no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": description})
}

// headerHook calls hook with the status, before the header is sent.
type headerHook struct {
	http.ResponseWriter
	hook func(status int)
	done bool
}

func (h *headerHook) WriteHeader(status int) {
	if !h.done {
		h.done = true
		h.hook(status)
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *headerHook) Write(p []byte) (int, error) {
	if !h.done {
		h.WriteHeader(http.StatusOK)
	}
	return h.ResponseWriter.Write(p)
}
