// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// OwnersOnly is the disk, with files that their owner alone may read, whatever the
// umask of the process: ids of users are in them.
var OwnersOnly vfs.FS = ownersOnly{vfs.Default}

type ownersOnly struct{ vfs.FS }

// Unwrap implements vfs.FS.
func (o ownersOnly) Unwrap() vfs.FS { return o.FS }

// Create implements vfs.FS.
func (o ownersOnly) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := o.FS.Create(name, category)
	return owned(name, f, err)
}

// OpenReadWrite implements vfs.FS.
func (o ownersOnly) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := o.FS.OpenReadWrite(name, category, opts...)
	return owned(name, f, err)
}

// Lock implements vfs.FS.
func (o ownersOnly) Lock(name string) (io.Closer, error) {
	lock, err := o.FS.Lock(name)
	return owned(name, lock, err)
}

// owned takes a file that was just made from all but its owner.
func owned[F io.Closer](name string, f F, err error) (F, error) {
	if err != nil {
		return f, err
	}
	if err := os.Chmod(name, 0o600); err != nil {
		var none F
		return none, errors.Join(err, f.Close())
	}
	return f, nil
}
