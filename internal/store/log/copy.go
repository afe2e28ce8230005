// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// unfinishedSuffix is of a file that takes another's place when it is whole.
const unfinishedSuffix = ".new"

// Scrub sees to it that records which are not needed are in no file any more:
// neither in spare segments, nor before those that are needed, nor behind the
// end of one whose file was used again. All files are new ones afterwards.
func (l *Log) Scrub() error {
	l.housekeeping.Lock()
	defer l.housekeeping.Unlock()
	l.mu.Lock()
	err := l.err
	if err == nil {
		if err = l.roll(false); err != nil {
			err = l.fail(err)
		}
	}
	if err != nil {
		l.mu.Unlock()
		return err
	}
	removed := slices.Concat(l.spares, l.released())
	l.spares = nil
	kept, needed := slices.Clone(l.segments), l.needed
	l.mu.Unlock()
	if err := l.remove(removed); err != nil {
		return err
	}
	for i, s := range kept[:len(kept)-1] {
		s, err := l.rewrite(s, needed, kept[i+1].first)
		if err != nil {
			return fmt.Errorf("scrub the log in %s: %w", l.o.Dir, err)
		}
		l.mu.Lock()
		l.segments[i] = s // only Append changes them meanwhile, at the end
		l.mu.Unlock()
	}
	return store.SyncDir(l.o.FS, l.o.Dir)
}

// rewrite puts a new file in the place of a segment's, with its records between
// two numbers.
func (l *Log) rewrite(s segment, from, until uint64) (segment, error) {
	path := l.o.path(s.generation)
	file, err := l.o.FS.Create(path+unfinishedSuffix, "usage-log")
	if err != nil {
		return s, err
	}
	out := writer{binder: binder{generation: s.generation}, file: file, most: l.o.SegmentBytes, buf: newBuffer()}
	err = l.each(s, from, until, out.write)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return s, errors.Join(err, l.o.FS.Remove(path+unfinishedSuffix))
	}
	s.first, s.end = max(s.first, from), out.end
	return s, l.o.FS.Rename(path+unfinishedSuffix, path)
}

// Copy writes the records that are needed to another directory, which has no
// log, while appends go on: those that were acknowledged before it began. The
// copy is on disk when it returns.
func (l *Log) Copy(to string) error {
	l.housekeeping.Lock()
	defer l.housekeeping.Unlock()
	l.mu.Lock()
	err, kept := l.err, slices.Clone(l.segments)
	kept[len(kept)-1].end = l.out.end
	l.mu.Unlock()
	if err != nil {
		return err
	}
	target := l.o
	target.Dir = to
	for _, s := range kept {
		if err := vfs.LimitedCopy(l.o.FS, l.o.path(s.generation), target.path(s.generation), s.end); err != nil {
			return fmt.Errorf("copy the log in %s to %s: %w", l.o.Dir, to, err)
		}
	}
	return store.SyncDir(l.o.FS, to)
}
