// Copyright 2026 The identitymodel Authors
// SPDX-License-Identifier: Apache-2.0

// Package browser has tests alone: the programs of examples let a user log in at
// oidc-provider in a real browser, headless Chromium.
//
//	make browser
//
// Each test keeps its screenshots, one for each page, in internal/interop/.run/screenshots
// when it fails, or always if the environment has KEEP_SCREENSHOTS=1. A missing
// Chromium, Node.js or npm is a failure.
package browser
