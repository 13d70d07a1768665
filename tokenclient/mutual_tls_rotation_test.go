// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokenclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-df263610/identitymodel/tokenclient"
)

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours, nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// slowServer serves HTTP/2 for as.example in memory. It holds back the answer to a
// refresh token called slow until it gets a value from release.
type slowServer struct {
	*http.Server

	pipes            *pipes
	roots            *x509.CertPool
	arrived, release chan struct{}
	opened           atomic.Int64 // connections that are open
}

func newSlowServer(t *testing.T) *slowServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"as.example"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	s := &slowServer{
		pipes: &pipes{conns: make(chan net.Conn), done: make(chan struct{})},
		roots: x509.NewCertPool(), arrived: make(chan struct{}), release: make(chan struct{}),
	}
	s.roots.AddCert(parsed)
	s.Server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if strings.Contains(string(body), "slow") {
				s.arrived <- struct{}{}
				<-s.release
			}
			_, _ = io.WriteString(w, tokenBody)
		}),
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, ClientAuth: tls.RequestClientCert,
		},
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.opened.Add(1)
			case http.StateClosed:
				s.opened.Add(-1)
			default:
			}
		},
	}
	go func() { _ = s.ServeTLS(s.pipes, "", "") }()
	return s
}

// TestRotationDuringACall has a connection in use when the certificate changes: it
// is closed as well, though later, and though the caller's transport would keep it.
func TestRotationDuringACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newSlowServer(t)
		current := newCertificate(t, "0")
		client, err := tokenclient.New(tokenclient.Config{
			Endpoints: tokenclient.Endpoints{Token: "https://as.example/token"}, ClientID: "client", Auth: presenter(&current),
			HTTPClient: &http.Client{Transport: &http.Transport{
				DialContext: server.pipes.dial, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: server.roots},
			}},
		})
		require.NoError(t, err)
		request := func(token string) {
			_, err := client.RequestRefreshToken(t.Context(), tokenclient.RefreshTokenRequest{RefreshToken: token})
			assert.NoError(t, err)
		}
		for i := range 5 {
			var group sync.WaitGroup
			group.Go(func() { request("slow") })
			<-server.arrived
			current = newCertificate(t, fmt.Sprint(i+1))
			request("quick")
			server.release <- struct{}{}
			group.Wait()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Zero(t, server.opened.Load())
		require.NoError(t, server.Close())
	})
}
