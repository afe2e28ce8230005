// Copyright The otelcol-usage Authors
// SPDX-License-Identifier: Apache-2.0

package active

import (
	"maps"
	"slices"

	"github.com/otelcol-usage/otelcol-usage/internal/period"
	"github.com/otelcol-usage/otelcol-usage/internal/usage"
	"github.com/otelcol-usage/otelcol-usage/internal/wire"
)

// HasTraces reports whether any user has done anything that the meter counts.
func (a *Meter) HasTraces() bool {
	for root := range uint32(a.users.Len()) {
		r := a.stored(root)
		for class := range r.classes() {
			if r.last(class) != 0 || r.bits(class) != 0 || a.stood.Has(root) {
				return true
			}
		}
	}
	return false
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
	for b := range a.breakdowns {
		a.breakdowns[b].encode(e, a.kinds)
	}
}

// Decode reads what Encode wrote.
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
			s = &a.breakdowns[i]
		}
		s.decode(d, a, kinds)
	}
}

// Restored builds what is not stored: rolling windows.
func (a *Meter) Restored(c *period.Clock) {
	a.Start(c)
	a.rebuildRollings(c)
}
