// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package promstore

import "syscall"

// freeBytes is the space of dir's file system that an ordinary user may use.
func freeBytes(dir string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
