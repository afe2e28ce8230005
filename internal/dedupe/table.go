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
//
// It grows by a few slots with each new key: whoever adds one holds up others, who
// would wait for a fifth of a second where a million keys are moved at once. Keys go
// on being added where they have not yet moved, so that new memory is touched in order:
// having it from the system takes most of that time.
//
//	old    moved moved moved | key key key key        read, and added to, from here on
//	slots  key key key key key key - - - - - - - -    room for those that follow
type table struct {
	slots []usage.UID // a key is in its home or, where that is taken, in the next free slot, round the end
	n     int
	old   []usage.UID // while it grows, the slots of before
	moved int         // of old, from the first on
	stale bool        // keys that were forgotten are still in the slots, of which n is 0
}

const (
	// smallest is how many slots a table begins with.
	smallest = 1024
	// movedAtOnce is how many slots are moved with a new key, so that old ones are three
	// quarters full at the most when the last of them are.
	movedAtOnce = 16
)

// home returns the home of a key in some slots.
func home(slots []usage.UID, uid usage.UID) int {
	at, _ := bits.Mul64(uid[0], uint64(len(slots)))
	return int(at)
}

// find returns the slot that the key is in, or would be.
func find(slots []usage.UID, uid usage.UID) int {
	at := home(slots, uid)
	for slots[at] != uid && slots[at] != free {
		if at++; at == len(slots) {
			at = 0
		}
	}
	return at
}

func (t *table) has(uid usage.UID) bool {
	return t.n > 0 && (t.slots[find(t.slots, uid)] == uid || len(t.old) > 0 && t.old[find(t.old, uid)] == uid)
}

// add takes in a key. Two thirds full, a table begins to double its slots.
func (t *table) add(uid usage.UID) {
	t.clean()
	if len(t.old) > 0 {
		t.move()
	} else if 3*t.n >= 2*len(t.slots) {
		t.old, t.moved = t.slots, 0
		t.slots = make([]usage.UID, max(smallest, 2*len(t.old)))
	}
	if len(t.old) > 0 {
		if at := find(t.old, uid); t.old[at] == uid || at >= t.moved {
			t.put(t.old, at, uid)
			return
		}
	}
	t.put(t.slots, find(t.slots, uid), uid)
}

// put has a slot hold a key, which it may hold already.
func (t *table) put(slots []usage.UID, at int, uid usage.UID) {
	if slots[at] == free {
		slots[at] = uid
		t.n++
	}
}

// move copies the keys of the next slots of before.
func (t *table) move() {
	to := min(t.moved+movedAtOnce, len(t.old))
	for _, known := range t.old[t.moved:to] {
		if known != free {
			t.slots[find(t.slots, known)] = known
		}
	}
	if t.moved = to; to == len(t.old) {
		t.old = nil
	}
}

// prefetch asks for the homes of a key.
func (t *table) prefetch(uid usage.UID) {
	if len(t.slots) > 0 {
		prefetch.Of(&t.slots[home(t.slots, uid)])
	}
	if len(t.old) > 0 {
		prefetch.Of(&t.old[home(t.old, uid)])
	}
}

// forget empties the table. Its slots are cleared by clean, which takes a while.
func (t *table) forget() { t.n, t.old, t.stale = 0, nil, t.stale || t.n > 0 }

func (t *table) clean() {
	if t.stale {
		clear(t.slots)
		t.stale = false
	}
}

// inOrder are sources of the keys, each of which one of them has.
func (t *table) inOrder() (sources []source) {
	if t.n > 0 {
		sources = append(sources, inOrder(t.slots, 0))
	}
	if len(t.old) > 0 {
		sources = append(sources, inOrder(t.old, t.moved))
	}
	return sources
}

// inOrder is a source of the keys of slots, from one on. Between two free slots are the
// keys whose homes are there, so only each such stretch has to be sorted.
func inOrder(slots []usage.UID, at int) source {
	var round []usage.UID // keys that went round the end
	return func(to []usage.UID) ([]usage.UID, error) {
		for ; at < len(slots) && len(to) < batch; at++ {
			from := len(to)
			for ; at < len(slots) && slots[at] != free; at++ {
				if home(slots, slots[at]) > at {
					round = append(round, slots[at])
				} else {
					to = append(to, slots[at])
				}
			}
			if at == len(slots) {
				to = append(to, round...)
			}
			slices.SortFunc(to[from:], compare)
		}
		return to, nil
	}
}
