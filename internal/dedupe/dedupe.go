// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

// Package dedupe remembers which items were counted, so that one that is sent
// again is not counted again. It is exact, and a key that was never seen costs
// no disk read.
//
//	            Add                Seal, Write           Flushed
//	new key ----------> recent ----------------> disk ------------> (disk only)
//	           |
//	           +------> filter of its epoch
//
// Sixteen days make an epoch. Each has a Bloom filter in memory, of 2 bytes a
// key and one cache line a look-up, which answers for nearly every new key: one
// in a thousand goes on to the recent keys and to one look-up on disk. An epoch
// is dropped as a whole, with one range deletion and its filter.
//
// On disk, behind the prefix that the owner gives:
//
//	first day of the epoch (2, big endian)   uid (16, big endian)   -> nothing
//
// What is in memory only is lost when the process ends: the owner writes keys
// beside what was counted and adds them again after Open. Adding a key twice
// does no harm.
//
// A Set has one owner. Only Write may run beside Seen and Add.
package dedupe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// epochDays is how many days share a filter and a range on disk. A new key is
// looked up in the filters of all epochs, three or four in an acceptance span
// of 35 days, and a dropped epoch was kept for up to 15 days more than needed:
// fewer days would save memory and cost each item a cache miss more.
const epochDays = 16

// Set is the keys of counted items.
type Set struct {
	db     *pebble.DB
	prefix []byte
	epochs []*epoch // newest first
	floor  uint16   // epochs before it were dropped
	recent keySet   // not on disk
	sealed keySet   // on their way to disk
	buffer []byte   // of a key
	sorted []entry  // scratch of Write
}

// epoch is the keys of epochDays days.
type epoch struct {
	first  uint16 // day
	count  int
	filter filter
}

func epochOf(day uint16) uint16 { return day - day%epochDays }

// Open reads which keys there are. prefix is that of all keys of the set;
// today tells which epochs will go on to grow.
func Open(db *pebble.DB, prefix []byte, today uint16) (*Set, error) {
	s := &Set{db: db, prefix: slices.Clone(prefix), buffer: slices.Clone(prefix)}
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: s.prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, err
	}
	var e *epoch
	for ok := it.First(); ok; ok = it.Next() {
		key := it.Key()[len(prefix):]
		if len(key) != 18 {
			err = fmt.Errorf("key of %d bytes among the keys of counted items, which have 18: restore a backup", len(key))
			break
		}
		if first := binary.BigEndian.Uint16(key); e == nil || e.first != first {
			if e, err = s.read(first, today); err != nil {
				break
			}
		}
		e.add(usage.UID{binary.BigEndian.Uint64(key[2:]), binary.BigEndian.Uint64(key[10:])})
	}
	return s, errors.Join(err, it.Error(), it.Close())
}

// bytesPerKey is what a key takes on disk, at least: most of it is random.
const bytesPerKey = 17

// read makes the epoch for keys on disk, with room for about as many as there
// are and, where there will be more, as the one before has.
func (s *Set) read(first, today uint16) (*epoch, error) {
	last := appendKey(slices.Clone(s.prefix), first, usage.UID{math.MaxUint64, math.MaxUint64})
	size, err := s.db.EstimateDiskUsage(s.key(first, usage.UID{}), last)
	if err != nil {
		return nil, err
	}
	room := int(size / bytesPerKey)
	if first >= epochOf(today) && len(s.epochs) > 0 {
		room = max(room, s.epochs[0].count)
	}
	return s.insert(first, room), nil
}

func (s *Set) insert(first uint16, room int) *epoch {
	e := &epoch{first: first}
	e.filter.grow(room)
	at, _ := slices.BinarySearchFunc(s.epochs, first, func(e *epoch, first uint16) int { return int(first) - int(e.first) })
	s.epochs = slices.Insert(s.epochs, at, e)
	return e
}

func (e *epoch) add(uid usage.UID) {
	e.filter.add(uid)
	e.count++
}

