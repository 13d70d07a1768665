// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ReadSecret returns the text of a file, without the space around it. Without a
// file name it returns nothing.
func ReadSecret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file) //nolint:gosec // the file that the user names
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return secret, nil
}

// WriteSecret replaces a file, which only the user may read, in one step: the
// old text or the new one is there, whatever happens. Without a file name it
// does nothing.
func WriteSecret(file, secret string) error {
	if file == "" {
		return nil
	}
	next, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("storing the secret: %w", err)
	}
	_, err = next.WriteString(secret + "\n")
	err = errors.Join(err, next.Sync(), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		_ = os.Remove(next.Name()) // the error below is the one to tell
		return fmt.Errorf("storing the secret: %w", err)
	}
	return nil
}
