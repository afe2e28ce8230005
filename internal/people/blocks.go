// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
)

// Blocks are all that an organization keeps by user: a block a user, numbered
// from 0 in the order in which they came. They have one owner.
type Blocks struct {
	layout  *Layout
	changed Bitmap  // chunks
	saving  *Saving // nil: none is under way
	table   table
	blocks  arena
	spill   spill
	moves   moves
}

// New returns the blocks of an organization without users.
func New(layout *Layout) *Blocks {
	return &Blocks{layout: layout, table: newTable(0), blocks: newArena(layout.words), spill: newSpill()}
}

// Layout returns where everything stands in a block.
func (b *Blocks) Layout() *Layout { return b.layout }

// Len returns the number of users.
func (b *Blocks) Len() int { return int(b.blocks.n) }

// Find returns the slot of the user with a hash.
func (b *Blocks) Find(hash uint64) (slot uint32, known bool) { return b.table.find(&b.blocks, hash) }

// Reserve tells how many users there are going to be, so that chunks are decoded
// into the room that they need.
func (b *Blocks) Reserve(users int) { b.blocks.known = uint32(users) }

// Insert gives a hash that is not known a slot. Views of blocks and of entries
// are good until then.
func (b *Blocks) Insert(hash uint64) (slot uint32) {
	b.Change(b.blocks.n)
	slot, moved := b.blocks.add()
	if moved {
		b.moves.block()
	}
	b.blocks.at(slot)[0] = hash
	b.table.insert(hash, slot)
	return slot
}

// The users of a batch are looked up in passes, each of which reads memory that
// does not depend on what it reads for the others, so that their misses
// overlap: PrefetchTable for all, Guess for all, Prefetch for all, and Confirm
// where each is needed.

// PrefetchTable asks for the table's line of a hash.
func (b *Blocks) PrefetchTable(hash uint64) {
	tag := tagOf(hash)
	s := b.table.segment(tag)
	prefetch.Of(&s.lines[s.home(tag)])
}

// Guess returns what Find does, but without a look at the user's block: it is
// wrong of one in some hundreds where there are ten million users.
func (b *Blocks) Guess(hash uint64) (slot uint32, ok bool) { return b.table.guess(hash) }

// Prefetch asks for the first line of a user's block, by which Confirm knows them, and
// for what Change changes.
func (b *Blocks) Prefetch(slot uint32) {
	b.PrefetchLines(slot, 1)
	b.changed.prefetch(slot / chunkBlocks)
}

// PrefetchLines asks for some lines of a user's block.
func (b *Blocks) PrefetchLines(slot uint32, lines Lines) {
	words := b.blocks.at(slot)
	for ; lines != 0; lines &= lines - 1 {
		if at := lineWords * bits.TrailingZeros64(uint64(lines)); at < len(words) {
			prefetch.Of(&words[at])
		}
	}
}

// Confirm returns what Find does, at once where a guess is right.
func (b *Blocks) Confirm(guess uint32, hash uint64) (slot uint32, known bool) {
	if guess < b.blocks.n && b.blocks.word(guess) == hash {
		return guess, true
	}
	return b.Find(hash)
}

// At returns a view of a user's block.
func (b *Blocks) At(slot uint32) Block {
	return Block{guard: b.moves.guardBlock(b, slot), words: b.blocks.at(slot), blocks: b, slot: slot}
}

// Clear makes all zero that is kept of a user, but their hash.
func (b *Blocks) Clear(slot uint32) {
	b.Change(slot)
	block := b.At(slot)
	if b.layout.entries {
		block.clearEntries()
	}
	clear(block.words[1:])
}

// Change notes that a user's chunk is about to change.
func (b *Blocks) Change(slot uint32) {
	chunk := slot / chunkBlocks
	if b.saving != nil {
		b.saving.keep(chunk)
	}
	b.changed.Set(chunk)
}

// ChangeAll notes that every chunk is to be written again.
func (b *Blocks) ChangeAll() {
	for chunk := range uint32(b.Chunks()) {
		b.changed.Set(chunk)
	}
}

// Chunks returns how many chunks there are.
func (b *Blocks) Chunks() int { return (b.Len() + chunkBlocks - 1) / chunkBlocks }

// Index builds the table after all chunks were decoded. It fails where two
// users have one hash.
func (b *Blocks) Index() error {
	b.table = newTable(b.Len())
	for slot := range b.blocks.n {
		hash := b.blocks.word(slot)
		if other, known := b.Find(hash); known {
			return fmt.Errorf("users %d and %d were stored under one hash: the state is corrupt", other, slot)
		}
		b.table.insert(hash, slot)
	}
	return nil
}

// Bytes is memory, by what it is for.
type Bytes struct{ Table, Blocks, Spill int }

// Bytes returns how much memory the users take, including what is reserved for
// the next ones.
func (b *Blocks) Bytes() Bytes {
	return Bytes{
		Table:  b.table.bytes(),
		Blocks: b.blocks.bytes() + 8*cap(b.changed) + int(unsafe.Sizeof(*b)),
		Spill:  b.spill.bytes(),
	}
}