// Seen reports whether a key was added, with whichever day: an item that is sent
// again with another time is the same item.
func (s *Set) Seen(uid usage.UID) (bool, error) {
	looked := false
	for _, e := range s.epochs {
		if !e.filter.has(uid) {
			continue
		}
		if !looked && (s.recent.has(uid) || s.sealed.has(uid)) {
			return true, nil
		}
		looked = true
		if found, err := s.onDisk(e.first, uid); found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// Touch reads the part of memory that Seen and Add will need for a key. The
// number means nothing: it is there so that the reading is done.
func (s *Set) Touch(uid usage.UID) (n uint64) {
	for _, e := range s.epochs {
		for i := range e.filter.layers {
			n += e.filter.layers[i].block(uid)[0]
		}
	}
	if len(s.recent.index) > 0 {
		n += uint64(s.recent.index[uid[1]&uint64(len(s.recent.index)-1)])
	}
	return n
}

func (s *Set) onDisk(first uint16, uid usage.UID) (bool, error) {
	_, closer, err := s.db.Get(s.key(first, uid))
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up a counted item: %w", err)
	}
	return true, closer.Close()
}

// Add remembers a key that Seen does not know. Days before what was dropped
// are passed over.
func (s *Set) Add(day uint16, uid usage.UID) {
	first := epochOf(day)
	if first < s.floor || s.sealed.has(uid) || !s.recent.add(entry{uid, first}) {
		return
	}
	s.epoch(first).add(uid)
}

// epoch returns the epoch that begins at a day. A newer one than all before is
// given room for as many keys as the last one has.
func (s *Set) epoch(first uint16) *epoch {
	for _, e := range s.epochs {
		if e.first == first {
			return e
		}
	}
	room := 0
	if len(s.epochs) > 0 && s.epochs[0].first < first {
		room = s.epochs[0].count
	}
	return s.insert(first, room)
}

// Flush writes the recent keys, in order, into a batch. Until Flushed they are
// found in memory.
func (s *Set) Flush(b *pebble.Batch) error {
	s.Seal()
	return s.Write(b)
}

// Seal sets the recent keys apart for Write. What is sealed already stays.
func (s *Set) Seal() {
	if len(s.sealed.entries) == 0 {
		s.recent, s.sealed = s.sealed, s.recent
		return
	}
	for _, e := range s.recent.entries {
		s.sealed.add(e)
	}
	s.recent.reset()
}

// Write writes the sealed keys, in order, into a batch. It may run beside Seen
// and Add, so that nobody waits for the sorting.
func (s *Set) Write(b *pebble.Batch) error {
	s.sorted = append(s.sorted[:0], s.sealed.entries...)
	slices.SortFunc(s.sorted, entry.compare)
	key := make([]byte, 0, len(s.prefix)+18)
	for _, e := range s.sorted {
		key = appendKey(append(key[:0], s.prefix...), e.first, e.uid)
		if err := b.Set(key, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// Flushed says that the batch of the last Flush, or Write, is on disk. One is
// under way at a time.
func (s *Set) Flushed() { s.sealed.reset() }

// Drop forgets the days before a day, on disk with the batch; some of the
// latest of them stay until their epoch is past.
func (s *Set) Drop(before uint16, b *pebble.Batch) error {
	if epochOf(before) <= s.floor {
		return nil
	}
	s.floor = epochOf(before)
	s.epochs = slices.DeleteFunc(s.epochs, func(e *epoch) bool { return e.first < s.floor })
	return b.DeleteRange(s.prefix, s.key(s.floor, usage.UID{}), nil)
}

// Len returns how many keys there are. One that was added again while it was
// on disk is counted twice until the next Open.
func (s *Set) Len() int {
	n := 0
	for _, e := range s.epochs {
		n += e.count
	}
	return n
}

// key returns a key as on disk. It is valid until the next call.
func (s *Set) key(first uint16, uid usage.UID) []byte {
	s.buffer = appendKey(s.buffer[:len(s.prefix)], first, uid)
	return s.buffer
}

func appendKey(to []byte, first uint16, uid usage.UID) []byte {
	to = binary.BigEndian.AppendUint16(to, first)
	to = binary.BigEndian.AppendUint64(to, uid[0])
	return binary.BigEndian.AppendUint64(to, uid[1])
}

// after returns the first key behind all that begin with prefix, nil where
// there is no such key.
func after(prefix []byte) []byte {
	end := bytes.TrimRight(prefix, "\xff")
	if len(end) == 0 {
		return nil
	}
	end = slices.Clone(end)
	end[len(end)-1]++
	return end
}
