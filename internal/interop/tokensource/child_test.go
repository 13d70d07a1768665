// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/internal/interop/oidcprovider"
	"github.com/seed-df263610/identitymodel/tokenclient"
	"github.com/seed-df263610/identitymodel/tokenclient/clientauth"
	"github.com/seed-df263610/identitymodel/tokenclient/tokensource"
)

// What a process that a test has started is to do.
const (
	processRole   = "TOKENSOURCE_TEST_ROLE"
	processDir    = "TOKENSOURCE_TEST_DIR"
	processServer = "TOKENSOURCE_TEST_SERVER" // the token endpoint
)

// What a process prints, one a line, with what follows the word.
const (
	printsReady  = "ready"  //
	printsSent   = "sent"   // grant type, refresh token: it is about to be sent
	printsGot    = "got"    // access token, refresh token, error of the answer
	printsRound  = "round"  // the access tokens that its goroutines got
	printsBegan  = "began"  // how: see below
	printsFailed = "failed" // the error
)

// How a process that was started again has begun.
const (
	beganEmpty = "empty" // it had to log in: nothing was there
	beganLost  = "lost"  // it had to log in: the answer to the last refresh was lost
	beganGood  = "good"  // it went on with what was there
)

const (
	sessionKey = "session"
	goroutines = 50 // of a process
)

// TestProcess is what the processes do that the other tests start.
func TestProcess(t *testing.T) { //nolint:paralleltest // it is alone in its process
	role := os.Getenv(processRole)
	if role == "" {
		t.Skip("it is for other processes")
	}
	client, err := tokenclient.New(tokenclient.Config{
		Endpoints:  tokenclient.Endpoints{Token: os.Getenv(processServer)},
		ClientID:   oidcprovider.BasicClientID,
		Auth:       clientauth.SecretBasic(oidcprovider.ClientSecret),
		HTTPClient: &http.Client{Transport: &reporter{http.Transport{DisableKeepAlives: true}}},
	})
	require.NoError(t, err)
	source := newSource(t, client, os.Getenv(processDir))
	fmt.Println(printsReady)
	switch role {
	case "rounds":
		err = takeRounds(t.Context(), source)
	case "refresh":
		err = refreshForever(t.Context(), client, source)
	}
	if err != nil {
		fmt.Println(printsFailed, err)
	}
}

func newSource(t *testing.T, client *tokenclient.Client, dir string) *tokensource.Refreshing {
	t.Helper()
	source, err := tokensource.NewRefreshing(client, tokensource.RefreshingConfig{Store: newFile(t, dir), Key: sessionKey})
	require.NoError(t, err)
	return source
}

func newFile(t *testing.T, dir string) *tokensource.File {
	t.Helper()
	file, err := tokensource.NewFile(dir)
	require.NoError(t, err)
	return file
}

// takeRounds gets, for each line of the input, a new token with many goroutines,
// each of which says that an API has refused the last one.
func takeRounds(ctx context.Context, source *tokensource.Refreshing) error {
	var last tokenclient.Token
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		tokens, failures := make([]tokenclient.Token, goroutines), make([]error, goroutines)
		var group sync.WaitGroup
		for i := range goroutines {
			group.Go(func() {
				source.Invalidate(ctx, last)
				tokens[i], failures[i] = source.Token(ctx)
			})
		}
		group.Wait()
		if err := errors.Join(failures...); err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		last = tokens[0]
		got := map[string]bool{}
		for _, token := range tokens {
			got[token.AccessToken()] = true
		}
		fmt.Println(printsRound, strings.Join(slices.Sorted(maps.Keys(got)), " "))
	}
	return in.Err()
}

// refreshForever goes on with what is in the store, or logs in when it has to, and
// then refreshes, and now and then logs in, until it is killed.
func refreshForever(ctx context.Context, client *tokenclient.Client, source *tokensource.Refreshing) error {
	err := refresh(ctx, source)
	began := beganGood
	switch {
	case errors.Is(err, tokensource.ErrNoToken):
		began = beganEmpty
	case errors.Is(err, tokensource.ErrRefreshUnknown):
		began = beganLost
	case err != nil:
		return err
	}
	if began != beganGood {
		if err := login(ctx, client, source); err != nil {
			return err
		}
	}
	fmt.Println(printsBegan, began)
	for {
		do := func() error { return refresh(ctx, source) }
		if rand.IntN(8) == 0 {
			do = func() error { return login(ctx, client, source) }
		}
		if err := do(); err != nil {
			return err
		}
	}
}

func refresh(ctx context.Context, source *tokensource.Refreshing) error {
	last, err := source.Token(ctx)
	if err != nil {
		return err
	}
	source.Invalidate(ctx, last)
	next, err := source.Token(ctx)
	if err == nil && next.AccessToken() == last.AccessToken() {
		err = errors.New("the token that was refused came again")
	}
	return err
}

func login(ctx context.Context, client *tokenclient.Client, source *tokensource.Refreshing) error {
	response, err := client.RequestPasswordToken(ctx, tokenclient.PasswordTokenRequest{
		UserName: oidcprovider.Alice, Password: oidcprovider.Alice, Scope: oidcprovider.ScopeAPI1,
	})
	if err != nil {
		return err
	}
	return source.SetToken(ctx, response)
}

// reporter prints what is sent to the token endpoint before it is sent, and what has
// come back before anybody else knows.
type reporter struct{ base http.Transport }

func (r *reporter) RoundTrip(request *http.Request) (*http.Response, error) {
	copied, err := request.GetBody()
	if err != nil {
		return nil, err
	}
	sent, err := io.ReadAll(copied)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(sent))
	if err != nil {
		return nil, err
	}
	fmt.Println(printsSent, form.Get("grant_type"), word(form.Get("refresh_token")))
	response, err := r.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		Error        string `json:"error"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	fmt.Println(printsGot, word(answer.AccessToken), word(answer.RefreshToken), word(answer.Error))
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

const noWord = "-"

func word(text string) string {
	if text == "" {
		return noWord
	}
	return text
}
