// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

package oidcprovider

import (
	"bytes"
	"fmt"
	"os"
)

func createLog(directory string) (*os.File, error) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, fmt.Errorf("oidcprovider: %w", err)
	}
	log, err := os.CreateTemp(directory, "oidc-provider-*.log")
	if err != nil {
		return nil, fmt.Errorf("oidcprovider: %w", err)
	}
	return log, nil
}

// logTail returns the last lines of the log and where to find the others.
func logTail(path string) string {
	const lines = 20

	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	last := all[max(0, len(all)-lines):]
	return fmt.Sprintf("log %s ends with:\n%s", path, bytes.Join(last, []byte("\n")))
}
