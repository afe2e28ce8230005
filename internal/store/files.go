// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Checksum is the polynomial of all checksums: Castagnoli's, for which
// processors have an instruction.
var Checksum = crc32.MakeTable(crc32.Castagnoli)

// Damage is the error of bytes that were written whole and are not any more.
// Nothing is repaired and nothing left out: people are billed by what is read.
type Damage struct {
	Path   string
	Offset int64 // in bytes, where the damage begins
	What   string
}

func (d *Damage) Error() string {
	return fmt.Sprintf("%s is damaged at byte %d: %s; restore a backup", d.Path, d.Offset, d.What)
}

// SyncDir makes the names in a directory durable.
func SyncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadFile returns a file's content, nil where there is none.
func ReadFile(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}

// ReplaceFile writes a file as a whole: a crash leaves the old or the new one.
func ReplaceFile(fs vfs.FS, dir, name string, content []byte) error {
	path := fs.PathJoin(dir, name)
	f, err := fs.Create(path+".new", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = fs.Rename(path+".new", path)
	}
	if err = errors.Join(err, SyncDir(fs, dir)); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
