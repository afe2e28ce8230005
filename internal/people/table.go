// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// table finds the slot of a user by the leading half of a keyed hash, in one
// cache line nearly always. Slots are found in the blocks, which know the whole
// hash.
//
//	segments   by the leading bits of a hash, 1 to thousands; several numbers
//	           may lead to one segment
//	segment    lines of 8 entries, at most 3/4 full; a hash's home is a line,
//	           what is too much for it stands in the next ones
//	entry      hash >> 32 : 32 | slot + 1 : 32, or 0
//
// A segment that is full grows by an eighth, one of the largest size becomes
// two. So no insertion moves more than maxLines lines, and an entry costs 10.7
// to 12 bytes.
type table struct {
	segments []*segment
	depth    uint // leading bits that number them
}

type segment struct {
	entries []uint64
	used    int
	depth   uint // leading bits that its hashes have in common
}

const (
	lineEntries = 8
	maxLines    = 1 << 12 // a segment: 256 KiB
	// maxDepth bounds the number of segments where hashes are none.
	maxDepth = 20
)

// newTable returns a table with room for so many users.
func newTable(users int) table {
	var t table
	for users>>t.depth > maxLines*lineEntries*5/8 && t.depth < maxDepth {
		t.depth++
	}
	t.segments = make([]*segment, 1<<t.depth)
	for i := range t.segments {
		t.segments[i] = newSegment(users>>t.depth, t.depth)
	}
	return t
}

// newSegment returns a segment of which so many users take two thirds.
func newSegment(users int, depth uint) *segment {
	lines := users*3/(2*lineEntries) + 1
	return &segment{entries: make([]uint64, lines*lineEntries), depth: depth}
}

func tagOf(hash uint64) uint32 { return uint32(hash >> 32) }

func (t *table) segment(tag uint32) *segment { return t.segments[tag>>(32-t.depth)] }

// home returns the place at which the search for a hash begins.
func (s *segment) home(tag uint32) int {
	lines := uint64(len(s.entries) / lineEntries)
	return int(uint64(tag<<s.depth)*lines>>32) * lineEntries
}

// next returns the place behind i.
func (s *segment) next(i int) int {
	if i++; i == len(s.entries) {
		return 0
	}
	return i
}

// insert enters a hash that is not in the table.
func (t *table) insert(hash uint64, slot uint32) {
	tag := tagOf(hash)
	s := t.segment(tag)
	for (s.used+1)*4 > len(s.entries)*3 {
		if len(s.entries) < maxLines*lineEntries || s.depth == maxDepth {
			s.grow()
		} else {
			t.split(s, tag)
			s = t.segment(tag)
		}
	}
	s.place(uint64(tag)<<32 | uint64(slot+1))
}

func (s *segment) place(entry uint64) {
	i := s.home(tagOf(entry))
	for s.entries[i] != 0 {
		i = s.next(i)
	}
	s.entries[i] = entry
	s.used++
}

func (s *segment) grow() {
	old := s.entries
	lines := len(old) / lineEntries
	*s = segment{entries: make([]uint64, (lines+max(1, lines/8))*lineEntries), depth: s.depth}
	for _, entry := range old {
		if entry != 0 {
			s.place(entry)
		}
	}
}

// split makes two of the segment in which a tag is.
func (t *table) split(s *segment, tag uint32) {
	if s.depth == t.depth {
		t.double()
	}
	depth := s.depth + 1
	upper := func(entry uint64) bool { return tagOf(entry)>>(32-depth)&1 != 0 }
	count := 0
	for _, entry := range s.entries {
		if entry != 0 && upper(entry) {
			count++
		}
	}
	low, high := newSegment(s.used-count, depth), newSegment(count, depth)
	for _, entry := range s.entries {
		switch {
		case entry == 0:
		case upper(entry):
			high.place(entry)
		default:
			low.place(entry)
		}
	}
	// The numbers that led to the segment are neighbours.
	each := 1 << (t.depth - depth)
	first := int(tag>>(32-s.depth)) << (t.depth - s.depth)
	for i := range each {
		t.segments[first+i], t.segments[first+each+i] = low, high
	}
}

// double gives each segment twice as many numbers.
func (t *table) double() {
	segments := make([]*segment, 2*len(t.segments))
	for i := range segments {
		segments[i] = t.segments[i/2]
	}
	t.segments, t.depth = segments, t.depth+1
}

func (t *table) bytes() int {
	const ofSegment = 48
	n := 8 * len(t.segments)
	for i, s := range t.segments {
		if i == 0 || t.segments[i-1] != s {
			n += ofSegment + 8*len(s.entries)
		}
	}
	return n
}
