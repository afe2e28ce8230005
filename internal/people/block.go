// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

// Block is a view of what is kept of one user, good until the next Insert.
// Change comes before the first store.
type Block struct {
	guard
	words  []uint64
	blocks *Blocks
	slot   uint32
}

// Slot returns whose block it is.
func (b Block) Slot() uint32 { return b.slot }

// Hash returns the keyed hash of the user's id.
func (b Block) Hash() uint64 {
	b.check()
	return b.words[0]
}

// Stamp returns the minute to whose periods the block was brought, 0 for none.
func (b Block) Stamp() uint32 { return b.Get32(stampHalf) }

// SetStamp sets that minute, where there are no periods to be shifted.
func (b Block) SetStamp(minute uint32) { b.Set32(stampHalf, minute) }

// Change notes that the block, or an entry of its user, is about to change.
func (b Block) Change() { b.blocks.Change(b.slot) }

// Get32 returns a Half or Minute.
func (b Block) Get32(f Field32) uint32 {
	b.checkField(int(f), false)
	return half(b.words, int(f))
}

// Set32 sets a Half or Minute.
func (b Block) Set32(f Field32, v uint32) {
	b.checkField(int(f), false)
	b.checkStore()
	setHalf(b.words, int(f), v)
}

// Get64 returns a Word or Periods.
func (b Block) Get64(f Field64) uint64 {
	b.checkField(int(f), true)
	return b.words[f]
}

// SetPlace sets a Place, which changes nothing that is stored.
func (b Block) SetPlace(f Field32, v uint32) {
	b.checkField(int(f), false)
	setHalf(b.words, int(f), v)
}

// Set64 sets a Word or Periods.
func (b Block) Set64(f Field64, v uint64) {
	b.checkField(int(f), true)
	b.checkStore()
	b.words[f] = v
}

func half(words []uint64, i int) uint32 { return uint32(words[i/2] >> (i % 2 * 32)) }

func setHalf(words []uint64, i int, v uint32) {
	w, by := &words[i/2], i%2*32
	*w = *w&^(0xffffffff<<by) | uint64(v)<<by
}
