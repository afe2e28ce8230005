// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where a log is. The zero values of the others are good ones.
type Options struct {
	FS  vfs.FS
	Dir string // it exists; files of other names in it are left alone
	// Exists says that there was a log before, so that it is an error if it is
	// missing.
	Exists bool
	// Reached is a number up to which the log is known to have been on disk: an
	// error if it ends before. 0: nothing is known.
	Reached uint64
	// Begun is called when the first record of a segment is on disk, before
	// anything else is written to it, with the number of the next one. The log is
	// not to be used meanwhile. nil: nobody asks.
	Begun func(next uint64) error
	// SegmentBytes is how long a segment grows before the next one is begun;
	// 0: 16 MiB. A longer record has a segment to itself.
	SegmentBytes int64
	// Spares is how many released segments are kept to be used again; 0: 8.
	Spares int
}

// defaultSegment is how long segments grow.
const defaultSegment = 16 << 20

// Log is an append-only log. Its methods may be called concurrently.
type Log struct {
	o Options

	// housekeeping is held by what goes through files that are not written to
	// any more, so that they are neither removed nor used again meanwhile.
	housekeeping sync.Mutex

	surveyed bool // nothing is changed

	mu       sync.Mutex
	err      error     // of the first write that failed; nothing is accepted after it
	dir      vfs.File  // the directory, to sync the names in it
	segments []segment // oldest first; the last one is written to
	spares   []segment // released, to be used again, oldest first
	out      writer    // of the last segment
	next     uint64    // number of the next record
	needed   uint64    // number from which on records are needed
}

// segment is one file.
type segment struct {
	generation uint64 // grows from file to file, and from use to use
	first      uint64 // number of the first record that it has or will have
	end        int64  // of the last record, in bytes; not kept for the one that is written to
}

// Next returns the number of the next record.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Append writes a record and returns its number once it is on disk. An error
// may leave it there or not; no later one is accepted then: what the system
// reports of a file whose sync has failed cannot be trusted, so the owner closes
// the log and opens it anew.
func (l *Log) Append(record []byte) (number uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return 0, l.err
	}
	if len(record) > MaxRecord {
		return 0, fmt.Errorf("append to the log in %s: a record of %d bytes; %d are the most", l.o.Dir, len(record), MaxRecord)
	}
	if l.out.end > 0 && l.out.end+headerSize+int64(len(record)) > l.o.SegmentBytes {
		if err := l.roll(true); err != nil {
			return 0, l.fail(err)
		}
	}
	first := l.out.end == 0
	if err := l.write(l.next, record); err != nil {
		return 0, l.fail(err)
	}
	if first && l.o.Begun != nil {
		if err := l.o.Begun(l.next + 1); err != nil {
			return 0, l.fail(err)
		}
	}
	l.next++
	return l.next - 1, nil
}

// write writes a record to the last segment, and syncs it.
func (l *Log) write(number uint64, record []byte) error {
	if err := l.out.write(number, record); err != nil {
		return err
	}
	return l.out.file.SyncData()
}

func (l *Log) fail(err error) error {
	l.err = fmt.Errorf("write to the log in %s: %w; open it anew", l.o.Dir, err)
	return l.err
}

// roll begins the next segment, of a spare file where reuse allows it. Its name
// is on disk before anything is written to it.
func (l *Log) roll(reuse bool) error {
	l.segments[len(l.segments)-1].end = l.out.end
	return l.begin(segment{generation: l.segments[len(l.segments)-1].generation + 1, first: l.next}, reuse)
}

func (l *Log) begin(s segment, reuse bool) error {
	path := l.o.path(s.generation)
	if reuse = reuse && len(l.spares) > 0; reuse {
		if err := l.o.FS.Rename(l.o.path(l.spares[0].generation), path); err != nil {
			return err
		}
		l.spares = slices.Delete(l.spares, 0, 1)
	}
	file, err := l.o.FS.OpenReadWrite(path, "usage-log")
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err = errors.Join(err, l.dir.Sync()); err != nil {
		return errors.Join(err, file.Close())
	}
	if l.out.file != nil {
		err = l.out.file.Close()
	}
	l.out.file, l.out.generation, l.out.end, l.out.size = file, s.generation, 0, info.Size()
	l.segments = append(l.segments, s)
	return err
}

// Release says that records before a number are not needed any more. Segments
// that have only such are kept to be used again, or removed. A number that is
// lower than an earlier one changes nothing.
func (l *Log) Release(before uint64) error {
	l.housekeeping.Lock()
	defer l.housekeeping.Unlock()
	l.mu.Lock()
	l.needed = max(l.needed, min(before, l.next))
	var removed []segment
	for _, s := range l.released() {
		if len(l.spares) < l.o.Spares && s.end <= 2*l.o.SegmentBytes {
			l.spares = append(l.spares, s)
		} else {
			removed = append(removed, s)
		}
	}
	err := l.err
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.remove(removed)
}

// released takes out the segments that have no record that is needed.
func (l *Log) released() []segment {
	n := 0
	for n+1 < len(l.segments) && l.segments[n+1].first <= l.needed {
		n++
	}
	taken := slices.Clone(l.segments[:n])
	l.segments = slices.Delete(l.segments, 0, n)
	return taken
}

func (l *Log) remove(segments []segment) error {
	for _, s := range segments {
		if err := l.o.FS.Remove(l.o.path(s.generation)); err != nil {
			return fmt.Errorf("remove what the log does not need: %w", err)
		}
	}
	return nil
}

// Close closes the files. What was appended is on disk already.
func (l *Log) Close() error {
	l.housekeeping.Lock()
	defer l.housekeeping.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == nil {
		return nil
	}
	if l.err == nil {
		l.err = fmt.Errorf("the log in %s is closed", l.o.Dir)
	}
	err := errors.Join(l.out.file.Close(), l.dir.Close())
	l.dir = nil
	return err
}

const prefix = "log-"

func (o *Options) path(generation uint64) string {
	return o.FS.PathJoin(o.Dir, fmt.Sprintf("%s%016x", prefix, generation))
}
