// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// model is the blocks of an organization as a newcomer would keep them.
type model []*somebody

type somebody struct {
	hash    uint64
	stamp   uint32
	fields  map[uint32]uint64
	entries []entry
}

// randomClaims asks for some of the fields 0 to 39, whose kind follows from
// their number, and perhaps for entries.
func randomClaims(r *rand.Rand) (claims []Claim) {
	for _, id := range r.Perm(40)[:r.IntN(40)] {
		claims = append(claims, Claim{ID: uint32(id), Kind: Kind(id % 4), Group: uint32(r.IntN(8))})
	}
	if r.IntN(4) > 0 {
		claims = append(claims, Claim{Kind: Places, Count: r.IntN(4)})
	}
	return claims
}

func mustLayout(t testing.TB, claims []Claim) *Layout {
	t.Helper()
	l, err := NewLayout(claims)
	require.NoError(t, err)
	return l
}

func randomTurns(r *rand.Rand) (turns []Turn) {
	for first := uint8(0); first < 56; {
		width := uint8(1 + r.IntN(8))
		turns = append(turns, Turn{First: first, Width: width, Begun: uint8(r.IntN(12))})
		first += width + uint8(r.IntN(2))
	}
	return turns
}

// shiftNaively does what Shift does, a bit at a time.
func shiftNaively(w uint64, turns []Turn) uint64 {
	for _, t := range turns {
		var kind []bool // by period
		for i := range t.Width {
			kind = append(kind, w>>(t.First+i)&1 != 0)
			w &^= 1 << (t.First + i)
		}
		for i, was := range kind {
			if to := i + int(t.Begun); was && to < len(kind) {
				w |= 1 << (int(t.First) + to)
			}
		}
	}
	return w
}

// live does something to blocks and to the model.
func live(r *rand.Rand, b *Blocks, m *model) {
	l := b.layout
	if len(*m) == 0 || r.IntN(5) == 0 {
		hash := r.Uint64()
		if len(*m) > 0 && r.IntN(10) == 0 { // nearly a known one
			hash = (*m)[r.IntN(len(*m))].hash ^ 1<<r.IntN(32)
		}
		if _, known := b.Find(hash); !known {
			b.Insert(hash)
			*m = append(*m, &somebody{hash: hash, fields: map[uint32]uint64{}})
		}
		return
	}
	slot := r.IntN(len(*m))
	block, p := b.At(uint32(slot)), (*m)[slot]
	switch r.IntN(20) {
	case 0:
		b.Clear(uint32(slot))
		*p = somebody{hash: p.hash, fields: map[uint32]uint64{}}
	case 1:
		turns := randomTurns(r)
		p.stamp += uint32(r.IntN(3000))
		block.Renew(p.stamp, turns)
		for id, v := range p.fields {
			if Kind(id%4) == Periods {
				p.fields[id] = shiftNaively(v, turns)
			}
		}
		for i := range p.entries {
			if p.entries[i].id&Periodic != 0 {
				p.entries[i].word = shiftNaively(p.entries[i].word, turns)
			}
		}
	case 2, 3, 4, 5, 6, 7, 8:
		if len(l.columns) == 0 {
			return
		}
		c := l.columns[r.IntN(len(l.columns))]
		v := r.Uint64() >> r.IntN(64)
		block.Change()
		if c.kind.wide() {
			block.Set64(l.Field64(c.id), v)
		} else {
			v = uint64(uint32(v))
			block.Set32(l.Field32(c.id), uint32(v))
		}
		p.fields[c.id] = v
	default:
		if l.entries {
			liveEntries(r, block, p)
		}
	}
}

func liveEntries(r *rand.Rand, block Block, p *somebody) {
	of := entry{id: uint32(1 + r.IntN(6)), at: uint32(r.IntN(8)), word: r.Uint64()}
	same := func(e entry) bool { return e.id == of.id && e.at == of.at }
	i := slices.IndexFunc(p.entries, same)
	switch r.IntN(4) {
	case 0, 1:
		block.Change()
		if i >= 0 {
			e, _ := block.FindAt(of.id, of.at)
			e.SetWord(of.word)
			p.entries[i].word = of.word
			return
		}
		block.Insert(of.id, of.at).SetWord(of.word)
		p.entries = append(p.entries, of)
	case 2:
		block.Remove(of.id, of.at)
		if i >= 0 {
			p.entries = slices.Delete(p.entries, i, i+1)
		}
	case 3: // all with an id, or all
		all := r.IntN(10) == 0
		for c := block.Entries(); c.Next(); {
			if all || c.Entry().ID() == of.id {
				c.Remove()
			}
		}
		p.entries = slices.DeleteFunc(p.entries, func(e entry) bool { return all || e.id == of.id })
	}
}

// requireModel compares the fields and entries that a layout has.
func requireModel(t *testing.T, m model, b *Blocks) {
	t.Helper()
	require.Equal(t, len(m), b.Len())
	for slot, p := range m {
		found, known := b.Find(p.hash)
		require.True(t, known)
		require.EqualValues(t, slot, found)
		block := b.At(found)
		require.Equal(t, p.hash, block.Hash())
		require.Equal(t, p.stamp, block.Stamp())
		for _, c := range b.layout.columns {
			if c.kind.wide() {
				require.Equal(t, p.fields[c.id], block.Get64(b.layout.Field64(c.id)))
			} else {
				require.EqualValues(t, p.fields[c.id], block.Get32(b.layout.Field32(c.id)))
			}
		}
		if b.layout.entries {
			require.Equal(t, append([]entry(nil), p.entries...), entriesOf(block))
		}
	}
}

func entriesOf(block Block) (entries []entry) {
	for c := block.Entries(); c.Next(); {
		e := c.Entry()
		entries = append(entries, entry{id: e.ID(), at: e.At(), word: e.Word()})
	}
	return entries
}

// build makes blocks of a model, by another way than it came about.
func (m model) build(r *rand.Rand, l *Layout) *Blocks {
	b := New(l)
	for _, p := range m {
		b.Insert(p.hash)
	}
	for _, slot := range r.Perm(len(m)) {
		block, p := b.At(uint32(slot)), m[slot]
		block.Change()
		block.SetStamp(p.stamp)
		for _, c := range l.columns {
			c.spot().set(block.words, p.fields[c.id])
		}
		if !l.entries {
			continue
		}
		for i := range 9 { // nodes come and go in between
			block.Insert(99, uint32(i))
		}
		for _, i := range r.Perm(len(p.entries)) {
			of := p.entries[i]
			block.Insert(of.id, of.at).SetWord(of.word)
		}
		for i := range 9 {
			block.Remove(99, uint32(i))
		}
	}
	return b
}

// sorted is the model as it is when it was stored.
func (m model) sorted() (sorted model) {
	for _, p := range m {
		copied := *p
		copied.entries = slices.Clone(p.entries)
		slices.SortFunc(copied.entries, compareEntries)
		sorted = append(sorted, &copied)
	}
	return sorted
}
