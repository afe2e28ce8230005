// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package store

import "github.com/cockroachdb/pebble/v2/vfs"

// Remove removes a file.
func Remove(fs vfs.FS, path string) error { return fs.Remove(path) }
