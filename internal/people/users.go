// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "github.com/otelcol-usage/otelcol-usage/internal/period"

// Users are the user ids of an organization: a block each, and which of them are
// one person.
type Users struct {
	Aliases
	// Unnamed marks those whose ids were erased.
	Unnamed Bitmap
	Blocks
	// Pairs numbers what periodic entries are about.
	Pairs   Pairs
	Persons Timelines
}

// NewUsers returns those of an organization without users.
func NewUsers(layout *Layout) Users {
	return Users{Blocks: *New(layout)}
}

// Hash returns the keyed hash of a user's id.
func (u *Users) Hash(slot uint32) uint64 { return u.blocks.word(slot) }

// Forget takes the hash by which a user is found: nobody is found by what is put
// in its place.
func (u *Users) Forget(slot uint32, instead uint64) {
	u.Change(slot)
	u.blocks.at(slot)[0] = instead
}

// Nameless reports whether a user's id was erased.
func (u *Users) Nameless(slot uint32) bool { return u.Unnamed.Has(slot) }

// Current returns a user's block for changing it, with its periods brought to
// those of the clock.
func (u *Users) Current(c *period.Clock, slot uint32) Block {
	b := u.At(slot)
	if period.Minute(b.Stamp()) < c.Latest {
		var room [len(BitOf)]Turn
		b.Renew(uint32(max(c.AsOf, 1)), TurnsSince(c, period.Minute(b.Stamp()), room[:0]))
	}
	return b
}

// Hashes returns those of all users' ids, by slot.
func (u *Users) Hashes() []uint64 {
	hashes := make([]uint64, u.Len())
	for slot := range hashes {
		hashes[slot] = u.Hash(uint32(slot))
	}
	return hashes
}

// Adopt takes all users of blocks that are laid out otherwise, where there are none
// yet: what is not claimed any more is dropped. Index follows.
func (u *Users) Adopt(old *Blocks) error {
	var e Encoder
	var data []byte
	u.Reserve(old.Len())
	for chunk := range old.Chunks() {
		data = e.AppendChunk(data[:0], old, chunk)
		if err := u.DecodeChunk(chunk, data); err != nil {
			return err
		}
	}
	for slot := uint32(0); int(slot) < u.Len(); slot += chunkBlocks {
		u.Change(slot)
	}
	return nil
}
