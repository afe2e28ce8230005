// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "math/bits"

const (
	// chunkBlocks is how many items are gained at once from the 64th on.
	chunkBlocks = 64
	// slabWords is the most that is allocated at once: 1 MiB.
	slabWords = 1 << 17
)

// arena is a row of items of equally many words, found by their number. It
// stands in slabs without pointers, which the garbage collector does not look
// into. All but the last slab are full-sized; the last one grows by copying,
// so that what is not used yet is an eighth of all, or less than a chunk.
//
//	first  [ item 0 | item 1 | ... ]
//	more   [ ... ] [ ... | item n-1 | room ]
type arena struct {
	stride int      // words an item
	shift  uint     // a slab has 1<<shift items
	first  []uint64 // the slab that most arenas have only, so that an item is one step away
	more   [][]uint64
	n      uint32
	known  uint32 // how many items are known to come
}

func newArena(stride int) arena {
	perSlab := max(slabWords/stride, chunkBlocks)
	return arena{stride: stride, shift: uint(bits.Len(uint(perSlab)) - 1)}
}

// place returns where an item stands. Masks spare the compiler the shifts that
// are longer than a word.
func (a *arena) place(n uint32) (slab []uint64, i int) {
	slab = a.first
	if number := n >> (a.shift & 31); number > 0 {
		slab = a.more[number-1]
	}
	return slab, int(n&(1<<(a.shift&31)-1)) * a.stride
}

// slab returns the slab of a number, which may be the next one.
func (a *arena) slab(number int) *[]uint64 {
	if number == 0 {
		return &a.first
	}
	if number > len(a.more) {
		a.more = append(a.more, nil)
	}
	return &a.more[number-1]
}

// at returns the words of an item, good until the next call of add.
func (a *arena) at(n uint32) []uint64 {
	slab, i := a.place(n)
	return slab[i : i+a.stride : i+a.stride]
}

// word returns the first word of an item.
func (a *arena) word(n uint32) uint64 {
	slab, i := a.place(n)
	return slab[i]
}

// add appends an item of zeros. It reports whether the others have moved.
func (a *arena) add() (n uint32, moved bool) {
	n = a.n
	slab, i := a.slab(int(n>>a.shift)), int(n&(1<<a.shift-1))*a.stride
	if i == len(*slab) {
		items := i / a.stride
		grown := make([]uint64, min(items+a.step(), 1<<a.shift)*a.stride)
		moved = copy(grown, *slab) > 0
		*slab = grown
	}
	a.n++
	return n, moved
}

// step is how many items to make room for: 1, 2, 4, ... 64 in all, then an
// eighth more in whole chunks.
func (a *arena) step() int {
	switch {
	case a.n < a.known:
		return int(a.known - a.n)
	case a.n < chunkBlocks:
		return max(1, int(a.n))
	}
	return max(chunkBlocks, int(a.n)/8&^(chunkBlocks-1))
}

func (a *arena) bytes() (n int) {
	n = 8 * len(a.first)
	for _, slab := range a.more {
		n += 8 * len(slab)
	}
	return n
}
