// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "math/bits"

// Positions finds the position of a 64-bit key in a slice of keys: open
// addressing, positions only, so that a key costs its 8 bytes and about 6 more.
//
//	slots  [ . 3 . . 0 7 . 1 ... ]   position+1, or 0
//	keys   [ k0 k1 k2 k3 ... ]
type Positions struct {
	Keys  []uint64
	slots []uint32
}

// home spreads keys that are not hashes themselves.
func (t *Positions) home(key uint64) uint64 {
	hi, lo := bits.Mul64(key^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return (hi ^ lo) & uint64(len(t.slots)-1)
}

// Find returns the position of key.
func (t *Positions) Find(key uint64) (uint32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for i := t.home(key); ; i = (i + 1) & uint64(len(t.slots)-1) {
		n := t.slots[i]
		if n == 0 {
			return 0, false
		}
		if t.Keys[n-1] == key {
			return n - 1, true
		}
	}
}

// Add appends a key that is not in the table and returns its position.
func (t *Positions) Add(key uint64) uint32 {
	if (len(t.Keys)+1)*5 > len(t.slots)*4 {
		t.grow()
	}
	t.Keys = append(t.Keys, key)
	t.place(key, uint32(len(t.Keys)))
	return uint32(len(t.Keys) - 1)
}

func (t *Positions) place(key uint64, n uint32) {
	i := t.home(key)
	for t.slots[i] != 0 {
		i = (i + 1) & uint64(len(t.slots)-1)
	}
	t.slots[i] = n
}

func (t *Positions) grow() {
	t.slots = make([]uint32, max(8, 2*len(t.slots)))
	for n, key := range t.Keys {
		t.place(key, uint32(n+1))
	}
}

// Users gives each user id of an organization a dense slot, and says which
// slots are one person.
type Users struct {
	Ids Positions // keyed hash of the id -> slot
	// Merged marks the slots that have a target: nearly all users need no look
	// into the map.
	Merged Bitmap
	// Unnamed marks those whose ids were erased.
	Unnamed Bitmap
	// Target is the id that an alias made of a slot: alias(from, to).
	Target  map[uint32]uint32
	Persons Timelines
}

// Hash returns the keyed hash of a user's id.
func (u *Users) Hash(slot uint32) uint64 { return u.Ids.Keys[slot] }

// Nameless reports whether a user's id was erased.
func (u *Users) Nameless(slot uint32) bool { return u.Unnamed.Has(slot) }

// Root returns the slot under which a user is counted.
func (u *Users) Root(slot uint32) uint32 {
	for u.Merged.Has(slot) {
		slot = u.Target[slot]
	}
	return slot
}

// Timelines are the timelines of those that have one, by root slot.
type Timelines struct {
	pages [][]*Timeline // of pageSize roots
	N     int
}

// Of returns a root's timeline, nil where it has none.
func (p *Timelines) Of(root uint32) *Timeline {
	page := int(root / PageSize)
	if page >= len(p.pages) || p.pages[page] == nil {
		return nil
	}
	return p.pages[page][root%PageSize]
}

// Make returns a root's timeline, a new one where it has none.
func (p *Timelines) Make(root uint32) *Timeline {
	known := p.Of(root)
	if known == nil {
		known = &Timeline{}
		p.Set(root, known)
	}
	return known
}

// Set gives a root without a timeline one.
func (p *Timelines) Set(root uint32, timeline *Timeline) {
	page := int(root / PageSize)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = make([]*Timeline, PageSize)
	}
	p.pages[page][root%PageSize] = timeline
	p.N++
}

// Drop takes a root's timeline, which it has.
func (p *Timelines) Drop(root uint32) {
	p.pages[root/PageSize][root%PageSize] = nil
	p.N--
}

// Each calls f for every timeline, in the order of roots.
func (p *Timelines) Each(f func(root uint32, timeline *Timeline)) {
	for page, timelines := range p.pages {
		for i, timeline := range timelines {
			if timeline != nil {
				f(uint32(page*PageSize+i), timeline)
			}
		}
	}
}
