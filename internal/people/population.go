// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
)

// PageSize is how many records a page has: small enough that an organization
// of ten users costs little and that a checkpoint writes little beside what
// changed; large enough that a page is one row on disk.
const PageSize = 64

// Population is one compact record a user: for each class the minute of the
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
type Population struct {
	classes int
	stride  int // words a record
	Pages   [][]uint64
	dirty   Bitmap // pages changed since the last checkpoint
}

// BitOf is the first bit of each calendar kind in a word of periods.
var BitOf = func() (at [usage.NumKinds]int) {
	n := 0
	for k := range at {
		at[k] = n
		n += period.Depth[k]
	}
	return at
}()

func NewPopulation(classes int) Population {
	return Population{classes: classes, stride: (2+classes)/2 + classes}
}

// Record is a view of one user's words.
type Record struct {
	Words   []uint64
	Classes int
}

// Peek returns a record as it is stored, or one without words.
func (p *Population) Peek(slot uint32) Record {
	page := int(slot / PageSize)
	if page >= len(p.Pages) || p.Pages[page] == nil {
		return Record{}
	}
	at := int(slot%PageSize) * p.stride
	return Record{Words: p.Pages[page][at : at+p.stride], Classes: p.classes}
}

// Touch returns a record, brought up to date and made where it is missing.
func (p *Population) Touch(c *period.Clock, slot uint32) Record {
	page := int(slot / PageSize)
	for page >= len(p.Pages) {
		p.Pages = append(p.Pages, nil)
	}
	if p.Pages[page] == nil {
		p.Pages[page] = make([]uint64, PageSize*p.stride)
	}
	at := int(slot%PageSize) * p.stride
	r := Record{Words: p.Pages[page][at : at+p.stride], Classes: p.classes}
	if r.stamp() < c.Latest {
		r.renew(c)
		p.dirty.Set(uint32(page))
	}
	return r
}

func (p *Population) Changed(slot uint32) { p.dirty.Set(slot / PageSize) }

// Each calls f for every record that is somebody's.
func (p *Population) Each(f func(slot uint32)) {
	for page, words := range p.Pages {
		for i := 0; i*p.stride < len(words); i++ {
			if words[i*p.stride]>>32 != 0 {
				f(uint32(page*PageSize + i))
			}
		}
	}
}

func (r Record) Exists() bool         { return r.Words != nil && r.Words[0]>>32 != 0 }
func (r Record) stamp() period.Minute { return period.Minute(r.Words[0] >> 32) }

func (r Record) setStamp(m period.Minute) { r.Words[0] = r.Words[0]&0xffffffff | uint64(m)<<32 }

// Last returns the minute of the latest action of a class, 0 for none.
func (r Record) Last(class uint8) period.Minute {
	n := int(class) + 1
	return period.Minute(uint32(r.Words[n/2] >> (32 * ((n + 1) & 1))))
}

func (r Record) SetLast(class uint8, m period.Minute) {
	n := int(class) + 1
	by := 32 * ((n + 1) & 1)
	r.Words[n/2] = r.Words[n/2]&^(0xffffffff<<by) | uint64(uint32(m))<<by
}

func (r Record) Bits(class uint8) uint64 { return r.Words[(2+r.Classes)/2+int(class)] }

func (r Record) SetBits(class uint8, bits uint64) { r.Words[(2+r.Classes)/2+int(class)] |= bits }

// renew shifts the bits of each kind to the periods that are current now.
func (r Record) renew(c *period.Clock) {
	stamp := r.stamp()
	r.setStamp(max(c.AsOf, 1))
	if stamp == 0 {
		return
	}
	bits := r.Words[(2+r.Classes)/2:]
	for k, t := range c.Tracks {
		if t == nil || stamp >= t.Starts[0] {
			continue
		}
		n, mask := t.Index(stamp), uint64(1)<<period.Depth[k]-1
		for i, w := range bits {
			field := w >> BitOf[k] & mask
			if n < 0 {
				field = 0
			}
			bits[i] = w&^(mask<<BitOf[k]) | field<<max(n, 0)&mask<<BitOf[k]
		}
	}
}

// Take merges another user's record into this one and leaves that empty. Both
// are up to date.
func (r Record) Take(from Record) {
	for class := range uint8(r.Classes) {
		r.SetLast(class, max(r.Last(class), from.Last(class)))
		r.SetBits(class, from.Bits(class))
	}
	clear(from.Words)
}

// Adopt takes all records of a population of as many classes or fewer. Every
// page is to be written again.
func (p *Population) Adopt(old *Population) {
	for page := range old.Pages { // also those in which nobody is left
		p.dirty.Set(uint32(page))
	}
	old.Each(func(slot uint32) {
		from := old.Peek(slot)
		to := p.Touch(&period.Clock{}, slot)
		to.setStamp(from.stamp())
		for class := range uint8(from.Classes) {
			to.SetLast(class, from.Last(class))
			to.SetBits(class, from.Bits(class))
		}
	})
}

// Current returns a copy of a user's record that is up to date; one without
// bits where they have none.
func (p *Population) Current(c *period.Clock, slot uint32, words []uint64) Record {
	words = append(words[:0], make([]uint64, p.stride)...)
	r := Record{Words: words, Classes: p.classes}
	if stored := p.Peek(slot); stored.Exists() {
		copy(words, stored.Words)
		if r.stamp() < c.Latest {
			r.renew(c)
		}
	}
	return r
}

func (r Record) Touch() uint64 {
	if r.Words == nil {
		return 0
	}
	return r.Words[0]
}
