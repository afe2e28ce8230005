// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"errors"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Is reports whether a path is that of a file of a snapshot.
func Is(fs vfs.FS, path string) bool {
	name := fs.PathBase(path)
	return name == manifestName || isFile(name)
}

// Verify reads a file of a snapshot, the manifest or one that it lists, and returns
// a *store.Damage where it is not as it was written. One that is not listed is fine.
func Verify(fs vfs.FS, path string) (err error) {
	s := &Store{fs: fs, dir: fs.PathDir(path)}
	m, err := inForce(fs, s.dir, 0)
	if err != nil || m == nil {
		return err
	}
	for i := range m.files {
		f := &m.files[i]
		if s.path(f) != path {
			continue
		}
		c, err := s.readChanges(f, i)
		if err == nil {
			err = s.readParts(m.files, c.parts, func(*part, []byte) error { return nil })
		}
		return errors.Join(err, closeAll(m.files))
	}
	return nil
}
