// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import "math/bits"

// table finds the position of a 64-bit key in a slice of keys: open
// addressing, positions only, so that a key costs its 8 bytes and about 6 more.
//
//	slots  [ . 3 . . 0 7 . 1 ... ]   position+1, or 0
//	keys   [ k0 k1 k2 k3 ... ]
type table struct {
	keys  []uint64
	slots []uint32
}

// home spreads keys that are not hashes themselves.
func (t *table) home(key uint64) uint64 {
	hi, lo := bits.Mul64(key^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return (hi ^ lo) & uint64(len(t.slots)-1)
}

// find returns the position of key.
func (t *table) find(key uint64) (uint32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for i := t.home(key); ; i = (i + 1) & uint64(len(t.slots)-1) {
		n := t.slots[i]
		if n == 0 {
			return 0, false
		}
		if t.keys[n-1] == key {
			return n - 1, true
		}
	}
}

// add appends a key that is not in the table and returns its position.
func (t *table) add(key uint64) uint32 {
	if (len(t.keys)+1)*5 > len(t.slots)*4 {
		t.grow()
	}
	t.keys = append(t.keys, key)
	t.place(key, uint32(len(t.keys)))
	return uint32(len(t.keys) - 1)
}

func (t *table) place(key uint64, n uint32) {
	i := t.home(key)
	for t.slots[i] != 0 {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = n
}

func (t *table) grow() {
	t.slots = make([]uint32, max(8, 2*len(t.slots)))
	for n, key := range t.keys {
		t.place(key, uint32(n+1))
	}
}

// users gives each user id of an organization a dense slot, and says which
// slots are one person.
type users struct {
	ids table // keyed hash of the id -> slot
	// merged marks the slots that have a target: nearly all users need no look
	// into the map.
	merged bitmap
	// nameless marks those whose ids were erased.
	nameless bitmap
	// target is the id that an alias made of a slot: alias(from, to).
	target  map[uint32]uint32
	persons persons
}

// Hash returns the keyed hash of a user's id.
func (u *users) Hash(slot uint32) uint64 { return u.ids.keys[slot] }

// Nameless reports whether a user's id was erased.
func (u *users) Nameless(slot uint32) bool { return u.nameless.has(slot) }

// root returns the slot under which a user is counted.
func (u *users) root(slot uint32) uint32 {
	for u.merged.has(slot) {
		slot = u.target[slot]
	}
	return slot
}

// persons are the timelines of those that have one, by root slot.
type persons struct {
	pages [][]*person // of pageSize roots
	n     int
}

// of returns a root's timeline, nil where it has none.
func (p *persons) of(root uint32) *person {
	page := int(root / pageSize)
	if page >= len(p.pages) || p.pages[page] == nil {
		return nil
	}
	return p.pages[page][root%pageSize]
}

// make returns a root's timeline, a new one where it has none.
func (p *persons) make(root uint32) *person {
	known := p.of(root)
	if known == nil {
		known = &person{}
		p.set(root, known)
	}
	return known
}

// set gives a root without a timeline one.
func (p *persons) set(root uint32, timeline *person) {
	page := int(root / pageSize)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = make([]*person, pageSize)
	}
	p.pages[page][root%pageSize] = timeline
	p.n++
}

// drop takes a root's timeline, which it has.
func (p *persons) drop(root uint32) {
	p.pages[root/pageSize][root%pageSize] = nil
	p.n--
}

// each calls f for every timeline, in the order of roots.
func (p *persons) each(f func(root uint32, timeline *person)) {
	for page, timelines := range p.pages {
		for i, timeline := range timelines {
			if timeline != nil {
				f(uint32(page*pageSize+i), timeline)
			}
		}
	}
}
