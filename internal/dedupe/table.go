// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package dedupe

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/prefetch"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// compare orders keys as runs do.
func compare(a, b usage.UID) int {
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0])
	}
	return cmp.Compare(a[1], b[1])
}

// free is the key of a free slot.
var free usage.UID

// table is a set of keys in memory that keeps its memory when it is emptied. A
// key's home is the slot whose place among the slots is that of the key among
// all keys there can be, so the keys are nearly in order: neither growing nor
// reading them in order jumps about in memory.
type table struct {
	slots []usage.UID // a key is in its home or, where that is taken, in the next free slot, round the end
	n     int
}

// smallest is how many slots a table begins with.
const smallest = 1024

func (t *table) home(uid usage.UID) int {
	at, _ := bits.Mul64(uid[0], uint64(len(t.slots)))
	return int(at)
}

// find returns the slot that the key is in, or would be.
func (t *table) find(uid usage.UID) int {
	at := t.home(uid)
	for t.slots[at] != uid && t.slots[at] != free {
		if at++; at == len(t.slots) {
			at = 0
		}
	}
	return at
}

func (t *table) has(uid usage.UID) bool {
	return t.n > 0 && t.slots[t.find(uid)] == uid
}

// add takes in a key, at two thirds full after doubling the slots.
func (t *table) add(uid usage.UID) {
	if 3*t.n >= 2*len(t.slots) {
		old := t.slots
		t.slots = make([]usage.UID, max(smallest, 2*len(old)))
		for _, known := range old {
			if known != free {
				t.slots[t.find(known)] = known
			}
		}
	}
	if at := t.find(uid); t.slots[at] == free {
		t.slots[at] = uid
		t.n++
	}
}

// prefetch asks for the home of a key.
func (t *table) prefetch(uid usage.UID) {
	if len(t.slots) > 0 {
		prefetch.Of(&t.slots[t.home(uid)])
	}
}

func (t *table) reset() {
	clear(t.slots)
	t.n = 0
}

// inOrder is a source of the keys. Between two free slots are the keys whose
// homes are there, so only each such stretch has to be sorted.
func (t *table) inOrder() source {
	at, round := 0, []usage.UID(nil) // keys that went round the end
	return func(to []usage.UID) ([]usage.UID, error) {
		for ; at < len(t.slots) && len(to) < batch; at++ {
			from := len(to)
			for ; at < len(t.slots) && t.slots[at] != free; at++ {
				if t.home(t.slots[at]) > at {
					round = append(round, t.slots[at])
				} else {
					to = append(to, t.slots[at])
				}
			}
			if at == len(t.slots) {
				to = append(to, round...)
			}
			slices.SortFunc(to[from:], compare)
		}
		return to, nil
	}
}
