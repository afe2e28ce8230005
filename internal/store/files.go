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

// Damage is the error of state that was written whole and is not any more, or is
// missing. Nothing is repaired and nothing left out: people are billed by what is
// read.
type Damage struct {
	Path   string
	Offset int64 // in bytes, where the damage begins; 0: all of it, or not known
	What   string
}

// Remedy is what helps where state is damaged.
const Remedy = "`usagectl repair` says what is left of the directory and what is lost; or restore a backup"

func (d *Damage) Error() string {
	at := ""
	if d.Offset > 0 {
		at = fmt.Sprintf(" at byte %d", d.Offset)
	}
	return fmt.Sprintf("%s is damaged%s: %s; %s", d.Path, at, d.What, Remedy)
}

// Missing is the damage of a file that is not there.
func Missing(path, what string) *Damage { return &Damage{Path: path, What: "it is missing: " + what} }

// IsDamage reports whether an error is of state that is damaged or missing.
func IsDamage(err error) bool {
	var d *Damage
	return errors.As(err, &d)
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
