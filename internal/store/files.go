// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"hash/crc32"

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
