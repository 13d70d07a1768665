// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package verified_test

import (
	"crypto"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/dpop"
)

const (
	groupDPoP  = "DPoP"
	addedNonce = "the required DPoP nonce"
)

func dpopRows() []row {
	added := map[string]string{keyGoOIDC: addedNonce}
	unknown := map[string]string{keyOIDCProvider: unknownAlgorithm}
	return []row{
		proofRow(keyP256, "ES256", nil),
		proofRow(keyP384, "ES384", unknown),
		proofRow(keyEd25519, "EdDSA", nil),
		proofRow(keyRSA, "PS256", unknown),
		{group: groupDPoP, name: "nonce required: authorization_code and refresh_token, public client", check: checkBoundLogin, added: added},
		{group: groupDPoP, name: "nonce required: pushed login and its code, private_key_jwt", check: checkBoundPushed, added: added},
		{group: groupDPoP, name: "nonce required: UserInfo, by GetUserInfo and by Token.Authorize", check: checkBoundUserInfo, added: added},
		{
			group: groupDPoP, name: "nonce required: 50 requests at once, before the nonce is known",
			check: checkBoundAtOnce, added: added, alone: true,
		},
		{group: groupDPoP, name: "device_code", check: checkBoundDevice, added: map[string]string{keyGoOIDC: addedDevice}},
		{group: groupDPoP, name: "ciba", check: checkBoundBackchannel},
		{
			group: groupDPoP, name: "refused: a proof sent twice, to the token endpoint and to UserInfo", check: checkReplayedProof,
			added: map[string]string{keyGoOIDC: addedReplay},
		},
		{group: groupDPoP, name: "refused: bound token without a proof, with another key's proof", check: checkStolenToken},
		{group: groupDPoP, name: "refused: code with another key than its dpop_jkt", check: checkStolenCode},
		{group: groupDPoP, name: "refused: refresh with another key, public client", check: checkStolenRefresh},
		{group: groupDPoP, name: "refused by the client: a Bearer token although there was a proof", check: checkDowngrade},
		{group: groupDPoP, name: "AllowBearer: an unbound token is accepted, and used as its type says", check: checkAllowBearer},
	}
}

func newProver(t *testing.T, key crypto.Signer, algorithm string) *dpop.Prover {
	t.Helper()
	prover, err := dpop.NewProver(dpop.Config{Key: key, Algorithm: algorithm})
	require.NoError(t, err)
	return prover
}

// boundClient proves with a new key. It is noted how many requests are sent.
func (k *keyed) boundClient(t *testing.T, p party) (client *tokenclient.Client, prover *dpop.Prover, sent *counter) {
	t.Helper()
	prover, sent = newProver(t, nil, ""), &counter{}
	config := k.config(p)
	config.DPoP, config.HTTPClient = prover, &http.Client{Transport: sent}
	return newClient(t, config), prover, sent
}

// requireBound checks a token, and asks what it is bound to.
func (k *keyed) requireBound(t *testing.T, prover *dpop.Prover, got *tokenclient.TokenResponse, err error) {
	t.Helper()
	require.NoError(t, err)
	assert.NotEmpty(t, got.AccessToken)
	assert.Equal(t, tokenclient.TokenTypeDPoP, got.TokenType)
	assert.Equal(t, prover.Thumbprint(), k.introspect(t, k.basic, got.AccessToken).Field("cnf").Get("jkt").String())
}

// proofRow is about client_credentials with a key of one kind. Once the nonce is
// known, one request is enough.
func proofRow(id, algorithm string, without map[string]string) row {
	return row{
		group: groupDPoP, name: "nonce required: client_credentials, " + algorithm,
		without: without, added: map[string]string{keyGoOIDC: addedNonce},
		check: func(t *testing.T, s *server) {
			k, sent := s.keyed, &counter{}
			config := k.config(k.basic)
			config.DPoP, config.HTTPClient = newProver(t, k.signingKeys[id], algorithm), &http.Client{Transport: sent}
			client := newClient(t, config)
			for _, requests := range []int64{2, 3} {
				got, err := client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
				assert.Equal(t, requests, sent.sent.Load())
				k.requireBound(t, config.DPoP, got, err)
			}
		},
	}
}

func checkBoundAtOnce(t *testing.T, s *server) {
	const atOnce = 50
	client, _, _ := s.keyed.boundClient(t, s.keyed.basic)
	failures := make([]error, atOnce)
	var group sync.WaitGroup
	for i := range atOnce {
		group.Go(func() {
			_, failures[i] = client.RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
		})
	}
	group.Wait()
	for _, failure := range failures {
		require.NoError(t, failure)
	}
}

// redeemBound goes through a login and returns the tokens.
func (k *keyed) redeemBound(t *testing.T, client *tokenclient.Client, prover *dpop.Prover, sent tokenclient.AuthorizeRequest) *tokenclient.TokenResponse {
	t.Helper()
	address, err := client.AuthorizeURL(sent)
	require.NoError(t, err)
	back, err := client.ParseAuthorizeResponse(k.login(t, address), sent)
	require.NoError(t, err)
	got, err := client.RequestAuthorizationCodeToken(t.Context(), back.TokenRequest())
	k.requireBound(t, prover, got, err)
	return got
}

