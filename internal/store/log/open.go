// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package log

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-usage/otelcol-usage/internal/store"
)

// Open opens a log, or makes a new one, and hands every record from a number on
// to replay, in order; a record's bytes are valid during the call. What is torn
// at the end was never acknowledged and is left out. Where a record is damaged,
// or missing between others, the error is a *store.Damage. An error of replay
// ends it.
//
// The last record may be one whose sync failed: it was read, but perhaps from
// memory. So it is written once more, to a new segment, before Open returns.
func Open(o Options, from uint64, replay func(number uint64, record []byte) error) (*Log, error) {
	o.SegmentBytes = cmp.Or(o.SegmentBytes, defaultSegment)
	o.Spares = cmp.Or(o.Spares, 8)
	l := &Log{o: o, next: from, needed: from}
	l.out = writer{most: o.SegmentBytes, buf: newBuffer()}
	err := l.open(replay)
	if err == nil {
		return l, nil
	}
	if l.out.file != nil {
		err = errors.Join(err, l.out.file.Close())
	}
	if l.dir != nil {
		err = errors.Join(err, l.dir.Close())
	}
	return nil, fmt.Errorf("open the log in %s: %w", o.Dir, err)
}

func (l *Log) open(replay func(number uint64, record []byte) error) (err error) {
	if l.dir, err = l.o.FS.OpenDir(l.o.Dir); err != nil {
		return err
	}
	generations, err := l.list()
	if err != nil {
		return err
	}
	if len(generations) == 0 && l.o.Exists {
		return &store.Damage{Path: l.o.path(1), What: "the log is missing"}
	}
	blank, err := l.sort(generations)
	if err != nil {
		return err
	}
	released := l.released()
	last, err := l.replay(blank, replay)
	if err != nil {
		return err
	}
	if l.next < l.o.Reached {
		return l.ends(generations)
	}
	begun := segment{generation: 1, first: l.next}
	if n := len(generations); n > 0 {
		begun.generation = generations[n-1] + 1
	}
	var record []byte
	if last.generation != 0 {
		if record, err = l.reread(last); err != nil {
			return err
		}
		begun.first = l.next - 1
	}
	if err := l.begin(begun, false); err != nil {
		return err
	}
	if last.generation != 0 {
		if err := l.write(begun.first, record); err != nil {
			return err
		}
	}
	// A segment that had only that record has none of its own any more. Until
	// now any file may have been the only one that has it on disk.
	if i := len(l.segments) - 2; i >= 0 && l.segments[i].first == begun.first {
		released = append(released, l.segments[i])
		l.segments = slices.Delete(l.segments, i, i+1)
	}
	return l.remove(append(released, blank...))
}

// list returns the generations of the directory's segments in ascending order,
// and removes what an interrupted Scrub has left.
func (l *Log) list() (generations []uint64, err error) {
	names, err := l.o.FS.List(l.o.Dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		digits, unfinished := strings.CutSuffix(digits, unfinishedSuffix)
		generation, err := strconv.ParseUint(digits, 16, 64)
		switch {
		case err != nil || len(digits) != 16: // none of ours
		case unfinished && l.surveyed:
		case unfinished:
			if err := l.o.FS.Remove(l.o.FS.PathJoin(l.o.Dir, name)); err != nil {
				return nil, err
			}
		default:
			generations = append(generations, generation)
		}
	}
	slices.Sort(generations)
	return generations, nil
}

