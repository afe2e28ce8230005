// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store

import (
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Same reports whether two are of one file, or that cannot be told, as in memory.
func Same(a, b vfs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, also := b.Sys().(*syscall.Stat_t)
	return !ok || !also || x.Dev == y.Dev && x.Ino == y.Ino
}