func checkBoundLogin(t *testing.T, s *server) {
	client, prover, sent := s.keyed.boundClient(t, s.keyed.public)
	login := tokenclient.NewAuthorizeRequest(loginScope, redirectURI)
	address, err := client.AuthorizeURL(login)
	require.NoError(t, err)
	assert.Contains(t, address, "dpop_jkt="+prover.Thumbprint())
	got := s.keyed.redeemBound(t, client, prover, login)
	assert.EqualValues(t, 2, sent.sent.Load(), "the code is sent again, with the nonce")

	for range 2 {
		got, err = client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: got.RefreshToken})
		s.keyed.requireBound(t, prover, got, err)
	}
	assert.EqualValues(t, 4, sent.sent.Load())
}

func checkBoundPushed(t *testing.T, s *server) {
	k, sent := s.keyed, &counter{}
	config := k.signingConfig(keyP256, "ES256")
	config.DPoP, config.HTTPClient = newProver(t, nil, ""), &http.Client{Transport: sent}
	client := newClient(t, config)
	login := push(t, client)
	assert.EqualValues(t, 2, sent.sent.Load(), "pushed again, with the nonce, a new proof and a new assertion")
	got := k.redeemBound(t, client, config.DPoP, login)
	got, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: got.RefreshToken})
	k.requireBound(t, config.DPoP, got, err)
	assert.EqualValues(t, 4, sent.sent.Load())
}

// userToken logs the user in with a scope that is for UserInfo only.
func (k *keyed) userToken(t *testing.T, client *tokenclient.Client, prover *dpop.Prover) *tokenclient.TokenResponse {
	t.Helper()
	return k.redeemBound(t, client, prover, tokenclient.NewAuthorizeRequest(userScope, redirectURI))
}

func checkBoundUserInfo(t *testing.T, s *server) {
	k := s.keyed
	config, prover := k.config(k.public), newProver(t, k.signingKeys[keyP256], "")
	config.DPoP = prover
	client := newClient(t, config)
	token := k.userToken(t, client, prover)
	got, err := client.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token.AccessToken, Subject: k.user})
	require.NoError(t, err)
	assert.Equal(t, k.user, got.Subject)

	// A program that has kept the key knows no nonce.
	restarted, sent := k.config(k.public), &counter{}
	restarted.DPoP, restarted.HTTPClient = newProver(t, k.signingKeys[keyP256], ""), &http.Client{Transport: sent}
	got, err = newClient(t, restarted).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token.AccessToken, Subject: k.user})
	require.NoError(t, err)
	assert.Equal(t, k.user, got.Subject)
	assert.EqualValues(t, 2, sent.sent.Load(), "sent again, with the nonce")

	byHand := newProver(t, k.signingKeys[keyP256], "")
	for _, want := range []int{http.StatusUnauthorized, http.StatusOK} {
		request := k.userInfoRequest(t)
		require.NoError(t, token.Token().Authorize(request, byHand))
		response := send(t, request)
		assert.Equal(t, want, response.StatusCode)
		byHand.Remember(request.URL, response.Header)
		assert.NotEmpty(t, byHand.Nonce(request.URL))
	}
}

func (k *keyed) userInfoRequest(t *testing.T) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, k.metadata.UserInfoEndpoint, nil)
	require.NoError(t, err)
	return request
}

// send sends a request by hand.
func send(t *testing.T, request *http.Request) *http.Response {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func checkBoundDevice(t *testing.T, s *server) {
	client, prover, _ := s.keyed.boundClient(t, s.keyed.public)
	device := startDevice(t, client)
	require.NoError(t, s.keyed.approveDevice(t.Context(), device))
	got, err := client.PollDeviceToken(t.Context(), device.TokenRequest())
	s.keyed.requireBound(t, prover, got, err)
}

func checkBoundBackchannel(t *testing.T, s *server) {
	client, prover, _ := s.keyed.boundClient(t, s.keyed.basic)
	request, err := client.RequestBackchannelAuthentication(t.Context(), tokenclient.BackchannelAuthenticationRequest{
		Scope: loginScope, LoginHint: s.keyed.user,
	})
	require.NoError(t, err)
	got, err := client.PollBackchannelAuthenticationToken(t.Context(), request.TokenRequest())
	s.keyed.requireBound(t, prover, got, err)
}

func checkReplayedProof(t *testing.T, s *server) {
	k := s.keyed
	client, prover, _ := k.boundClient(t, k.public)
	token := k.userToken(t, client, prover) // and the nonce is known now

	endpoint, err := url.Parse(k.metadata.TokenEndpoint)
	require.NoError(t, err)
	proof, err := prover.Proof(http.MethodPost, endpoint, "")
	require.NoError(t, err)
	request := func() *http.Request {
		form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint.String(), strings.NewReader(form.Encode()))
		require.NoError(t, err)
		request.SetBasicAuth(k.basic.id, k.basic.secret)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("DPoP", proof)
		return request
	}
	assert.Equal(t, http.StatusOK, send(t, request()).StatusCode)
	assert.Equal(t, http.StatusBadRequest, send(t, request()).StatusCode)

	api := k.userInfoRequest(t)
	require.NoError(t, token.Token().Authorize(api, prover))
	assert.Equal(t, http.StatusOK, send(t, api).StatusCode)
	assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, send(t, api.Clone(t.Context())).StatusCode)
}

