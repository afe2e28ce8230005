// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "math/bits"

// table finds the slot of a user by the leading half of a keyed hash, in one
// cache line nearly always. Slots are found in the blocks, which know the whole
// hash.
//
//	segments   by the leading bits of a hash, 2 to thousands; several numbers
//	           may lead to one segment. Up to some ten thousand users there is
//	           the one only, at hand
//	segment    lines of 8 entries, at most 3/4 full; a hash's home is a line,
//	           what is too much for it stands in the next ones
//	entry      hash >> 32 : 32 | slot + 1 : 32, or 0
//
// A segment that is full grows by an eighth, one of the largest size becomes
// two. So no insertion moves more than maxLines lines, and an entry costs 10.7
// to 12 bytes.
type table struct {
	depth    uint       // leading bits that number segments
	only     segment    // where there are none
	segments []*segment // else
}

type segment struct {
	lines []line
	used  int
	depth uint // leading bits that its hashes have in common
}

// line is filled from the front.
type line [lineEntries]uint64

const (
	lineEntries = 8
	maxLines    = 1 << 11 // a segment: 128 KiB
	// maxDepth bounds the number of segments where hashes are none.
	maxDepth = 20
)

// newTable returns a table with room for so many users.
func newTable(users int) table {
	var t table
	for users>>t.depth > maxLines*lineEntries*5/8 && t.depth < maxDepth {
		t.depth++
	}
	if t.depth == 0 {
		t.only = newSegment(users, 0)
		return t
	}
	t.segments = make([]*segment, 1<<t.depth)
	for i := range t.segments {
		s := newSegment(users>>t.depth, t.depth)
		t.segments[i] = &s
	}
	return t
}

// newSegment returns a segment of which so many users take two thirds.
func newSegment(users int, depth uint) segment {
	return segment{lines: make([]line, users*3/(2*lineEntries)+1), depth: depth}
}

func tagOf(hash uint64) uint32 { return uint32(hash >> 32) }

// find returns the slot of the user with a hash.
func (t *table) find(blocks *arena, hash uint64) (slot uint32, known bool) {
	tag := tagOf(hash)
	s := t.segment(tag)
	for i := s.home(tag); ; i = s.next(i) {
		l := &s.lines[i]
		for same := l.match(tag); same != 0; same &= same - 1 {
			entry := l[bits.TrailingZeros32(same)%lineEntries]
			if entry == 0 {
				return 0, false
			}
			if blocks.word(uint32(entry)-1) == hash {
				return uint32(entry) - 1, true
			}
		}
		if !l.full() {
			return 0, false
		}
	}
}

// guess returns the slot of a user with the tag of a hash, nearly always of the
// one with the hash, and reads no block for it.
func (t *table) guess(hash uint64) (slot uint32, ok bool) {
	tag := tagOf(hash)
	s := t.segment(tag)
	for i := s.home(tag); ; i = s.next(i) {
		l := &s.lines[i]
		if same := l.match(tag); same != 0 {
			entry := l[bits.TrailingZeros32(same)%lineEntries]
			return uint32(entry) - 1, entry != 0
		}
		if !l.full() {
			return 0, false
		}
	}
}

func (t *table) segment(tag uint32) *segment {
	if t.depth == 0 {
		return &t.only
	}
	return t.segments[tag>>((32-t.depth)&63)]
}

// home returns the line at which the search for a hash begins.
func (s *segment) home(tag uint32) int {
	return int(uint64(tag<<(s.depth&31)) * uint64(len(s.lines)) >> 32)
}

// next returns the line behind i.
func (s *segment) next(i int) int {
	if i++; i == len(s.lines) {
		return 0
	}
	return i
}

func (l *line) full() bool { return l[lineEntries-1] != 0 }

// match returns a bit for each entry with a tag, and for the empty ones where
// the tag is 0. There is no branch in it: one that is guessed wrong would keep
// the processor from reading ahead for the next users.
func (l *line) match(tag uint32) (same uint32) {
	for i, entry := range l {
		same |= uint32(((entry>>32^uint64(tag))-1)>>63) << i
	}
	return same
}

// insert enters a hash that is not in the table.
func (t *table) insert(hash uint64, slot uint32) {
	tag := tagOf(hash)
	s := t.segment(tag)
	for (s.used+1)*4 > len(s.lines)*lineEntries*3 {
		if len(s.lines) < maxLines || s.depth == maxDepth {
			s.grow()
		} else {
			t.split(*s, tag)
			s = t.segment(tag)
		}
	}
	s.place(uint64(tag)<<32 | uint64(slot+1))
}

func (s *segment) place(entry uint64) {
	i := s.home(tagOf(entry))
	for s.lines[i].full() {
		i = s.next(i)
	}
	l, at := &s.lines[i], 0
	for l[at] != 0 {
		at++
	}
	l[at] = entry
	s.used++
}

func (s *segment) grow() {
	old := *s
	*s = segment{lines: make([]line, len(old.lines)+max(1, len(old.lines)/8)), depth: old.depth}
	for entry := range old.entries {
		s.place(entry)
	}
}

// entries yields the entries of a segment.
func (s *segment) entries(yield func(entry uint64) bool) {
	for i := range s.lines {
		for _, entry := range s.lines[i] {
			if entry == 0 {
				break
			}
			if !yield(entry) {
				return
			}
		}
	}
}

// split makes two of the segment in which a tag is.
func (t *table) split(s segment, tag uint32) {
	if s.depth == t.depth {
		t.double()
	}
	depth := s.depth + 1
	upper := func(entry uint64) bool { return tagOf(entry)>>(32-depth)&1 != 0 }
	count := 0
	for entry := range s.entries {
		if upper(entry) {
			count++
		}
	}
	low, high := newSegment(s.used-count, depth), newSegment(count, depth)
	for entry := range s.entries {
		if upper(entry) {
			high.place(entry)
		} else {
			low.place(entry)
		}
	}
	// The numbers that led to the segment are neighbours.
	each := 1 << (t.depth - depth)
	first := int(tag>>(32-s.depth)) << (t.depth - s.depth)
	for i := range each {
		t.segments[first+i], t.segments[first+each+i] = &low, &high
	}
}

// double gives each segment twice as many numbers.
func (t *table) double() {
	segments := make([]*segment, 2<<t.depth)
	for i := range t.segments {
		segments[2*i], segments[2*i+1] = t.segments[i], t.segments[i]
	}
	t.only, t.segments, t.depth = segment{}, segments, t.depth+1 // split puts two in the place of the only one
}

func (t *table) bytes() int {
	const ofSegment = 48
	n := 8*len(t.segments) + 8*lineEntries*len(t.only.lines)
	for i, s := range t.segments {
		if i == 0 || t.segments[i-1] != s {
			n += ofSegment + 8*lineEntries*len(s.lines)
		}
	}
	return n
}
