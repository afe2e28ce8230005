// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"slices"
)

// Periodic is set in the id of an entry whose word has period bits, which Renew
// shifts, and whose at is a minute.
const Periodic = 1

// Entry is a view of something that few users have, or of which a user has
// several. It is good until entries are inserted or removed, or a user is.
//
//	id 4, not 0 | at 4 | word 8
type Entry struct {
	guard
	words *[entryWords]uint64
}

// entry is what an Entry shows.
type entry struct {
	id, at uint32
	word   uint64
	known  bool // see Take
}

// key is the first word of an entry.
func (e entry) key() uint64 { return uint64(e.at)<<32 | uint64(e.id) }

// ID returns what the entry is about.
func (e Entry) ID() uint32 {
	e.check()
	return uint32(e.words[0])
}

// At returns when that was, or which one it is.
func (e Entry) At() uint32 {
	e.check()
	return uint32(e.words[0] >> 32)
}

// SetAt sets At. No other entry of the user may have the same ID and At.
func (e Entry) SetAt(at uint32) {
	e.checkStore()
	e.words[0] = e.words[0]&0xffffffff | uint64(at)<<32
}

// Word returns the entry's value.
func (e Entry) Word() uint64 {
	e.check()
	return e.words[1]
}

// SetWord sets the entry's value.
func (e Entry) SetWord(w uint64) {
	e.checkStore()
	e.words[1] = w
}

// Find returns the first entry with an id.
func (b Block) Find(id uint32) (e Entry, known bool) {
	l := b.blocks.layout
	for i := range l.places { // nearly always it is one of these
		words := (*[entryWords]uint64)(b.words[l.first+entryWords*i:])
		switch uint32(words[0]) {
		case id:
			return Entry{guard: b.blocks.moves.guardEntry(b.blocks, b.slot), words: words}, true
		case 0:
			return Entry{}, false
		}
	}
	c, known := b.seek(uint64(id), idBits)
	if !known {
		return Entry{}, false
	}
	return c.Entry(), true
}

// FindAt returns the entry with an id and at.
func (b Block) FindAt(id, at uint32) (e Entry, known bool) {
	c, known := b.seek(entry{id: id, at: at}.key(), allBits)
	if !known {
		return Entry{}, false
	}
	return c.Entry(), true
}

// Insert appends an entry with an id, which is not 0, and an at that no other
// entry with this id has. Its word is 0.
func (b Block) Insert(id, at uint32) Entry {
	b.Change()
	c, _ := b.seek(0, idBits) // a free place
	c.put(entry{id: id, at: at})
	return c.Entry()
}

// Remove takes the entry with an id and at out, and reports whether there was
// one.
func (b Block) Remove(id, at uint32) bool {
	c, known := b.seek(entry{id: id, at: at}.key(), allBits)
	if known {
		c.Remove()
	}
	return known
}

// Entries returns a cursor before the first of the user's entries, in the order
// in which they were inserted:
//
//	for c := block.Entries(); c.Next(); {
//		c.Entry() ...
//	}
func (b Block) Entries() Cursor {
	b.check()
	l := b.blocks.layout
	c := Cursor{guard: b.blocks.moves.guardEntry(b.blocks, b.slot), block: b, place: -entryWords}
	if l.entries {
		c.run = b.words[l.first : l.first+entryWords*l.places]
	}
	return c
}

// Cursor goes through the entries of a user. They stand without gaps: first in
// the block, then in a chain of nodes, of which the last one is not empty.
type Cursor struct {
	guard
	block Block
	run   []uint64 // the places of the block, then of a node
	place int      // the word in run at which the current entry begins
	node  uint32   // number of the node + 1, 0 for the block
}

// Next goes to the next entry and reports whether there is one. After the last
// one it is not to be called again.
func (c *Cursor) Next() bool {
	c.check()
	c.place += entryWords
	if c.place == len(c.run) && !c.follow() {
		return false
	}
	return uint32(c.run[c.place]) != 0
}

// Entry returns the current entry.
func (c *Cursor) Entry() Entry {
	return Entry{guard: c.guard, words: (*[entryWords]uint64)(c.run[c.place:])}
}

const (
	idBits  = 1<<32 - 1
	allBits = 1<<64 - 1
)

