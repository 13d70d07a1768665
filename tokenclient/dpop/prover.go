// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// This file implements the proofs of Demonstrating Proof of Possession (RFC 9449
// section 4).

// Package dpop binds tokens to a key: every request carries a proof, signed for
// it alone, that the client has the key (RFC 9449). A stolen token is useless
// without it.
//
// A [Prover] is given to tokenclient.Config.DPoP, which proves at the
// authorization server, and to Token.Authorize, which proves at an API.
package dpop

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-df263610/identitymodel/internal/jose"
)

// Config describes a [Prover]. The zero value is the default.
type Config struct {
	// Key signs the proofs; it may be in a KMS or an HSM, and must be safe for
	// concurrent use. RSA keys of fewer than 2048 bits are refused. Default: a new
	// key on P-256, which lives as long as the Prover. Tokens, and the refresh
	// tokens of public clients, are bound to the key: to keep them over a restart,
	// keep the key.
	Key crypto.Signer
	// Algorithm is ES256, ES384, EdDSA, PS256 or RS256. Default: what fits the key,
	// PS256 for RSA. RSA costs about thirty times as much as ES256.
	Algorithm string
}

// Prover makes proofs with one key, and remembers the nonce of each server. It is
// safe for concurrent use by multiple goroutines.
type Prover struct {
	state func() *state // a func: fmt follows pointers where a verb does not fit
}

type state struct {
	signer *jose.Signer
	header []byte // encoded
	nonces nonces
}

// NewProver returns a Prover. An error says what is wrong with the key.
func NewProver(config Config) (*Prover, error) {
	key := config.Key
	if key == nil {
		generated, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		key = generated
	}
	signer, err := jose.NewSigner(key, config.Algorithm)
	if err != nil {
		return nil, fmt.Errorf("dpop: %w", err)
	}
	header := `{"typ":"dpop+jwt","alg":"` + signer.Algorithm() + `","jwk":` + signer.PublicJWK() + `}`
	s := &state{signer: signer, header: jose.Header([]byte(header))}
	return &Prover{func() *state { return s }}, nil
}

// isZero reports a Prover that NewProver has not made.
func (p *Prover) isZero() bool { return p == nil || p.state == nil }

// Algorithm returns the alg of the proofs, or nothing for a Prover that NewProver
// has not made, which is of no use.
func (p *Prover) Algorithm() string {
	if p.isZero() {
		return ""
	}
	return p.state().signer.Algorithm()
}

// Thumbprint returns the SHA-256 thumbprint of the key, base64url-encoded (RFC
// 7638): the parameter dpop_jkt, and the jkt of the tokens. It is empty for a Prover
// that NewProver has not made.
func (p *Prover) Thumbprint() string {
	if p.isZero() {
		return ""
	}
	return p.state().signer.Thumbprint()
}

var (
	errMethod = errors.New("dpop: the method is not an HTTP method")
	errNonce  = errors.New("dpop: the nonce has characters that no nonce can have")
	errZero   = errors.New("dpop: the Prover has no key; NewProver makes one that has")
)

// Proof returns the value of the header DPoP for one request, which is sent once.
// It is for that method and URL, and carries the nonce of the URL's server when
// one is known. With an access token, as APIs want, it is bound to it (ath);
// without, as authorization servers want, the accessToken is empty.
//
// The error says what is wrong with the method, the URL or the Prover, or comes from
// the key.
func (p *Prover) Proof(method string, target *url.URL, accessToken string) (string, error) {
	if p.isZero() {
		return "", errZero
	}
	htu, origin, err := normalize(target)
	if err != nil {
		return "", err
	}
	s := p.state()
	return s.proof(method, htu, accessToken, s.nonces.get(origin))
}

// ProofWithNonce is [Prover.Proof] with that nonce instead of the one that is known
// of the URL's server, or without any when it is empty: for a request that is sent
// again because of a challenge, with the nonce of that challenge. Meanwhile the
// response to another request may have brought an older one.
func (p *Prover) ProofWithNonce(method string, target *url.URL, accessToken, nonce string) (string, error) {
	if p.isZero() {
		return "", errZero
	}
	htu, _, err := normalize(target)
	if err != nil {
		return "", err
	}
	if nonce != "" && !isNonce(nonce) {
		return "", errNonce
	}
	return p.state().proof(method, htu, accessToken, nonce)
}

func (s *state) proof(method, htu, accessToken, nonce string) (string, error) {
	if method == "" || strings.ContainsFunc(method, isNotMethod) {
		return "", errMethod
	}
	claims := make([]byte, 0, 256)
	claims = append(claims, `{"jti":"`...)
	claims = jose.AppendID(claims)
	claims = append(claims, `","htm":"`...)
	claims = append(claims, strings.ToUpper(method)...)
	claims = append(claims, `","htu":`...)
	claims = strconv.AppendQuote(claims, htu) // printable ASCII: the same in JSON
	claims = append(claims, `,"iat":`...)
	claims = strconv.AppendInt(claims, time.Now().Unix(), 10)
	if accessToken != "" {
		claims = append(claims, `,"ath":"`...)
		digest := sha256.Sum256([]byte(accessToken))
		claims = base64.RawURLEncoding.AppendEncode(claims, digest[:])
		claims = append(claims, '"')
	}
	if nonce != "" {
		claims = append(claims, `,"nonce":`...)
		claims = strconv.AppendQuote(claims, nonce)
	}
	return s.signer.Sign(s.header, append(claims, '}'))
}

func isNotMethod(r rune) bool { return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' }

// Remember takes the nonce from a response of the URL's server, whatever its
// status (RFC 9449 section 8.2), for the next proofs, and returns it. A header that
// is there twice, or has characters that no nonce can have, is ignored; then it
// returns nothing.
func (p *Prover) Remember(target *url.URL, header http.Header) (nonce string) {
	values := header.Values("DPoP-Nonce")
	if p.isZero() || len(values) != 1 || !isNonce(values[0]) {
		return ""
	}
	_, origin, err := normalize(target)
	if err != nil {
		return ""
	}
	p.state().nonces.put(strings.Clone(origin), values[0]) // keeps no path
	return values[0]
}

// Nonce returns the nonce that is known of the URL's server, or nothing. A request
// that was refused with use_dpop_nonce is worth sending again, once, with the nonce
// of the refusal, as Remember returns it, or when that has none with this one, if it
// is another one than its proof had: requests may be under way side by side, and any
// of their responses brings it.
func (p *Prover) Nonce(target *url.URL) string {
	_, origin, err := normalize(target)
	if err != nil || p.isZero() {
		return ""
	}
	return p.state().nonces.get(origin)
}

// isNonce reports whether a text has the characters of a nonce (RFC 9449 section
// 8.1, NQCHAR of RFC 6749 appendix A).
func isNonce(text string) bool {
	const longest = 4 << 10
	return text != "" && len(text) <= longest && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '"' || r == '\\'
	})
}
