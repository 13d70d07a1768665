// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// metadata is what a program needs of OpenID Connect Discovery 1.0 section 3.
type metadata struct {
	Issuer        string `json:"issuer"`
	Token         string `json:"token_endpoint"`
	Authorization string `json:"authorization_endpoint"`
	Device        string `json:"device_authorization_endpoint"`
}

func (m metadata) endpoints() tokenclient.Endpoints {
	return tokenclient.Endpoints{Token: m.Token, Authorization: m.Authorization, DeviceAuthorization: m.Device}
}

// fetchMetadata reads the metadata of an issuer, by hand.
func fetchMetadata(ctx context.Context, issuer string) (metadata, error) {
	if parsed, err := url.Parse(issuer); err != nil || parsed.Scheme != "https" && !isLoopback(parsed) {
		return metadata{}, fmt.Errorf("-issuer must be an https URL, or http on a loopback address, not %q", issuer)
	}
	found, err := readMetadata(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
	if err == nil && found.Issuer != issuer {
		err = fmt.Errorf("the document is that of the issuer %q", found.Issuer)
	}
	if err != nil {
		return metadata{}, fmt.Errorf("metadata of %s: %w", issuer, err)
	}
	return found, nil
}

// readMetadata gets the document; it follows no redirect, because the address
// is the proof of who wrote it.
func readMetadata(ctx context.Context, address string) (metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return metadata{}, err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("a redirect is not followed")
	}}
	response, err := client.Do(request)
	if err != nil {
		return metadata{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return metadata{}, fmt.Errorf("status %d", response.StatusCode)
	}
	var found metadata
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&found)
	return found, err
}

// isLoopback reports whether plain http may be used: nobody else listens.
func isLoopback(address *url.URL) bool {
	host := address.Hostname()
	return address.Scheme == "http" && (host == "localhost" || net.ParseIP(host).IsLoopback())
}
