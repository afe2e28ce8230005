// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"

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

// File is one that has to be there.
type File struct {
	Path string
	Size int64 // in bytes, that it has at least
}

// Present returns a *Damage where one of the files that list returns is not there,
// or shorter. Others may remove files meanwhile: a file is missing if it is listed
// still when it was not found.
func Present(fs vfs.FS, list func() ([]File, error)) error {
	missing := func(f File) *Damage {
		info, err := fs.Stat(f.Path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return Missing(f.Path, "the ledger consists of it")
		case err != nil:
			return &Damage{Path: f.Path, What: err.Error()}
		case info.Size() < f.Size:
			return &Damage{Path: f.Path, What: fmt.Sprintf("it has %d bytes, and had %d", info.Size(), f.Size)}
		}
		return nil
	}
	files, err := list()
	if err != nil {
		return err
	}
	for _, f := range files {
		if missing(f) == nil {
			continue
		}
		if again, err := list(); err != nil || !slices.Contains(again, f) {
			return err
		}
		if d := missing(f); d != nil {
			return d
		}
	}
	return nil
}

// Pace is called before so many bytes are read from a file, and waits as long as a
// rate asks for. An error ends the reading.
type Pace func(bytes int) error

// Paced returns a file system whose files are read at a pace.
func Paced(fs vfs.FS, pace Pace) vfs.FS { return paced{fs, pace} }

type paced struct {
	vfs.FS
	pace Pace
}

func (p paced) Open(name string, options ...vfs.OpenOption) (vfs.File, error) {
	f, err := p.FS.Open(name, options...)
	if err != nil {
		return nil, err
	}
	return pacedFile{f, p.pace}, nil
}

type pacedFile struct {
	vfs.File
	pace Pace
}

func (p pacedFile) Read(to []byte) (int, error) {
	if err := p.pace(len(to)); err != nil {
		return 0, err
	}
	return p.File.Read(to)
}

func (p pacedFile) ReadAt(to []byte, at int64) (int, error) {
	if err := p.pace(len(to)); err != nil {
		return 0, err
	}
	return p.File.ReadAt(to, at)
}
