// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package store

import (
	"errors"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// atOnce is how many bytes of a removed file are given back to the disk at once. Who
// syncs another file meanwhile waits until it is done: 40 ms for one of a gigabyte.
const atOnce = 32 << 20

// Remove removes a file. What it has is given back to the disk by and by, unless it
// has another name, as a backup's.
func Remove(fs vfs.FS, path string) error {
	info, err := fs.Stat(path)
	if err != nil || info.Size() <= atOnce {
		return fs.Remove(path)
	}
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fs.Remove(path)
	}
	if err = fs.Remove(path); err == nil {
		giveBack(f, info.Size())
	}
	return errors.Join(err, f.Close())
}

// giveBack shrinks a file that has no name. Where that fails, closing it does the rest.
func giveBack(f vfs.File, size int64) {
	if f.Fd() == vfs.InvalidFd { // in memory
		return
	}
	fd := int(f.Fd())
	var is syscall.Stat_t
	if err := syscall.Fstat(fd, &is); err != nil || is.Nlink > 0 {
		return
	}
	for size > 0 {
		size = max(0, size-atOnce)
		if syscall.Ftruncate(fd, size) != nil || f.Sync() != nil {
			return
		}
	}
}
