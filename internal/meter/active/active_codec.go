// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/people"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func (a *Meter) HasTraces() (found bool) {
	a.users.Each(func(uint32) { found = true })
	return found
}

// encodePairs appends the pairs of a page of a breakdown: a list of (user
// uint, value uint).
func (s *split) encodePairs(page uint32, e *wire.Encoder) {
	pairs := s.pairs.Keys[min(page*people.PageSize, uint32(len(s.pairs.Keys))):]
	pairs = pairs[:min(people.PageSize, len(pairs))]
	e.Uint(uint64(len(pairs)))
	for _, key := range pairs {
		e.Uint(key >> 32)
		e.Uint(uint64(uint32(key)))
	}
}

// decodePairs reads the pairs of the next page.
func (s *split) decodePairs(page uint32, d *wire.Decoder) {
	n := d.Count(2)
	if n > people.PageSize || int(page)*people.PageSize != len(s.pairs.Keys) {
		d.Fail()
		return
	}
	for range n {
		root, value := d.Uint(), d.Uint()
		if root != uint64(uint32(root)) || value >= uint64(len(s.totals)) {
			d.Fail()
			return
		}
		s.pairs.Add(pairKey(uint32(root), uint32(value)))
	}
}

// Encode says which kinds and how many classes there are, so that a changed
// definition can read it.
func (a *Meter) Encode(e *wire.Encoder) {
	e.Uint(uint64(len(a.kinds)))
	for _, k := range a.kinds {
		e.Uint(uint64(k))
	}
	e.Uint(uint64(a.total.width))
	a.total.encode(e, a.kinds)
	e.Uint(uint64(len(a.standing)))
	for _, root := range slices.Sorted(maps.Keys(a.standing)) {
		e.Uint(uint64(root))
	}
	e.Uint(uint64(len(a.splits)))
	for _, s := range a.splits {
		s.encode(e, a.kinds)
	}
}

func (s *split) encode(e *wire.Encoder, kinds []usage.Kind) {
	e.Uint(0) // the pairs of format 2; they are in the pages now
	e.Uint(uint64(len(s.totals)))
	for _, t := range s.totals {
		e.Bool(t != nil)
		if t != nil {
			t.encode(e, kinds)
		}
	}
}

func (a *Meter) Decode(d *wire.Decoder, _ int) {
	var kinds []usage.Kind
	for range d.Count(1) {
		kinds = append(kinds, usage.Kind(d.Uint()))
	}
	width := d.Uint()
	if slices.ContainsFunc(kinds, func(k usage.Kind) bool { return k >= usage.Rolling }) || width > uint64(a.total.width) {
		d.Fail()
		return
	}
	a.total.decode(d, kinds, int(width))
	for range d.Count(1) {
		a.standing[uint32(d.Uint())] = struct{}{}
	}
	for i := range d.Count(2) {
		s := &split{}
		if i < len(a.splits) {
			s = a.splits[i]
		}
		s.decode(d, a, kinds)
	}
}

func (s *split) decode(d *wire.Decoder, a *Meter, kinds []usage.Kind) {
	for n := range uint32(d.Count(1)) {
		s.pairs.Add(d.Uint())
		s.users.Changed(n) // all are written with the next head, which has no pairs
	}
	for range d.Count(1) {
		var t *headcount
		if d.Bool() {
			fresh := a.newHeadcount(1, true)
			t = &fresh
			t.decode(d, kinds, 1)
		}
		s.totals = append(s.totals, t)
	}
}

// Restored builds what is not stored: rolling windows.
func (a *Meter) Restored(c *period.Clock) {
	a.Start(c)
	a.rebuildRollings(c)
}

func (t *headcount) encode(e *wire.Encoder, kinds []usage.Kind) {
	for _, k := range kinds {
		for _, n := range t.periods[k] {
			e.Int(n)
		}
	}
}

func (t *headcount) decode(d *wire.Decoder, kinds []usage.Kind, width int) {
	for _, k := range kinds {
		for i := range period.Depth[k] {
			for class := range width {
				if n := d.Int(); t.periods[k] != nil {
					t.periods[k][i*t.width+class] = n
				}
			}
		}
	}
}

func (a *Meter) DirtyPages(f func(population uint8, page uint32, data []byte)) {
	a.users.Flush(func(page uint32, data []byte) { f(0, page, data) }, func(uint32, *wire.Encoder) {})
	for n, s := range a.splits {
		s.users.Flush(func(page uint32, data []byte) { f(uint8(n+1), page, data) }, s.encodePairs)
	}
}

func (a *Meter) RestorePage(population uint8, page uint32, data []byte) error {
	switch {
	case population == 0:
		return a.users.RestorePage(page, data, func(*wire.Decoder) {})
	case int(population) <= len(a.splits):
		pairs := a.splits[population-1]
		return pairs.users.RestorePage(page, data, func(d *wire.Decoder) { pairs.decodePairs(page, d) })
	}
	return wire.ErrCorrupt
}

func (a *Meter) Adopt(old meter.Kind) {
	of := old.(*Meter)
	a.users.Adopt(&of.users)
	for i, from := range of.splits { // breakdowns keep their places: the ledger sees to that
		a.splits[i].adopt(from)
	}
}

func (s *split) adopt(old *split) {
	for n, key := range old.pairs.Keys {
		s.pairs.Add(key)
		s.users.Changed(uint32(n))
	}
	s.users.Adopt(&old.users)
}
