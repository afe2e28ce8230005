// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package replay

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// DeferredSync is a file system for the ledger of a replay. A ledger waits for
// the disk before it acknowledges; a replay acknowledges nothing to anybody,
// has its files to begin again from, and would wait for months of minutes. So
// nothing is synced until [SyncAll] after the ledger is closed.
//
// Use it for a new ledger only: after a power failure its directory has to be
// removed.
type DeferredSync struct{ vfs.FS }

// Create implements vfs.FS.
func (d DeferredSync) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return deferred(d.FS.Create(name, category))
}

// OpenReadWrite implements vfs.FS.
func (d DeferredSync) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return deferred(d.FS.OpenReadWrite(name, category, opts...))
}

// OpenDir implements vfs.FS.
func (d DeferredSync) OpenDir(name string) (vfs.File, error) { return deferred(d.FS.OpenDir(name)) }

// ReuseForWrite implements vfs.FS.
func (d DeferredSync) ReuseForWrite(oldName, newName string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return deferred(d.FS.ReuseForWrite(oldName, newName, category))
}

// Unwrap implements vfs.FS.
func (d DeferredSync) Unwrap() vfs.FS { return d.FS }

func deferred(file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return deferredFile{file}, nil
}

type deferredFile struct{ vfs.File }

func (deferredFile) Sync() error                { return nil }
func (deferredFile) SyncData() error            { return nil }
func (deferredFile) SyncTo(int64) (bool, error) { return false, nil }

// SyncAll brings a directory and everything below it to the disk.
func SyncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, err := os.Open(path) //nolint:gosec // the directory is the user's choice
		if err != nil {
			return err
		}
		return errors.Join(file.Sync(), file.Close())
	})
}