// seek returns a cursor at the first entry whose key has these bits, or behind
// the last one.
func (b Block) seek(key, bits uint64) (Cursor, bool) {
	c := b.Entries()
	for {
		for c.place = 0; c.place < len(c.run); c.place += entryWords {
			switch w := c.run[c.place]; {
			case w&bits == key:
				return c, true
			case w == 0:
				return c, false
			}
		}
		if !c.follow() {
			return c, false
		}
	}
}

// follow goes on to the first place of the next node, if there is one.
func (c *Cursor) follow() bool {
	link := c.link()
	if link == 0 {
		return false
	}
	c.run, c.place, c.node = c.block.blocks.spill.at(link-1), 0, link
	return true
}

func (c *Cursor) link() uint32 {
	switch {
	case c.node != 0:
		return c.block.blocks.spill.link(c.node - 1)
	case c.block.blocks.layout.entries:
		return c.block.Get32(linkHalf)
	}
	return 0
}

// chain sets what follows the node at which the cursor stands.
func (c *Cursor) chain(link uint32) {
	if c.node != 0 {
		c.block.blocks.spill.setLink(c.node-1, link)
	} else {
		c.block.Set32(linkHalf, link)
	}
}

// put fills the place behind the last entry, at which Next has found nothing.
func (c *Cursor) put(of entry) {
	if c.place == len(c.run) {
		if !c.block.blocks.layout.entries {
			panic("people: an entry of a user is inserted, but no meter has claimed any")
		}
		c.chain(c.block.blocks.spill.take() + 1)
		c.follow()
	}
	c.run[c.place], c.run[c.place+1] = of.key(), of.word
	c.renew()
}

// renew makes the views of other entries stale, which may have moved.
func (c *Cursor) renew() {
	c.block.blocks.moves.entry()
	c.guard = c.block.blocks.moves.guardEntry(c.block.blocks, c.block.slot)
}

// Remove takes the current entry out. Next goes to the one behind it.
func (c *Cursor) Remove() {
	c.check()
	c.block.Change()
	last, from := *c, *c
	for from.Next() {
		copy(last.run[last.place:], from.run[from.place:from.place+entryWords])
		last = from
	}
	clear(last.run[last.place : last.place+entryWords])
	c.place -= entryWords
	if last.node != 0 && last.place == 0 {
		c.block.dropLast(last.node) // if it is the cursor's, Next finds nothing in it
	}
	c.renew()
}

// Take moves those entries of another user to this one whose ids are wanted, of
// which each user has one at the most. Where this user has one with the id, unite
// brings what the other one has into it.
func (b Block) Take(from Block, wanted func(id uint32) bool, unite func(e Entry, at uint32, word uint64)) {
	moved := from.takeOut(wanted)
	if len(moved) == 0 {
		return
	}
	slices.SortFunc(moved, compareEntries)
	b.Change()
	c := b.Entries()
	for c.Next() {
		e := c.Entry()
		i, both := slices.BinarySearchFunc(moved, e.ID(), func(m entry, id uint32) int { return cmp.Compare(m.id, id) })
		if both {
			unite(e, moved[i].at, moved[i].word)
			moved[i].known = true
		}
	}
	for _, m := range moved {
		if !m.known {
			c.put(m)
			c.Next()
		}
	}
}

// takeOut takes the entries out whose ids are wanted.
func (b Block) takeOut(wanted func(id uint32) bool) (out []entry) {
	var kept []entry
	for c := b.Entries(); c.Next(); {
		e := c.Entry()
		of := entry{id: e.ID(), at: e.At(), word: e.Word()}
		if wanted(of.id) {
			out = append(out, of)
		} else {
			kept = append(kept, of)
		}
	}
	if len(out) == 0 {
		return nil
	}
	b.Change()
	b.clearEntries()
	l := b.blocks.layout
	clear(b.words[l.first : l.first+entryWords*l.places])
	b.Set32(linkHalf, 0)
	c := b.Entries()
	for _, of := range kept {
		c.Next()
		c.put(of)
	}
	return out
}

// dropLast gives the last node of the chain, by its number + 1, back.
func (b Block) dropLast(node uint32) {
	c := b.Entries()
	for c.link() != node {
		c.follow()
	}
	c.chain(0)
	b.blocks.spill.release(node - 1)
}

// clearEntries takes all entries out of the spill.
func (b Block) clearEntries() {
	for link := b.Get32(linkHalf); link != 0; {
		node := link - 1
		link = b.blocks.spill.link(node)
		b.blocks.spill.release(node)
	}
	b.blocks.moves.entry()
}
