// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package people

import "github.com/otelcol-usage/otelcol-usage/internal/wire"

// Pair is what a periodic entry of a user is about: actions of a class under a
// value of a meter's breakdown.
type Pair struct {
	Meter            uint16
	Breakdown, Class uint8
	Value            uint32
}

// Pairs numbers the pairs of an organization in the order in which they first
// came. A number never changes: entries on disk have it.
type Pairs struct{ list []Pair }

// Add numbers a pair that has no number, and returns the id of its entries.
func (p *Pairs) Add(of Pair) (id uint32) {
	p.list = append(p.list, of)
	return uint32(len(p.list)-1)<<1 | Periodic
}

// Of returns what entries with a periodic id are about; ok is false where the id
// was not given.
func (p *Pairs) Of(id uint32) (of Pair, ok bool) {
	if n := id >> 1; id&Periodic != 0 && int(n) < len(p.list) {
		return p.list[n], true
	}
	return Pair{}, false
}

// Each calls f for all pairs and their ids, in order.
func (p *Pairs) Each(f func(id uint32, of Pair)) {
	for n, of := range p.list {
		f(uint32(n)<<1|Periodic, of)
	}
}

// Encode appends the pairs in order: a list of meter, breakdown, class, value.
func (p *Pairs) Encode(e *wire.Encoder) {
	e.Uint(uint64(len(p.list)))
	for _, of := range p.list {
		e.Uint(uint64(of.Meter))
		e.Uint(uint64(of.Breakdown))
		e.Uint(uint64(of.Class))
		e.Uint(uint64(of.Value))
	}
}

// Decode reads what Encode wrote.
func (p *Pairs) Decode(d *wire.Decoder) {
	for range d.Count(4) {
		p.list = append(p.list, Pair{uint16(d.Uint()), uint8(d.Uint()), uint8(d.Uint()), uint32(d.Uint())})
	}
}
