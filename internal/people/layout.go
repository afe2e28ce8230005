// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// Kind is what a claim asks room for.
type Kind uint8

const (
	// Half is a number of 32 bits.
	Half Kind = iota
	// Minute is a Half that holds a minute: stored as its distance from the
	// block's stamp, which is short.
	Minute
	// Word is a number of 64 bits.
	Word
	// Periods is a Word with a bit for each calendar period; Renew shifts it.
	Periods
	// Ring is a Word each for the running period of a calendar kind and for those before
	// it that have figures; Renew moves them on. It takes as many IDs as words.
	Ring
	// Place is a Half that is not stored: where something that is not in the block
	// lies in memory. After a start it may be anything.
	Place
	// Places are Count inline entries. A claim of none still lets users have
	// entries, all of them in the spill.
	Places

	numKinds
)

func (k Kind) String() string {
	if k < numKinds {
		return [numKinds]string{"half", "minute", "word", "periods", "ring", "place", "places"}[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// wide reports whether a field takes a whole word.
func (k Kind) wide() bool { return k == Word || k == Periods }

// Claim is what one meter asks to keep of every user.
type Claim struct {
	// ID names the field for good: chunks are stored by it. It means nothing
	// for Places.
	ID   uint32
	Kind Kind
	// Group unites the fields that one event reads or changes. Groups are laid
	// out in the order in which they first appear, each in one cache line where
	// that is possible.
	Group uint32
	Count int        // of Places
	Of    usage.Kind // calendar kind of a Ring; what is past stands in the next group
}

// Field32 is where a Half or a Minute stands in a block, in halves.
type Field32 uint16

// Field64 is where a Word or Periods stands in a block, in words.
type Field64 uint16

const (
	stampHalf Field32 = 2
	linkHalf  Field32 = 3

	lineHalves  = 16
	lineWords   = lineHalves / 2
	entryWords  = 2
	entryHalves = 2 * entryWords
	smallHalves = 8 // blocks up to this size are not rounded up to lines

	// maxWords is the largest block that is laid out.
	maxWords = 1 << 12
)

// Layout is where everything stands in a block (see the package comment). It is
// made once from the claims of all meters, and not changed.
type Layout struct {
	words   int // a block
	columns []column
	periods []Field64
	rings   []ring
	entries bool // whether users may have entries
	places  int  // inline entries
	first   int  // word of the first of them
}

// column is a field and its stored name.
type column struct {
	id   uint32
	kind Kind
	at   uint16 // in halves or words
}

// NewLayout lays a block out. It fails where two fields have one ID, where a
// kind is unknown, or where a block would be larger than 32 KiB.
func NewLayout(claims []Claim) (*Layout, error) {
	l := &Layout{}
	claims = l.unrolled(claims)
	fields, places := 0, 0
	for _, c := range claims {
		switch {
		case c.Kind >= numKinds:
			return nil, fmt.Errorf("claim %d is of an unknown %s", c.ID, c.Kind)
		case c.Kind == Places && (c.Count < 0 || c.Count > maxWords):
			return nil, fmt.Errorf("a claim of %d places for entries: at most %d can be laid out", c.Count, maxWords)
		case c.Kind == Places:
			l.entries = true
			places += c.Count
		default:
			fields++
		}
	}
	if fields+entryWords*places > maxWords {
		return nil, fmt.Errorf("the meters' definitions keep %d fields and %d entries of every user, more than the %d words that a block may have: take classes or windows away", fields, places, maxWords)
	}
	plan := newPlan(claims, l.entries, places)
	l.columns = plan.columns
	slices.SortFunc(l.columns, func(a, b column) int { return cmp.Compare(a.id, b.id) })
	for i, c := range l.columns {
		if i > 0 && l.columns[i-1].id == c.id {
			return nil, fmt.Errorf("two fields are claimed under the number %d: each needs its own", c.id)
		}
		if c.kind == Periods {
			l.periods = append(l.periods, Field64(c.at))
		}
	}
	for i := range l.rings {
		for n := range l.rings[i].words {
			l.rings[i].words[n] = l.Field64(l.rings[i].id + uint32(n))
		}
	}
	l.close(plan.last, places)
	return l, nil
}

// ring is where the words of a claim stand, the running period's first.
type ring struct {
	id    uint32
	first uint8 // bit of the calendar kind in a word of periods
	words RingField
}

// RingField is where the words of a Ring stand in a block, the running period's
// first.
type RingField [period.Published]Field64

// unrolled returns claims with the words of rings in their places.
func (l *Layout) unrolled(claims []Claim) (all []Claim) {
	for _, c := range claims {
		if c.Kind != Ring {
			all = append(all, c)
			continue
		}
		l.rings = append(l.rings, ring{id: c.ID, first: uint8(BitOf[c.Of])})
		for n := range uint32(period.Published) {
			all = append(all, Claim{ID: c.ID + n, Kind: Word, Group: c.Group + min(n, 1)})
		}
	}
	return all
}

// Ring returns where the words of a claim stand. It panics where there is none.
func (l *Layout) Ring(id uint32) RingField {
	i := slices.IndexFunc(l.rings, func(r ring) bool { return r.id == id })
	if i < 0 {
		panic(fmt.Sprintf("people: ring %d is asked for and was not claimed", id))
	}
	return l.rings[i].words
}

// close settles the size of a block whose fields end at a half. What is left up
// to a whole line becomes more inline entries.
func (l *Layout) close(end, places int) {
	l.words = blockHalves(end, l.entries, places) / 2
	if l.entries {
		l.first = roundUp(end, entryHalves) / 2
		l.places = (l.words - l.first) / entryWords
	}
}

// blockHalves returns the size of a block with fields up to a half and places
// behind them.
func blockHalves(end int, entries bool, places int) int {
	if entries {
		end = roundUp(end, entryHalves) + entryHalves*places
	}
	if end = roundUp(end, 2); end > smallHalves {
		end = roundUp(end, lineHalves)
	}
	return end
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// Field32 returns where the Half or Minute of a claim stands. It panics where
// there is none: whoever asks has claimed it.
func (l *Layout) Field32(id uint32) Field32 { return Field32(l.column(id, false).at) }

// Field64 returns where the Word or Periods of a claim stands, and panics as
// Field32 does.
func (l *Layout) Field64(id uint32) Field64 { return Field64(l.column(id, true).at) }

func (l *Layout) column(id uint32, wide bool) column {
	c, known := l.find(id)
	if !known || c.kind.wide() != wide {
		panic(fmt.Sprintf("people: field %d is asked for otherwise than it was claimed", id))
	}
	return c
}

func (l *Layout) find(id uint32) (column, bool) {
	i, known := slices.BinarySearchFunc(l.columns, id, func(c column, id uint32) int { return cmp.Compare(c.id, id) })
	if !known {
		return column{}, false
	}
	return l.columns[i], true
}

// Lines are some of a block's lines of 64 bytes, a bit each; those from the 64th on are
// in none.
type Lines uint64

// With32 adds the line of a Half or Minute.
func (l Lines) With32(f Field32) Lines { return l | 1<<(f/lineHalves) }

// With64 adds the line of a Word or Periods.
func (l Lines) With64(f Field64) Lines { return l | 1<<(f/lineWords) }

// WithEntries adds the lines in which a user's first entries stand.
func (l Lines) WithEntries(of *Layout) Lines {
	for i := range of.places {
		l = l.With64(Field64(of.first + entryWords*i))
	}
	return l
}

// BlockBytes returns the size of a block.
func (l *Layout) BlockBytes() int { return 8 * l.words }

// Places returns how many entries of a user stand in the block itself.
func (l *Layout) Places() int { return l.places }

// plan places fields in a block that is no larger than it has to be. A group
// goes whole into the first line that has room for it; those that fit into none
// are broken over what is left, so that no group costs all users a line.
type plan struct {
	lines   []uint16 // a bit for each half that is taken, or left to entries
	columns []column
	last    int // the half behind the last that is taken
}

func newPlan(claims []Claim, entries bool, places int) *plan {
	header := 3 // hash and stamp
	if entries {
		header++
	}
	groups := grouped(claims)
	halves := header
	for _, g := range groups {
		halves += len(g.halves) + 2*len(g.words)
	}
	room := blockHalves(halves, entries, places) - entryHalves*places
	p := &plan{lines: make([]uint16, (room+lineHalves-1)/lineHalves), last: header}
	p.lines[len(p.lines)-1] = ^uint16(0) << ((room-1)%lineHalves + 1)
	p.lines[0] |= 1<<header - 1
	var rest []group
	for _, g := range groups {
		if i := slices.IndexFunc(p.lines, g.fits); i >= 0 {
			p.put(i, g)
		} else {
			rest = append(rest, g)
		}
	}
	for _, g := range rest {
		for _, c := range g.words {
			p.putAnywhere(group{words: []Claim{c}})
		}
		for _, c := range g.halves {
			p.putAnywhere(group{halves: []Claim{c}})
		}
	}
	return p
}

// group are the fields that belong together.
type group struct {
	number        uint32
	words, halves []Claim
}

func grouped(claims []Claim) (groups []group) {
	for _, c := range claims {
		if c.Kind == Places {
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.number == c.Group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{number: c.Group})
		}
		if c.Kind.wide() {
			groups[i].words = append(groups[i].words, c)
		} else {
			groups[i].halves = append(groups[i].halves, c)
		}
	}
	return groups
}

// evenHalves are those at which a word may begin.
const evenHalves = 0x5555

// wholeWords returns a bit at the first half of each word that is free.
func wholeWords(line uint16) uint16 { return ^line & (^line >> 1) & evenHalves }

// fits reports whether a line has room for all fields of the group.
func (g group) fits(line uint16) bool {
	words, halves := bits.OnesCount16(wholeWords(line)), bits.OnesCount16(^line)
	return len(g.words) <= words && len(g.halves)+2*len(g.words) <= halves
}

func (p *plan) putAnywhere(g group) {
	i := slices.IndexFunc(p.lines, g.fits)
	if i < 0 { // single halves are left, and a word has to go somewhere
		i = len(p.lines)
		p.lines = append(p.lines, 0)
	}
	p.put(i, g)
}

// put places fields in a line; halves first fill what words cannot use.
func (p *plan) put(i int, g group) {
	for _, c := range g.words {
		p.take(i, bits.TrailingZeros16(wholeWords(p.lines[i])), c)
	}
	for _, c := range g.halves {
		free, words := ^p.lines[i], wholeWords(p.lines[i])
		if single := free &^ (words | words<<1); single != 0 {
			free = single
		}
		p.take(i, bits.TrailingZeros16(free), c)
	}
}

// take gives a half of a line, or the word that begins there, to a claim.
func (p *plan) take(line, half int, c Claim) {
	at, size := line*lineHalves+half, 1
	if c.Kind.wide() {
		size = 2
	}
	p.lines[line] |= (1<<size - 1) << half
	p.last = max(p.last, at+size)
	p.columns = append(p.columns, column{c.ID, c.Kind, uint16(at / size)})
}