func checkStolenToken(t *testing.T, s *server) {
	k := s.keyed
	client, prover, _ := k.boundClient(t, k.public)
	token := k.userToken(t, client, prover).AccessToken
	stranger, _, _ := k.boundClient(t, k.public)
	for name, thief := range map[string]*tokenclient.Client{
		"as a Bearer token": k.client(t, k.public),
		"with another key":  stranger,
	} {
		got, err := thief.GetUserInfo(t.Context(), tokenclient.UserInfoRequest{AccessToken: token, AllowAnySubject: true})
		var refused *tokenclient.Error
		require.ErrorAs(t, err, &refused, name)
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, refused.StatusCode, name)
		assert.Empty(t, got.Claims, name)
	}

	bare := k.userInfoRequest(t)
	bare.Header.Set("Authorization", "DPoP "+token)
	assert.Contains(t, []int{http.StatusBadRequest, http.StatusUnauthorized}, send(t, bare).StatusCode)
}

// requireStolen checks what the token endpoint says to another key; the standard
// leaves the code to the server.
func requireStolen(t *testing.T, got *tokenclient.TokenResponse, err error) {
	t.Helper()
	var refused *tokenclient.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, tokenclient.KindProtocol, refused.Kind)
	assert.Equal(t, http.StatusBadRequest, refused.StatusCode)
	assert.Contains(t, []tokenclient.ErrorCode{
		tokenclient.ErrInvalidGrant, tokenclient.ErrInvalidRequest, tokenclient.ErrInvalidDPoPProof,
	}, refused.Code)
	assert.Empty(t, got.AccessToken)
}

func checkStolenCode(t *testing.T, s *server) {
	client, _, _ := s.keyed.boundClient(t, s.keyed.public)
	thief, _, _ := s.keyed.boundClient(t, s.keyed.public)
	got, err := thief.RequestAuthorizationCodeToken(t.Context(), s.keyed.signIn(t, client, loginScope).TokenRequest())
	requireStolen(t, got, err)
	got, err = s.keyed.client(t, s.keyed.public).RequestAuthorizationCodeToken(t.Context(), s.keyed.signIn(t, client, loginScope).TokenRequest())
	requireStolen(t, got, err)
}

func checkStolenRefresh(t *testing.T, s *server) {
	client, prover, _ := s.keyed.boundClient(t, s.keyed.public)
	token := s.keyed.redeemBound(t, client, prover, tokenclient.NewAuthorizeRequest(loginScope, redirectURI)).RefreshToken
	thief, _, _ := s.keyed.boundClient(t, s.keyed.public)
	got, err := thief.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: token})
	requireStolen(t, got, err)
}

// checkDowngrade has somebody on the way who takes the proof away: the server then
// issues what it issues to clients without one.
func checkDowngrade(t *testing.T, s *server) {
	k, middle := s.keyed, &stripping{}
	config := k.config(k.basic)
	config.DPoP, config.HTTPClient = newProver(t, nil, ""), &http.Client{Transport: middle}
	got, err := newClient(t, config).RequestClientCredentialsToken(t.Context(), tokenclient.ClientCredentialsTokenRequest{Scope: scope})
	requireKind(t, err, tokenclient.KindPolicy)
	assert.Equal(t, http.StatusOK, got.StatusCode)
	assert.Empty(t, got.AccessToken)
	assert.EqualValues(t, 1, middle.proofs.Load())
}

func checkAllowBearer(t *testing.T, s *server) {
	k := s.keyed
	config := k.config(k.public)
	config.DPoP, config.AllowBearer, config.HTTPClient = newProver(t, nil, ""), true, &http.Client{Transport: &stripping{}}
	code := k.signIn(t, k.client(t, k.public), userScope).TokenRequest()
	got, err := newClient(t, config).RequestAuthorizationCodeToken(t.Context(), code)
	requireToken(t, got, err)

	config.HTTPClient = nil
	user, err := newClient(t, config).GetUserInfo(t.Context(), tokenclient.UserInfoRequest{
		AccessToken: got.AccessToken, TokenType: got.TokenType, Subject: k.user,
	})
	require.NoError(t, err)
	assert.Equal(t, k.user, user.Subject)
}

// stripping takes the proofs out of the requests.
type stripping struct{ proofs atomic.Int64 }

func (m *stripping) RoundTrip(request *http.Request) (*http.Response, error) {
	stripped := request.Clone(request.Context())
	if stripped.Header.Get("DPoP") != "" {
		m.proofs.Add(1)
	}
	stripped.Header.Del("DPoP")
	return http.DefaultTransport.RoundTrip(stripped)
}
