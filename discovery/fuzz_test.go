// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package discovery_test

import (
	"crypto/elliptic"
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/discovery"
)

// FuzzMetadata: what the strictest policy takes has the issuer that was asked for,
// and its endpoints on the host of the issuer.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `{}`, `{"issuer":1}`, document(issuer).text(), document(issuer + "/").text(), "\ufeff" + document(issuer).text(),
		document(issuer).with("mtls_endpoint_aliases", object{"token_endpoint": issuer + "/mtls"}).text(),
		document(issuer).with("mtls_endpoint_aliases", []any{object{"a": 1}}).text(),
		document(issuer).with("x_endpoint", "https://as.example@evil.example").text(), document(issuer).with("\x00endpoint", "http://[::1").text(),
		document(issuer).with("request_parameter_supported", "TRUE").with("scopes_supported", []any{"a", 1}).text(),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := discovery.Fetch(t.Context(), issuer, discovery.Options{HTTPClient: anywhere(body)})
		if err != nil {
			found := failure(t, err)
			assert.Equal(t, found.Kind == discovery.KindPolicy, len(found.Violations) > 0)
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		assert.Equal(t, issuer, got.Issuer)
		for _, endpoint := range []string{got.TokenEndpoint, got.AuthorizationEndpoint, got.JWKSURI, got.MTLSEndpointAliases.TokenEndpoint} {
			parsed, err := url.Parse(endpoint)
			require.NoError(t, err)
			if endpoint != "" {
				assert.Equal(t, "https", parsed.Scheme)
				assert.True(t, strings.EqualFold("as.example", parsed.Hostname()) && (parsed.Port() == "" || parsed.Port() == "443"), endpoint)
				assert.Nil(t, parsed.User)
			}
		}
		assert.Equal(t, body, got.Raw())
		assert.NotEmpty(t, got.TokenEndpointAuthMethods())
	})
}

// FuzzKeySet: nothing is both used and skipped, and what is used is usable.
func FuzzKeySet(f *testing.F) {
	for _, seed := range []string{
		``, `null`, keySet(), keySet("null", "1", theRSA), keySet(ecKey("a"), edJWK().text(), ecJWK(elliptic.P384()).text()), keySet(rsaJWK(1024).text()),
		keySet(`{"kty":"oct","k":"AAAA","key_ops":["verify"],"kid":"a","alg":"HS256","use":"sig","x5c":["AAAA"],"x5u":"https://a"}`),
		keySet(`{"kty":"oct","k":""}`, `{"kty":"oct","k":"\n"}`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		set, err := discovery.ParseKeySet(body)
		if err != nil {
			assert.Equal(t, discovery.KindMalformed, failure(t, err).Kind)
			return
		}
		var reference struct{ Keys []any }
		require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &reference))
		assert.LessOrEqual(t, len(set.Keys), discovery.MaxKeys)
		for _, key := range set.Keys {
			assert.NotEmpty(t, key.Material())
			assert.Contains(t, []string{"RSA", "EC", "OKP", "oct"}, key.Type)
			assert.True(t, key.Bits >= 256 || key.Type == "oct" && key.Bits > 0)
			assert.Equal(t, key.Type == "oct", key.Thumbprint == "")
		}
		assert.LessOrEqual(t, len(set.Find("", "")), len(set.Keys))
	})
}

// FuzzAddress: whatever address is accepted, all that is sent goes to it, by https
// or to the loopback interface.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"", issuer, "http://localhost/a", "http://127.0.0.1:1", "http://[::1]", "http://2130706433", "http://0x7f.1", "http://127.1",
		"https://as.example/a%2Fb?c=d#e", "https://as.example@evil", "http://localhost@evil.example", "http://localhost\\.evil.example",
		issuer + openIDPath, issuer + openIDPath + "/a", issuer + "/.well-known/oauth-authorization-server/a", "https://[fe80::1%25en0]/", "http://ſ",
		issuer + "/.well-known/oauth-protected-resource/a", "HTTP://LOCALHOST.", "http://127.0.0.1.nip.io", "https://a:b", "https://as.example:",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		network := new(fake)
		options := discovery.Options{HTTPClient: network.client()}
		_, err := discovery.Fetch(t.Context(), address, options)
		require.Error(t, err)
		_, err = discovery.FetchResource(t.Context(), address, options)
		require.Error(t, err)
		for _, sent := range network.urls() {
			parsed, err := url.Parse(sent)
			require.NoError(t, err)
			given, err := url.Parse(address)
			require.NoError(t, err)
			assert.Equal(t, given.Host, parsed.Host)
			assert.Nil(t, parsed.User)
			assert.Empty(t, parsed.Fragment)
			if parsed.Scheme != "https" {
				ip := net.ParseIP(parsed.Hostname())
				assert.True(t, strings.EqualFold(parsed.Hostname(), "localhost") || ip != nil && ip.IsLoopback(), sent)
			}
		}
	})
}

// FuzzCacheControl: whatever it says, a document is kept between a minute and a day.
func FuzzCacheControl(f *testing.F) {
	for _, seed := range []string{"", "max-age=3600", `max-age="60"`, "no-store", "max-age=-1", "max-age=1e9", ",,=,", "MAX-AGE = 5", "private=\"a,max-age=1\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		synctest.Test(t, func(t *testing.T) {
			network := newScripted()
			network.now.header = []string{"Cache-Control", header}
			cache := newCache(t, issuer, network.options())
			for _, wait := range []time.Duration{0, time.Minute - 1, 24 * time.Hour} {
				pass(wait)
				_, err := cache.Get(t.Context())
				require.NoError(t, err)
				assert.Equal(t, 1+int(wait/(24*time.Hour)), network.count())
			}
		})
	})
}
