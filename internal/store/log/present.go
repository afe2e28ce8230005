// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Files returns the segments that have records which are needed.
func (l *Log) Files() []store.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	files := make([]store.File, len(l.segments))
	for i, s := range l.segments {
		files[i] = store.File{Path: l.o.path(s.generation), Size: s.end}
	}
	if n := len(files); n > 0 {
		files[n-1].Size = l.out.end
	}
	return files
}

// Written returns the segment that is written to.
func (l *Log) Written() store.File {
	files := l.Files()
	return files[len(files)-1]
}

// Present returns a *store.Damage where the log's directory, or the segment that is
// written to, is not any more what its name leads to.
func (l *Log) Present() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == nil { // closed
		return nil
	}
	return errors.Join(l.same(l.dir, l.o.Dir), l.same(l.out.file, l.o.path(l.out.generation)))
}

func (l *Log) same(open vfs.File, path string) error {
	is, err := open.Stat()
	if err != nil {
		return err
	}
	named, err := l.o.FS.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return store.Missing(path, "it was moved or removed")
	case err != nil:
		return err
	case !store.Same(is, named):
		return &store.Damage{Path: path, What: "another one is in its place; it was moved"}
	}
	return nil
}

// IsSegment reports whether a file of the directory is a segment, by its name.
func IsSegment(name string) bool { return strings.HasPrefix(name, prefix) }

// Verify reads a segment that is not written to, and returns a *store.Damage where
// a record is not whole that has one behind it.
func Verify(fs vfs.FS, path string) error {
	generation, err := strconv.ParseUint(strings.TrimPrefix(fs.PathBase(path), prefix), 16, 64)
	if err != nil {
		return fmt.Errorf("%s is no segment of a log: %w", path, err)
	}
	file, err := fs.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read from
	r, err := newReader(file, generation, 0)
	if err != nil {
		return err
	}
	next := uint64(0)
	for {
		number, _, ok, err := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		next = number + 1
	}
	if next == 0 { // nothing of this use of the file
		return nil
	}
	offset, found, err := r.whole(next)
	if err == nil && found {
		err = &store.Damage{Path: path, Offset: r.offset, What: fmt.Sprintf("there is no whole record, but one at byte %d", offset)}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}
