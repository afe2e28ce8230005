// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// pageSize is how many records a page has: small enough that an organization
// of ten users costs little and that a checkpoint writes little beside what
// changed; large enough that a page is one row on disk.
const pageSize = 64

// population is one compact record a user: for each class the minute of the
// latest qualifying action and one bit for each period in which there was one.
// With one class a record is two words.
//
//	word   0               1 ..            then one a class
//	      [stamp|last 0 ] [last 1|last 2]  [hour 3|day 38|week 7|month 3|quarter 3|half 3|year 3|cycle 3]
//
// Bits are relative to the periods that were current at the stamp; a record is
// brought up to date when it is touched, so that a new day costs nothing. A
// record whose stamp is 0 is of nobody. In-order and late actions alike only
// set bits and raise maxima, so their order does not matter.
type population struct {
	classes int
	stride  int // words a record
	pages   [][]uint64
	dirty   bitmap // pages changed since the last checkpoint
}

// bitOf is the first bit of each calendar kind in a word of periods.
var bitOf = func() (at [usage.NumKinds]int) {
	n := 0
	for k := range at {
		at[k] = n
		n += period.Depth[k]
	}
	return at
}()

func newPopulation(classes int) population {
	return population{classes: classes, stride: (2+classes)/2 + classes}
}

// record is a view of one user's words.
type record struct {
	words   []uint64
	classes int
}

// peek returns a record as it is stored, or one without words.
func (p *population) peek(slot uint32) record {
	page := int(slot / pageSize)
	if page >= len(p.pages) || p.pages[page] == nil {
		return record{}
	}
	at := int(slot%pageSize) * p.stride
	return record{words: p.pages[page][at : at+p.stride], classes: p.classes}
}

// touch returns a record, brought up to date and made where it is missing.
func (p *population) touch(c *period.Clock, slot uint32) record {
	page := int(slot / pageSize)
	for page >= len(p.pages) {
		p.pages = append(p.pages, nil)
	}
	if p.pages[page] == nil {
		p.pages[page] = make([]uint64, pageSize*p.stride)
	}
	at := int(slot%pageSize) * p.stride
	r := record{words: p.pages[page][at : at+p.stride], classes: p.classes}
	if r.stamp() < c.Latest {
		r.renew(c)
		p.dirty.set(uint32(page))
	}
	return r
}

func (p *population) changed(slot uint32) { p.dirty.set(slot / pageSize) }

// each calls f for every record that is somebody's.
func (p *population) each(f func(slot uint32)) {
	for page, words := range p.pages {
		for i := 0; i*p.stride < len(words); i++ {
			if words[i*p.stride]>>32 != 0 {
				f(uint32(page*pageSize + i))
			}
		}
	}
}

func (r record) exists() bool         { return r.words != nil && r.words[0]>>32 != 0 }
func (r record) stamp() period.Minute { return period.Minute(r.words[0] >> 32) }

func (r record) setStamp(m period.Minute) { r.words[0] = r.words[0]&0xffffffff | uint64(m)<<32 }

// last returns the minute of the latest action of a class, 0 for none.
func (r record) last(class uint8) period.Minute {
	n := int(class) + 1
	return period.Minute(uint32(r.words[n/2] >> (32 * ((n + 1) & 1))))
}

func (r record) setLast(class uint8, m period.Minute) {
	n := int(class) + 1
	by := 32 * ((n + 1) & 1)
	r.words[n/2] = r.words[n/2]&^(0xffffffff<<by) | uint64(uint32(m))<<by
}

func (r record) bits(class uint8) uint64 { return r.words[(2+r.classes)/2+int(class)] }

func (r record) setBits(class uint8, bits uint64) { r.words[(2+r.classes)/2+int(class)] |= bits }

// renew shifts the bits of each kind to the periods that are current now.
func (r record) renew(c *period.Clock) {
	stamp := r.stamp()
	r.setStamp(max(c.AsOf, 1))
	if stamp == 0 {
		return
	}
	bits := r.words[(2+r.classes)/2:]
	for k, t := range c.Tracks {
		if t == nil || stamp >= t.Starts[0] {
			continue
		}
		n, mask := t.Index(stamp), uint64(1)<<period.Depth[k]-1
		for i, w := range bits {
			field := w >> bitOf[k] & mask
			if n < 0 {
				field = 0
			}
			bits[i] = w&^(mask<<bitOf[k]) | field<<max(n, 0)&mask<<bitOf[k]
		}
	}
}

// take merges another user's record into this one and leaves that empty. Both
// are up to date.
func (r record) take(from record) {
	for class := range uint8(r.classes) {
		r.setLast(class, max(r.last(class), from.last(class)))
		r.setBits(class, from.bits(class))
	}
	clear(from.words)
}

// adopt takes all records of a population of as many classes or fewer. Every
// page is to be written again.
func (p *population) adopt(old *population) {
	for page := range old.pages { // also those in which nobody is left
		p.dirty.set(uint32(page))
	}
	old.each(func(slot uint32) {
		from := old.peek(slot)
		to := p.touch(&period.Clock{}, slot)
		to.setStamp(from.stamp())
		for class := range uint8(from.classes) {
			to.setLast(class, from.last(class))
			to.setBits(class, from.bits(class))
		}
	})
}

// current returns a copy of a user's record that is up to date; one without
// bits where they have none.
func (p *population) current(c *period.Clock, slot uint32, words []uint64) record {
	words = append(words[:0], make([]uint64, p.stride)...)
	r := record{words: words, classes: p.classes}
	if stored := p.peek(slot); stored.exists() {
		copy(words, stored.words)
		if r.stamp() < c.Latest {
			r.renew(c)
		}
	}
	return r
}

func (r record) touch() uint64 {
	if r.words == nil {
		return 0
	}
	return r.words[0]
}
