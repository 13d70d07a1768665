// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package tokensource

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// SealKey is a key that a [Sealed] store encrypts with. [NewSealKey] makes one. It
// prints without the secret.
type SealKey struct {
	id   string
	aead func() cipher.AEAD // a func: fmt follows pointers where a verb does not fit
}

// NewSealKey returns the key of that name. The name, of 1 to 255 bytes, is stored
// in clear. The secret are 32 random bytes, for AES-256-GCM, and not a password. It
// is copied. One key is good for four thousand million saves.
func NewSealKey(id string, secret []byte) (SealKey, error) {
	if id == "" || len(id) > 255 {
		return SealKey{}, errors.New("tokensource: the name of a seal key must have 1 to 255 bytes")
	}
	if len(secret) != 32 {
		return SealKey{}, errors.New("tokensource: the secret of a seal key must have 32 bytes")
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return SealKey{}, fmt.Errorf("tokensource: make a seal key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return SealKey{}, fmt.Errorf("tokensource: make a seal key: %w", err)
	}
	return SealKey{id, func() cipher.AEAD { return aead }}, nil
}

// Sealed returns a Store that encrypts what it keeps in another one, with
// AES-256-GCM and the newest key, and decrypts what was encrypted with any of the
// keys. It is a [Locker] if the other one is. Each value is bound to its key in
// the store: moved to another one it is worthless. The keys in the store are not
// encrypted.
//
// A value that cannot be decrypted, because its key is not there any more, or
// because it was changed or moved, counts as none: Load returns [ErrNotFound], and
// Save replaces it. So give a new key to every process as an older one first, and
// make it the newest afterwards. Whoever can write to the store can still bring back
// an earlier value.
func Sealed(store Store, newest SealKey, older ...SealKey) (Store, error) {
	if store == nil {
		return nil, errors.New("tokensource: there is no store to seal")
	}
	s := &sealed{store, newest, map[string]SealKey{}}
	for _, key := range append([]SealKey{newest}, older...) {
		if key.aead == nil {
			return nil, errors.New("tokensource: a seal key is empty; NewSealKey makes one")
		}
		if _, twice := s.ring[key.id]; twice {
			return nil, errors.New("tokensource: two seal keys have the same name")
		}
		s.ring[key.id] = key
	}
	if locker, ok := store.(Locker); ok {
		return &sealedLocker{s, locker}, nil
	}
	return s, nil
}

// sealFormat is the first byte of a sealed value. The length of the key's name, the
// name, the nonce and the ciphertext follow.
const sealFormat = 1

type sealed struct {
	store  Store
	newest SealKey
	ring   map[string]SealKey
}

type sealedLocker struct {
	*sealed
	Locker
}

var (
	_ Store  = (*sealedLocker)(nil)
	_ Locker = (*sealedLocker)(nil)
)

func (s *sealed) Load(ctx context.Context, key string) (data []byte, version string, err error) {
	value, version, err := s.store.Load(ctx, key)
	if err != nil {
		return nil, "", err
	}
	data, ok := s.open(key, value)
	if !ok {
		return nil, "", ErrNotFound
	}
	return data, version, nil
}

func (s *sealed) Save(ctx context.Context, key string, data []byte, version string) (newVersion string, err error) {
	value := s.seal(key, data)
	newVersion, err = s.store.Save(ctx, key, value, version)
	if version != "" || !errors.Is(err, ErrConflict) {
		return newVersion, err
	}
	broken, version, failed := s.store.Load(ctx, key)
	if failed != nil {
		return "", err
	}
	if _, ok := s.open(key, broken); ok {
		return "", err
	}
	return s.store.Save(ctx, key, value, version) // there is something, but it counts as nothing
}

func (s *sealed) Delete(ctx context.Context, key, version string) error {
	return s.store.Delete(ctx, key, version)
}

func (s *sealed) seal(key string, data []byte) []byte {
	header := append([]byte{sealFormat, byte(len(s.newest.id))}, s.newest.id...) //nolint:gosec // at most 255
	return s.newest.aead().Seal(header, nil, data, additional(header, key))      //nolint:gosec // this AEAD makes the nonce itself
}

// open returns what was sealed under that key of the store, if it was.
func (s *sealed) open(key string, value []byte) (data []byte, ok bool) {
	if len(value) < 2 || value[0] != sealFormat || len(value) < 2+int(value[1]) {
		return nil, false
	}
	header, sealed := value[:2+int(value[1])], value[2+int(value[1]):]
	with, ok := s.ring[string(header[2:])]
	if !ok {
		return nil, false
	}
	data, err := with.aead().Open(nil, nil, sealed, additional(header, key))
	return data, err == nil
}

// additional is what a value is bound to: the format, the key it was sealed with
// and its key in the store. The header tells its own length.
func additional(header []byte, key string) []byte {
	return append(append([]byte("identitymodel tokensource seal "), header...), key...)
}