// sort finds the first record of each segment, and returns those that do not
// begin with one: they were begun, and no more.
func (l *Log) sort(generations []uint64) (blank []segment, err error) {
	for _, generation := range generations {
		s := segment{generation: generation}
		err := l.with(s, 0, func(r *reader) (err error) {
			var ok bool
			if s.first, _, ok, err = r.next(); ok {
				l.segments = append(l.segments, s)
			} else {
				blank = append(blank, s)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return blank, nil
}

// with opens a segment at the offset of a record.
func (l *Log) with(s segment, offset int64, f func(*reader) error) error {
	path := l.o.path(s.generation)
	file, err := l.o.FS.Open(path)
	if err != nil {
		return err
	}
	r, err := newReader(file, s.generation, offset)
	if err == nil {
		err = f(r)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// place is where a record is; its generation is 0 where there is none.
type place struct {
	generation uint64
	offset     int64
}

// replay reads the segments, sets l.next, and returns where the last record is
// that is needed.
func (l *Log) replay(blank []segment, f func(number uint64, record []byte) error) (last place, err error) {
	if len(l.segments) > 0 && l.segments[0].first > l.next {
		return place{}, l.missing(l.segments[0].generation, 0, l.segments[0].first)
	}
	for i := range l.segments {
		s := &l.segments[i]
		until := uint64(0) // the first number of the next segment, which has it from there on
		if i+1 < len(l.segments) {
			until = l.segments[i+1].first
		}
		err := l.with(*s, 0, func(r *reader) error {
			at, err := l.replaySegment(r, s, until, f)
			if at != (place{}) {
				last = at
			}
			switch {
			case err != nil:
				return err
			case until > l.next:
				return l.missing(s.generation, r.offset, until)
			case until != 0:
				return nil
			}
			return l.torn(r)
		})
		if err != nil {
			return place{}, err
		}
	}
	for _, s := range blank {
		if err := l.with(s, 0, l.torn); err != nil {
			return place{}, err
		}
	}
	return last, nil
}

// replaySegment reads the records of a segment before a number, 0 for all. It
// returns where the last one is that is needed, the zero place where none is.
func (l *Log) replaySegment(r *reader, s *segment, until uint64, f func(number uint64, record []byte) error) (last place, err error) {
	for number := s.first; until == 0 || number < until; number++ {
		at := r.offset
		found, record, ok, err := r.next()
		if err != nil || !ok {
			return last, err
		}
		if found != number {
			return last, l.damage(s.generation, at, fmt.Sprintf("record %d is where %d is due", found, number))
		}
		s.end = r.offset
		if number < l.next {
			continue
		}
		l.next++
		last = place{s.generation, at}
		if err := f(number, record); err != nil {
			return last, err
		}
	}
	return last, nil
}

// torn reports as damage what ends before the segment does, and is not what a crash
// leaves of the last record (tail.go).
func (l *Log) torn(r *reader) error {
	offset, found, err := r.whole(l.next)
	if err == nil && found {
		err = l.damage(r.generation, r.offset, fmt.Sprintf("there is no whole record, but one at byte %d", offset))
	}
	if err != nil || l.o.Reached == 0 { // of a program that wrote otherwise
		return err
	}
	what, err := r.spoilt(l.next, l.o.SegmentBytes)
	if err == nil && what != "" {
		err = l.damage(r.generation, r.offset, what)
	}
	return err
}

// ends is the damage of a log that has less than it is known to have had.
func (l *Log) ends(generations []uint64) error {
	return &store.Damage{Path: l.o.path(slices.Max(append(generations, 1))), What: fmt.Sprintf("the log ends before record %d, and was on disk up to %d", l.next, l.o.Reached-1)}
}

func (l *Log) missing(generation uint64, offset int64, until uint64) error {
	return l.damage(generation, offset, fmt.Sprintf("records %d to %d are missing", l.next, until-1))
}

func (l *Log) damage(generation uint64, offset int64, what string) error {
	return &store.Damage{Path: l.o.path(generation), Offset: offset, What: what}
}

// Read hands every record that is needed to f, in order, but for those that are
// appended meanwhile; a record's bytes are valid during the call. An error of f
// ends it.
func (l *Log) Read(f func(number uint64, record []byte) error) error {
	l.housekeeping.Lock()
	defer l.housekeeping.Unlock()
	l.mu.Lock()
	kept, from, next := slices.Clone(l.segments), l.needed, l.next
	l.mu.Unlock()
	for i, s := range kept {
		until := next
		if i+1 < len(kept) {
			until = kept[i+1].first
		}
		if err := l.each(s, from, until, f); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for a segment's records between two numbers.
func (l *Log) each(s segment, from, until uint64, f func(number uint64, record []byte) error) error {
	return l.with(s, 0, func(r *reader) error {
		for number := s.first; number < until; number++ {
			at := r.offset
			_, data, ok, err := r.next()
			if err == nil && !ok {
				err = l.damage(s.generation, at, fmt.Sprintf("record %d is not whole", number))
			}
			if err == nil && number >= from {
				err = f(number, data)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// reread reads one record.
func (l *Log) reread(p place) (record []byte, err error) {
	err = l.with(segment{generation: p.generation}, p.offset, func(r *reader) error {
		_, data, ok, err := r.next()
		if err == nil && !ok {
			err = l.damage(p.generation, p.offset, "a record is not whole any more")
		}
		record = data
		return err
	})
	return record, err
}
