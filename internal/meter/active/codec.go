// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/meter"
	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

func (a *Meter) HasTraces() (found bool) {
	a.users.Each(func(uint32) { found = true })
	return found
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
	e.Uint(uint64(len(a.breakdowns)))
	for _, s := range a.breakdowns {
		s.encode(e, a.kinds)
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
		s := &breakdown{}
		if i < len(a.breakdowns) {
			s = a.breakdowns[i]
		}
		s.decode(d, a, kinds)
	}
}

// Restored builds what is not stored: rolling windows.
func (a *Meter) Restored(c *period.Clock) {
	a.Start(c)
	a.rebuildRollings(c)
}

func (a *Meter) DirtyPages(f func(population uint8, page uint32, data []byte)) {
	a.users.Flush(func(page uint32, data []byte) { f(0, page, data) }, func(uint32, *wire.Encoder) {})
	for n, s := range a.breakdowns {
		s.users.Flush(func(page uint32, data []byte) { f(uint8(n+1), page, data) }, s.encodePairs)
	}
}

func (a *Meter) RestorePage(population uint8, page uint32, data []byte) error {
	switch {
	case population == 0:
		return a.users.RestorePage(page, data, func(*wire.Decoder) {})
	case int(population) <= len(a.breakdowns):
		pairs := a.breakdowns[population-1]
		return pairs.users.RestorePage(page, data, func(d *wire.Decoder) { pairs.decodePairs(page, d) })
	}
	return wire.ErrCorrupt
}

func (a *Meter) Adopt(old meter.Kind) {
	of := old.(*Meter)
	a.users.Adopt(&of.users)
	for i, from := range of.breakdowns { // breakdowns keep their places: the ledger sees to that
		a.breakdowns[i].adopt(from)
	}
}
